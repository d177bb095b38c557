/* SPDX-License-Identifier: MIT */
/*
 * The bell: a channel's FIFO "queue". A record is 8 bytes, big-endian: the ID of a message that
 * was linked, or 0 for "look". It is a hint: the directory is the queue.
 *
 * The owner and publishers of its user open it for reading and writing: then there is no SIGPIPE,
 * no POLLHUP that spins, and a stale record harms nobody. A channel without a control block (one
 * of formix-pubsub, or another user's) is opened for writing only: it tells whether anybody reads.
 */
#ifndef FSPS_WATCH_BELL_H
#define FSPS_WATCH_BELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FSI_BELL_RECORD_BYTES = 8 };

enum fsi_bell_answer {
	FSI_BELL_OPEN = 0,
	/* The channel's directory is gone. */
	FSI_BELL_GONE = 1,
	/* There is no queue in it yet: formix-pubsub makes a channel in two steps. */
	FSI_BELL_NOT_YET = 2,
	/* Nobody reads it. */
	FSI_BELL_NOBODY = 3,
	/* It is no FIFO, or not the directory owner's. */
	FSI_BELL_BROKEN = 4,
	/* We may not write to it. */
	FSI_BELL_FORBIDDEN = 5,
	/* The directory is no channel, whatever is in it. */
	FSI_BELL_NO_CHANNEL = 6,
};

/*
 * Opens the bell of the channel `name` in home_fd for ringing. shared: for reading and writing.
 * Returns an answer, with *ret_fd set if it is FSI_BELL_OPEN, or a failure.
 */
int fsi_bell_open(int home_fd, const char *name, bool shared, int *ret_fd);

/* Rings. shared as it was opened. Returns 0, -EAGAIN (full), -EPIPE (nobody reads) or -errno. */
int fsi_bell_ring(int fd, bool shared, uint64_t id);

/*
 * Reads up to count records.
 *
 * Returns how many IDs are in ids, 0 if the bell is empty, or -errno. *ret_torn is set if bytes
 * were left over: then all that was in the bell is thrown away, and the reader must scan.
 */
int fsi_bell_read(int fd, uint64_t *ids, size_t count, bool *ret_torn);

#endif
