/* SPDX-License-Identifier: MIT */
/*
 * Segments in a channel that a group reads: one message is one worker's, so they are written out as
 * files that all can claim. Publishers use files for a group, so there are only those from before.
 *
 * Whichever worker finds nothing else to do writes some out, one worker at a time. Killed in
 * between, it leaves messages that are both a file and a frame: those are known by their content
 * while they wait, and come twice if they were done by then.
 *
 * Everything happens with the channel's lock held.
 */
#ifndef FSPS_SUBSCRIBE_GROUP_H
#define FSPS_SUBSCRIBE_GROUP_H

#include "subscribe/channel.h"

/* A segment was found or told of: to be looked at when there is nothing else. */
void fsi_group_note_segment(fsps_channel *channel);

/* Writes some out, if there are any and nobody else is at it. Returns 1 if it is worth while to
 * look for messages now, 0 if not, or a failure. */
int fsi_group_unpack(fsps_channel *channel);

/* Once a second: some of them, also while there is enough else to do. */
void fsi_group_keep_up(fsps_channel *channel);

/* Gives the lock back. */
void fsi_group_leave(fsps_channel *channel);

#endif
