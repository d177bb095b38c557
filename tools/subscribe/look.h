/* SPDX-License-Identifier: MIT */
/* What can be known of a durable channel without reading from it. */
#ifndef SUBSCRIBE_LOOK_H
#define SUBSCRIBE_LOOK_H

#include <stdint.h>

#include <fsps/bus.h>

/* How many messages of a channel may come again at once: those whose time has come, and those that
 * are claimed, as whoever claimed them may be dead. That number or a code of libfsps. */
int64_t subscribe_look_again(fsps_bus *bus, const char *channel_name);

#endif
