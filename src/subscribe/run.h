/* SPDX-License-Identifier: MIT */
/*
 * A run: frames of one segment, one behind the other, of which the first was taken in the usual way
 * (frame.h) and the rest may follow with next to nothing to look at, as long as they are of the
 * same topic and epoch, have no headers, and nothing else has happened to the channel. What a frame
 * of a run is asked is what changes from one to the next, or may be changed by other processes.
 *
 * A run is a permission and nothing more: anything that is not as it was ends it, and the frame is
 * taken in the usual way, which knows what to do about it. Only channels that deliver at most once
 * and end with their reader have runs; all others have something to write for each message.
 *
 * Everything happens with the channel's lock held.
 */
#ifndef FSPS_SUBSCRIBE_RUN_H
#define FSPS_SUBSCRIBE_RUN_H

#include "subscribe/channel.h"

/* A frame of the source's view was just handed out as that message: others may follow. */
void fsi_run_begin(fsps_channel *channel, const struct fsi_source *source, struct fsi_view *view,
		   const fsps_message *message);

/* Takes the next frame of the run. Returns false if there is none, or it is none of the run. */
bool fsi_run_take(fsps_channel *channel, fsps_message **ret_message);

/* How many frames it may still have. Also without the lock: then it may be another number by now.
 */
static inline unsigned fsi_run_left(const fsps_channel *channel)
{
	return atomic_load_explicit(&channel->lane.run.left, memory_order_relaxed);
}

/* Before anything else is done with the channel's segments. */
void fsi_run_end(fsps_channel *channel);

#endif
