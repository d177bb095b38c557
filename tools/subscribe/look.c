/* SPDX-License-Identifier: MIT */
/* Implements subscribe/look.h. */
#include "subscribe/look.h"

#include <string.h>

#include <fsps/durable.h>

#include "cli/clock.h"

struct search {
	const char *name;
	struct subscribe_look look;
};

static int see_channel(const struct fsps_channel_info *info, void *userdata)
{
	struct search *search = userdata;

	if (strcmp(info->name, search->name) != 0)
		return 0;
	search->look = (struct subscribe_look){.found = true,
					       .pid = info->pid,
					       .shared = info->shared != 0,
					       .created_us = info->created_us,
					       .claimed = info->claimed,
					       .delayed = info->delayed};
	return 1;
}

int subscribe_look(fsps_bus *bus, const char *channel_name, struct subscribe_look *ret_look)
{
	struct search search = {.name = channel_name};
	int result = fsps_bus_list(bus, see_channel, &search);

	if (result < 0)
		return result;
	*ret_look = search.look;
	return 0;
}

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
	struct subscribe_look look = {0};
	int64_t result = subscribe_look(bus, channel_name, &look);

	/* To peek reads every message, which is seldom worth while. */
	if (result < 0)
		return result;
	if (look.delayed == 0)
		return (int64_t)look.claimed;
	result = fsps_channel_peek(bus, channel_name, see_message, &due);
	return result < 0 ? result : due.count + (int64_t)look.claimed;
}
