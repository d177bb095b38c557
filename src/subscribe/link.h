/* SPDX-License-Identifier: MIT */
/* A segment's link in its channel, whose name says from where on it is to be read. */
#ifndef FSPS_SUBSCRIBE_LINK_H
#define FSPS_SUBSCRIBE_LINK_H

#include "subscribe/channel.h"

/* Whether it is there still: 1, 0 if somebody took it away, or a failure. */
int fsi_link_is_there(const fsps_channel *channel, const struct fsi_view *view);

/* Makes its name say offset. Another file of that name, which no publisher makes, is set aside.
 * Returns 1, 0 if the link is gone, or a failure. */
int fsi_link_rename(fsps_channel *channel, struct fsi_view *view, uint64_t offset);

#endif
