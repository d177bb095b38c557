/* SPDX-License-Identifier: MIT */
/*
 * What a channel has to do once a second, whether or not anything comes: see that it still stands
 * under its name with its queue, that its owner's lock file is there, and clear up after others.
 */
#ifndef FSPS_SUBSCRIBE_UPKEEP_H
#define FSPS_SUBSCRIBE_UPKEEP_H

#include "subscribe/channel.h"

/* Whether the channel still stands under its name in the home that publishers use. Returns 0,
 * FSPS_ERR_GONE, or another failure. */
int fsi_channel_check_name(fsps_channel *channel);

/* Also makes the next round scan. Returns 0, FSPS_ERR_GONE if nobody finds the channel any more, or
 * another failure. */
int fsi_channel_keep_up(fsps_channel *channel);

#endif
