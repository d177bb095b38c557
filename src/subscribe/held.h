/* SPDX-License-Identifier: MIT */
/*
 * Frames that should get a file of their own, and can't as there is no space: they stay in their
 * segment, hold its place, and are tried again. Those that were handed out come again in this
 * process; those that are no message, or not one for here, become dead letters as soon as there is
 * space.
 *
 * Everything happens with the channel's lock held.
 */
#ifndef FSPS_SUBSCRIBE_HELD_H
#define FSPS_SUBSCRIBE_HELD_H

#include "subscribe/channel.h"

/* One that was handed out, and comes again after delay_ms. */
void fsi_held_keep(fsps_channel *channel, struct fsi_delivery *delivery, uint64_t delay_ms);

/* Makes the frame that the view looked at a dead letter, now or later. word: why, static. Returns 0
 * or a failure: then it is as it was. */
int fsi_held_refuse(fsps_channel *channel, struct fsi_view *view, const char *word);

/* Takes one that comes again now, and tries the others whose time has come. Returns 1, 0 if there
 * is none, or a failure. */
int fsi_held_take(fsps_channel *channel, fsps_message **ret_message);

/* The reader goes: what can be a dead letter by now is made one. */
void fsi_held_leave(fsps_channel *channel);

#endif
