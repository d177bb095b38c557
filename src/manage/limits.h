/* SPDX-License-Identifier: MIT */
/* Reading and setting the limits of a channel of ours, which somebody may use meanwhile. */
#ifndef FSPS_MANAGE_LIMITS_H
#define FSPS_MANAGE_LIMITS_H

#include <fsps/limits.h>

/* As fsps_channel_get_limits(); the name is checked, and all of *ret_limits but its size set. */
int fsi_limits_get(fsps_bus *bus, const char *channel_name, struct fsps_limits *ret_limits);

/* As fsps_channel_set_limits(); the limits are checked. */
int fsi_limits_set(fsps_bus *bus, const char *channel_name, const struct fsps_limits *limits);

#endif
