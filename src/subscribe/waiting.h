/* SPDX-License-Identifier: MIT */
/* Writing a message of a segment out as a file that waits, for whoever reads from a channel. */
#ifndef FSPS_SUBSCRIBE_WAITING_H
#define FSPS_SUBSCRIBE_WAITING_H

#include "subscribe/channel.h"

/* Writes it and counts it as what waits; whoever does so rings for it. One that is there already,
 * as somebody who was killed has left it, stays. Returns 0 or -errno. */
int fsi_waiting_write(fsps_channel *channel, uint64_t id, const struct fsi_view_frame *frame);

#endif
