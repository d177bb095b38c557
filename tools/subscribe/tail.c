/* SPDX-License-Identifier: MIT */
/* Implements subscribe/tail.h. */
#include "subscribe/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "cli/signals.h"

/* A pipe holds 16 pieces: as much is read at a time, so that one command keeps us from nothing. */
enum { PIECE_BYTES = 4096, PIECES_MAX = 16 };

/* Half of the descriptors are for everything else, such as the commands' standard input. */
static int is_scarce(int fd)
{
	return fd > sysconf(_SC_OPEN_MAX) / 2;
}

void subscribe_tail_open(struct subscribe_tail *tail, int *ret_write_fd)
{
	int fds[2];

	tail->fd = -1;
	tail->len = 0;
	*ret_write_fd = -1;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return;
	/* Ours alone: commands expect theirs to block. */
	if (is_scarce(fds[1]) || fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0) {
		close(fds[0]);
		close(fds[1]);
		return;
	}
	tail->fd = fds[0];
	*ret_write_fd = fds[1];
}

void subscribe_tail_close(struct subscribe_tail *tail)
{
	if (tail->fd >= 0)
		close(tail->fd);
	tail->fd = -1;
}

static void keep(struct subscribe_tail *tail, const char *bytes, size_t len)
{
	size_t dropped;

	if (len > SUBSCRIBE_TAIL_BYTES) {
		bytes += len - SUBSCRIBE_TAIL_BYTES;
		len = SUBSCRIBE_TAIL_BYTES;
	}
	dropped =
		tail->len + len > SUBSCRIBE_TAIL_BYTES ? tail->len + len - SUBSCRIBE_TAIL_BYTES : 0;
	memmove(tail->bytes, tail->bytes + dropped, tail->len - dropped);
	tail->len -= dropped;
	memcpy(tail->bytes + tail->len, bytes, len);
	tail->len += len;
}

/* Nobody is left to tell if our standard error fails; a stop signal ends the wait for its reader.
 */
static void hand_on(const char *bytes, size_t len)
{
	struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};

	while (len > 0) {
		ssize_t written = write(STDERR_FILENO, bytes, len);

		if (written > 0) {
			bytes += written;
			len -= (size_t)written;
		} else if (errno == EAGAIN) {
			poll(&room, 1, -1);
		} else if (errno != EINTR) {
			return;
		}
		if (len > 0 && written < 0 && cli_stop_signal() != 0)
			return;
	}
}

void subscribe_tail_read(struct subscribe_tail *tail)
{
	char piece[PIECE_BYTES];

	for (int i = 0; i < PIECES_MAX && tail->fd >= 0; i++) {
		ssize_t len = read(tail->fd, piece, sizeof piece);

		if (len < 0)
			return;
		if (len == 0) {
			subscribe_tail_close(tail);
			return;
		}
		keep(tail, piece, (size_t)len);
		hand_on(piece, (size_t)len);
	}
}
