/* SPDX-License-Identifier: MIT */
/* Implements watch/bell.h. */
#include "watch/bell.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/sys.h"
#include "store/names.h"

/* The queue is missing: is the channel, too? */
static int missing(int home_fd, const char *name)
{
	struct stat status;

	return fsi_sys_fstatat(home_fd, name, &status) == 0 && S_ISDIR(status.st_mode)
		       ? FSI_BELL_NOT_YET
		       : FSI_BELL_GONE;
}

static int refusal(int error, int home_fd, const char *name)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return missing(home_fd, name);
	case ENXIO:
		return FSI_BELL_NOBODY;
	case ELOOP:
	case EISDIR:
		return FSI_BELL_BROKEN;
	case EACCES:
	case EPERM:
		return FSI_BELL_FORBIDDEN;
	default:
		return fsi_fail_errno(error, name, "cannot open the bell of channel %s", name);
	}
}

/* A FIFO of the one who owns the directory: another's could be used to stop us or to listen. */
static int check(int fd, int home_fd, const char *name)
{
	struct stat bell = {0};
	struct stat directory = {0};
	int r = fsi_sys_fstat(fd, &bell);

	if (r == 0)
		r = fsi_sys_fstatat(home_fd, name, &directory);
	if (r == -ENOENT)
		return FSI_BELL_GONE;
	if (r < 0)
		return fsi_fail_errno(-r, name, "cannot look at the bell of channel %s", name);
	if (!S_ISFIFO(bell.st_mode) || !S_ISDIR(directory.st_mode) ||
	    bell.st_uid != directory.st_uid)
		return FSI_BELL_BROKEN;
	return FSI_BELL_OPEN;
}

int fsi_bell_open(int home_fd, const char *name, bool shared, int *ret_fd)
{
	char path[FSI_NAME_BYTES + 8];
	int flags = (shared ? O_RDWR : O_WRONLY) | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY;
	int fd;
	int r;

	snprintf(path, sizeof path, "%s/" FSI_NAME_QUEUE, name);
	fd = fsi_sys_openat(home_fd, path, flags, 0);
	if (fd < 0)
		return refusal(-fd, home_fd, name);
	r = check(fd, home_fd, name);
	if (r != FSI_BELL_OPEN) {
		fsi_sys_close(fd);
		return r;
	}
	*ret_fd = fd;
	return FSI_BELL_OPEN;
}

static int write_record(int fd, uint64_t id)
{
	unsigned char record[FSI_BELL_RECORD_BYTES];
	ssize_t r;

	fsi_put_u64(record, id);
	/* Atomic: 8 bytes are below PIPE_BUF. */
	r = fsi_sys_write(fd, record, sizeof record);
	return r < 0 ? (int)r : 0;
}

/* Rings where the last reader may have gone: the SIGPIPE that this write may raise is kept from
 * the program and taken back, unless one was waiting before. */
static int write_guarded(int fd, uint64_t id)
{
	const struct timespec at_once = {0};
	sigset_t pipe_signal;
	sigset_t before;
	sigset_t pending;
	bool was_pending;
	int r;

	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	(void)sigpending(&pending);
	was_pending = sigismember(&pending, SIGPIPE) == 1;
	(void)pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
	r = write_record(fd, id);
	if (r == -EPIPE && !was_pending)
		(void)sigtimedwait(&pipe_signal, NULL, &at_once);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

int fsi_bell_ring(int fd, bool shared, uint64_t id)
{
	return shared ? write_record(fd, id) : write_guarded(fd, id);
}

static void throw_away(int fd)
{
	unsigned char bytes[4096];
	/* A writer that never stops must not keep us here: what stays is found torn again. */
	int pieces = 64;

	while (pieces-- > 0 && fsi_sys_read(fd, bytes, sizeof bytes) > 0)
		;
}

int fsi_bell_read(int fd, uint64_t *ids, size_t count, bool *ret_torn)
{
	ssize_t got = fsi_sys_read(fd, ids, count * FSI_BELL_RECORD_BYTES);

	if (got == -EAGAIN)
		return 0;
	if (got < 0)
		return (int)got;
	if (got % FSI_BELL_RECORD_BYTES != 0) {
		throw_away(fd);
		*ret_torn = true;
		return 0;
	}
	got /= FSI_BELL_RECORD_BYTES;
	for (ssize_t i = 0; i < got; i++)
		ids[i] = fsi_get_u64((const unsigned char *)&ids[i]);
	return (int)got;
}
