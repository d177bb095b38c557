/* SPDX-License-Identifier: MIT */
/* Implements cli/pieces.h. */
#include "cli/pieces.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/signals.h"

enum { READ_BYTES = 262144 };

void cli_pieces_init(struct cli_pieces *pieces, int fd, const char *delimiter, size_t delimiter_len,
		     size_t piece_bytes_max)
{
	*pieces = (struct cli_pieces){.fd = fd,
				      .delimiter = delimiter,
				      .delimiter_len = delimiter_len,
				      .piece_bytes_max = piece_bytes_max};
}

void cli_pieces_deinit(struct cli_pieces *pieces)
{
	free(pieces->buffer);
}

/* Makes room behind what is buffered: moves it to the front, or takes a larger buffer. */
static int make_room(struct cli_pieces *pieces)
{
	size_t capacity = pieces->capacity == 0 ? READ_BYTES : pieces->capacity * 2;
	char *buffer;

	if (pieces->begin > 0) {
		memmove(pieces->buffer, pieces->buffer + pieces->begin,
			pieces->end - pieces->begin);
		pieces->end -= pieces->begin;
		pieces->begin = 0;
	}
	if (pieces->capacity - pieces->end >= READ_BYTES / 2)
		return 0;
	buffer = realloc(pieces->buffer, capacity);
	if (buffer == NULL)
		return -1;
	pieces->buffer = buffer;
	pieces->capacity = capacity;
	return 0;
}

/* Reads once, waiting for data. Sets at_end at the end. */
static enum cli_piece read_more(struct cli_pieces *pieces)
{
	struct pollfd wait = {.fd = pieces->fd, .events = POLLIN};
	ssize_t count;

	for (;;) {
		if (cli_stop_signal() != 0)
			return CLI_PIECE_STOPPED;
		count = read(pieces->fd, pieces->buffer + pieces->end,
			     pieces->capacity - pieces->end);
		if (count >= 0)
			break;
		/* Somebody who shares the descriptor with us made it non-blocking. */
		if (errno == EAGAIN)
			poll(&wait, 1, -1);
		else if (errno != EINTR)
			return CLI_PIECE_FAILED;
	}
	pieces->end += (size_t)count;
	pieces->at_end = count == 0;
	return CLI_PIECE_READY;
}

/* Where the first delimiter begins in what is buffered; NULL if there is none yet. Asked again it
 * has no way to go. */
static const char *find_delimiter(struct cli_pieces *pieces)
{
	const char *from;
	const char *found;
	size_t len;

	if (pieces->end == pieces->begin)
		return NULL;
	from = pieces->buffer + pieces->begin + pieces->searched;
	len = pieces->end - pieces->begin - pieces->searched;
	if (pieces->delimiter_len == 1)
		found = memchr(from, (unsigned char)pieces->delimiter[0], len);
	else
		found = memmem(from, len, pieces->delimiter, pieces->delimiter_len);
	if (found != NULL)
		pieces->searched += (size_t)(found - from);
	/* A delimiter may have begun in the last bytes. */
	else if (len >= pieces->delimiter_len)
		pieces->searched += len - pieces->delimiter_len + 1;
	return found;
}

bool cli_pieces_ready(struct cli_pieces *pieces)
{
	return pieces->at_end || find_delimiter(pieces) != NULL;
}

/* Hands out len bytes and steps over them and what follows them. */
static enum cli_piece hand_out(struct cli_pieces *pieces, size_t len, size_t after,
			       char **ret_piece, size_t *ret_len)
{
	pieces->number++;
	if (len > pieces->piece_bytes_max)
		return CLI_PIECE_TOO_LONG;
	*ret_piece = pieces->buffer + pieces->begin;
	*ret_len = len;
	pieces->begin += len + after;
	pieces->searched = 0;
	return CLI_PIECE_READY;
}

enum cli_piece cli_pieces_next(struct cli_pieces *pieces, char **ret_piece, size_t *ret_len)
{
	for (;;) {
		const char *found = find_delimiter(pieces);
		size_t buffered = pieces->end - pieces->begin;
		enum cli_piece result;

		if (found != NULL) {
			size_t len = (size_t)(found - pieces->buffer) - pieces->begin;

			return hand_out(pieces, len, pieces->delimiter_len, ret_piece, ret_len);
		}
		if (pieces->at_end && buffered == 0)
			return CLI_PIECE_END;
		/* Too long already, even if what was read last begins a delimiter. */
		if (pieces->at_end || buffered >= pieces->piece_bytes_max + pieces->delimiter_len)
			return hand_out(pieces, buffered, 0, ret_piece, ret_len);
		if (make_room(pieces) < 0) {
			errno = ENOMEM;
			return CLI_PIECE_FAILED;
		}
		result = read_more(pieces);
		if (result != CLI_PIECE_READY)
			return result;
	}
}

enum cli_piece cli_read_all(int fd, size_t bytes_max, char **ret_bytes, size_t *ret_len)
{
	struct cli_pieces pieces;
	enum cli_piece result = CLI_PIECE_READY;

	cli_pieces_init(&pieces, fd, "", 0, bytes_max);
	while (result == CLI_PIECE_READY && !pieces.at_end) {
		if (pieces.end > bytes_max)
			result = CLI_PIECE_TOO_LONG;
		else if (make_room(&pieces) < 0)
			result = CLI_PIECE_FAILED;
		else
			result = read_more(&pieces);
	}
	if (result != CLI_PIECE_READY) {
		cli_pieces_deinit(&pieces);
		return result;
	}
	*ret_bytes = pieces.buffer;
	*ret_len = pieces.end;
	return CLI_PIECE_READY;
}
