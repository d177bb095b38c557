/* SPDX-License-Identifier: MIT */
/*
 * A channel as formix-pubsub makes them: a directory with a FIFO and nothing else, whose reader
 * knows only what it reads from the FIFO. For tests that need such a reader without Python.
 */
#ifndef TESTS_API_PLAIN_H
#define TESTS_API_PLAIN_H

#include <stdint.h>

/* IDs that fit into a FIFO: 64 KiB of 8 bytes. */
enum { PLAIN_CAPACITY = 8192 };

struct plain_channel {
	char name[256];
	/* The FIFO, open for reading; -1 before plain_open(). */
	int fd;
	/* Readable once a message was removed from the directory; -1 before plain_open(). */
	int watch_fd;
};

/* Makes the directory in the fixture's home, which must be there, and the FIFO; of the pid. */
struct plain_channel plain_create(const char *pattern, long pid);
void plain_open(struct plain_channel *channel);
/* Makes, for ourselves, and opens. */
struct plain_channel plain_subscribe(const char *pattern);
/* Writes records of 0 into the FIFO until it is full. */
void plain_fill(const struct plain_channel *channel);
/* Reads all records; answers how many. */
int plain_drain(const struct plain_channel *channel);
/* Reads one ID, which must be there. */
uint64_t plain_next(const struct plain_channel *channel);
void plain_close(struct plain_channel *channel);

#endif
