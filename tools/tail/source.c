/* SPDX-License-Identifier: MIT */
/* Implements tail/source.h. */
#include "tail/source.h"

#include <fsps/home.h>

/* Publishers write into a channel that drops its oldest in pieces of an eighth of its limit: with
 * more than this they would not write in larger ones. */
#define LIMIT_BYTES UINT64_C(33554432)

enum { HOME_PART = 8 };

static uint64_t limit_bytes(fsps_bus *bus)
{
	struct fsps_home_info home = {.size = sizeof home};
	uint64_t part;

	/* If it can't be looked at, opening the channel says why. */
	if (fsps_bus_create_home(bus) < 0 || fsps_home_look(bus, &home) <= 0)
		return LIMIT_BYTES;
	part = home.bytes_total / HOME_PART;
	return part > 0 && part < LIMIT_BYTES ? part : LIMIT_BYTES;
}

int tail_source_open(struct subscribe_inbox *inbox, fsps_bus *bus,
		     const struct cli_operands *patterns)
{
	const struct subscribe_inbox_options options = {
		.channel = {.size = sizeof options.channel,
			    .limit_bytes = limit_bytes(bus),
			    .when_full = FSPS_FULL_DROP_OLDEST},
		.held_max = SUBSCRIBE_HELD_MAX,
		.silent = true,
	};

	return subscribe_inbox_open(inbox, bus, patterns->values, patterns->count, &options);
}
