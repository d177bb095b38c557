/* SPDX-License-Identifier: MIT */
/*
 * The oldest that wait in a channel, removed one name after another: a message in a file, or a
 * segment that has ended with all in it that was not handed out. Names are read some thousand at a
 * time and used up before the next reading.
 *
 * Nothing that somebody has claimed is removed: neither a file, which has another name then, nor a
 * segment of which messages are handed out and not settled.
 */
#ifndef FSPS_LIMIT_OLDEST_H
#define FSPS_LIMIT_OLDEST_H

#include <stddef.h>
#include <stdint.h>

#include "inspect/ordered.h"
#include "store/control.h"

struct fsi_oldest {
	struct fsi_ordered_name *list;
	size_t count;
	size_t next;
	/* Coarse ms before which it is not read again, as the last reading was of no use. */
	uint64_t next_reading_ms;
};

void fsi_oldest_deinit(struct fsi_oldest *oldest);

/* A channel that is open for it. */
struct fsi_oldest_place {
	int channel_fd;
	struct fsi_control *control;
	/* Of the home, to tell who lives. */
	int state_fd;
};

/* Drops the next one, counted as dropped and no more as what waits. Returns 1, 0 if there is
 * nothing that may be dropped, or a failure. */
int fsi_oldest_drop(struct fsi_oldest *oldest, const struct fsi_oldest_place *place);

/* Removes what was written before then_us (wall clock), counted as expired, of the oldest some
 * hundred. Returns 0 or a failure. */
int fsi_oldest_expire(const struct fsi_oldest_place *place, uint64_t then_us);

#endif
