/* SPDX-License-Identifier: MIT */
/*
 * Removing what waits in a channel while others go on with it. Files are unlinked one by one. In a
 * segment, which its publisher may go on writing to, the place that the link's name says is moved
 * behind what is there; only whoever has the channel's directory locked alone may do that.
 */
#ifndef FSPS_MANAGE_PURGE_H
#define FSPS_MANAGE_PURGE_H

#include <fsps/durable.h>

/* As fsps_channel_purge(). */
int64_t fsi_purge(fsps_bus *bus, const char *channel_name);

#endif
