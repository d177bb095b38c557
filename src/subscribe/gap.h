/* SPDX-License-Identifier: MIT */
/*
 * What publishers drop from a channel that is full, as its reader sees it: segments that are taken
 * away from under it, and how many messages were dropped, of which the reader of the next one is
 * told.
 *
 * Who drops a segment removes its link, then counts that in the control block's drops, then counts
 * its messages from the place on that the reader says. So the reader looks at drops before each
 * frame, and lets go of what has no link any more without counting anything.
 *
 * Everything happens with the channel's lock held.
 */
#ifndef FSPS_SUBSCRIBE_GAP_H
#define FSPS_SUBSCRIBE_GAP_H

#include "subscribe/channel.h"

/* Lets go of segments that somebody took away; what was handed out of them is as it was. Returns 0
 * or a failure: then some are still there. */
int fsi_gap_let_go(fsps_channel *channel);

/*
 * The same if there is reason to. Where segments are dropped, our place is shown before we look: so
 * either we see that one was, or who dropped it sees what we have read.
 */
static inline int fsi_gap_look(fsps_channel *channel)
{
	if (channel->drops_seen != 0 ||
	    atomic_load_explicit(&channel->control->when_full, memory_order_relaxed) ==
		    FSPS_FULL_DROP_OLDEST)
		atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&channel->control->drops, memory_order_relaxed) ==
	    channel->drops_seen)
		return 0;
	return fsi_gap_let_go(channel);
}

/* How many messages were dropped of which nobody was told. */
static inline uint64_t fsi_gap_untold(const fsps_channel *channel)
{
	const struct fsi_control *control = channel->control;
	uint64_t dropped = atomic_load_explicit(&control->dropped_oldest, memory_order_relaxed);
	uint64_t told = atomic_load_explicit(&control->missed, memory_order_relaxed);

	return dropped > told ? dropped - told : 0;
}

/* Has a message say that so many are missing before it, for the hooks, which may yet drop it. */
void fsi_gap_show(fsps_message *message, uint64_t untold);

/* This message is about to be handed out: it tells of the gap, unless another worker's just did. */
void fsi_gap_tell(fsps_channel *channel, fsps_message *message);

#endif
