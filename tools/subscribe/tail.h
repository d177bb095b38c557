/* SPDX-License-Identifier: MIT */
/*
 * What a command writes to its standard error: handed on to ours, and the end of it kept, to stand
 * beside the message that the command failed on.
 */
#ifndef SUBSCRIBE_TAIL_H
#define SUBSCRIBE_TAIL_H

#include <stddef.h>

enum { SUBSCRIBE_TAIL_BYTES = 2048 };

struct subscribe_tail {
	/* What the command writes comes out here; -1: it writes to ours, or has closed it. */
	int fd;
	size_t len;
	char bytes[SUBSCRIBE_TAIL_BYTES];
};

/* Makes the pipe; ret_write_fd is the command's end, to be closed by the caller. Without
 * descriptors to spare it is -1, and the command shares our standard error. */
void subscribe_tail_open(struct subscribe_tail *tail, int *ret_write_fd);
void subscribe_tail_close(struct subscribe_tail *tail);

/* Reads what is there now. */
void subscribe_tail_read(struct subscribe_tail *tail);

#endif
