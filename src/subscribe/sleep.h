/* SPDX-License-Identifier: MIT */
/*
 * The channel's descriptor, and going to sleep: what a fetch that finds nothing does, so that who
 * polls then, or waits, is woken by what comes next (R6). For subscribe/reader.c.
 *
 * Everything happens with the channel's lock held.
 */
#ifndef FSPS_SUBSCRIBE_SLEEP_H
#define FSPS_SUBSCRIBE_SLEEP_H

#include "subscribe/channel.h"

/* What is ready besides the bell. Returns true if it is worth another round. */
bool fsi_sleep_take_events(fsps_channel *channel);

/* Ends the fetch without a message, readable at once, so that nobody sleeps over what is left.
 * Returns 0. */
int fsi_sleep_give_up(fsps_channel *channel);

/* Waits a moment for a publisher that we have caught up with. Returns whether more came. */
bool fsi_sleep_let_more_come(fsps_channel *channel);

/* Goes to sleep. Returns false if there is something after all. */
bool fsi_sleep_begin(fsps_channel *channel, enum fsi_sleep sleep);

#endif
