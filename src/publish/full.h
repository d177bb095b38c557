/* SPDX-License-Identifier: MIT */
/*
 * Channels that are full: room for a message is taken before it is linked; where there is none, the
 * channel's policy says whether older ones go, the new one goes, or its publisher waits or is told.
 *
 * With the publisher's lock held.
 */
#ifndef FSPS_PUBLISH_FULL_H
#define FSPS_PUBLISH_FULL_H

#include "route/target.h"

typedef struct fsps_publisher fsps_publisher;

/* When a publish under way gives up waiting. */
struct fsi_patience {
	/* What its publisher was opened with, monotonic ms; 0: it does not wait of itself. */
	uint64_t deadline_ms;
	/* When it first waited; 0: not yet. */
	uint64_t begun_ms;
	/* No more. */
	bool over;
};

/*
 * Takes room in the channel of a target that has a control block: for a file of len bytes; for a
 * segment, which whoever links it counts, while read_bytes of its forerunners are only still
 * counted; for messages in a segment, some ahead (most: limit/room.h).
 *
 * Return 0, FSI_DELIVERY_NOBODY (the channel is gone), FSPS_ERR_FULL or FSPS_ERR_DROPPED; no
 * failure is recorded for the latter two.
 */
int fsi_full_take_file(fsps_publisher *publisher, struct fsi_target *target, uint64_t len);
int fsi_full_take_segment(fsps_publisher *publisher, struct fsi_target *target, uint64_t bytes,
			  uint64_t read_bytes);
int fsi_full_take_messages(fsps_publisher *publisher, struct fsi_target *target, uint64_t most,
			   uint64_t *ret_messages);
/* Gives back what was not used of them. */
void fsi_full_give_messages(struct fsi_target *target, uint64_t messages);

/* Until when a channel that answered with that code is tried again, monotonic ms; 0: not at all. */
uint64_t fsi_full_wait_until(fsps_publisher *publisher, struct fsi_target *target, int code);

/* Counts in the channel what became of a message that it did not take. */
void fsi_full_count(const struct fsi_target *target, int code);

/* Once a second: removes what is older than a durable channel keeps messages, as it may have no
 * reader to do so. */
void fsi_full_expire(fsps_publisher *publisher, struct fsi_target *target);

#endif
