/* SPDX-License-Identifier: MIT */
/*
 * In a home that several users share: no other user may fill a channel of ours. Each may have a
 * quarter of its limits waiting in files; what he has beyond that, the newest first, is removed.
 * His publishers can't see our limits, and ours would be told that the channel is full.
 */
#ifndef FSPS_SUBSCRIBE_SHARE_H
#define FSPS_SUBSCRIBE_SHARE_H

#include "subscribe/channel.h"

/* The directory was just read, as pending has it. Looks at the files once a second at most, and
 * only where there is reason to: each costs a system call. */
void fsi_share_keep(fsps_channel *channel);

#endif
