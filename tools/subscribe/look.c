/* SPDX-License-Identifier: MIT */
/* Implements subscribe/look.h. */
#include "subscribe/look.h"

#include <fsps/durable.h>

#include "cli/channels.h"
#include "cli/clock.h"

struct due {
	uint64_t now_us;
	int64_t count;
};

static int see_message(const struct fsps_waiting *waiting, void *userdata)
{
	struct due *due = userdata;

	if (waiting->state == FSPS_DELAYED && waiting->due_us <= due->now_us)
		due->count++;
	return 0;
}

int64_t subscribe_look_again(fsps_bus *bus, const char *channel_name)
{
	struct due due = {.now_us = cli_wall_us()};
	struct fsps_channel_info info = {0};
	int64_t result = cli_channel_look(bus, channel_name, &info);

	/* To peek reads every message, which is seldom worth while. */
	if (result < 0)
		return result;
	if (info.delayed == 0)
		return (int64_t)info.claimed;
	result = fsps_channel_peek(bus, channel_name, see_message, &due);
	return result < 0 ? result : due.count + (int64_t)info.claimed;
}
