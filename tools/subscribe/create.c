/* SPDX-License-Identifier: MIT */
/* Implements subscribe/create.h. */
#include "subscribe/create.h"

#include <stdio.h>

#include <fsps/fsps.h>

#include "cli/channels.h"
#include "cli/fail.h"
#include "cli/status.h"

enum { NAME_BYTES = FSPS_PATTERN_MAX + FSPS_DURABLE_NAME_MAX + 2 };

/* A channel that is not for everybody who may publish in the home is made by opening it, so that it
 * is closed from the start. 1 or a code of libfsps. */
static int create_closed(const struct subscribe_options *options, fsps_bus *bus,
			 const char *pattern)
{
	struct fsps_channel_options channel_options = {.size = sizeof channel_options,
						       .durable = options->durability.name};
	fsps_channel *channel = NULL;
	int result;

	subscribe_capacity_fill(&options->capacity, &channel_options);
	result = fsps_channel_open(bus, pattern, &channel_options, &channel);
	fsps_channel_close(channel);
	return result < 0 ? result : 1;
}

/* Makes it if it is missing. 0 or more, or a code of libfsps. */
static int create(const struct subscribe_options *options, fsps_bus *bus, const char *pattern,
		  const char *channel_name)
{
	struct fsps_channel_info info = {0};
	int result;

	if (options->capacity.publishers == 0)
		return fsps_durable_create(bus, pattern, options->durability.name);
	result = cli_channel_look(bus, channel_name, &info);
	return result == 0 ? create_closed(options, bus, pattern) : result;
}

int subscribe_create_only(const struct subscribe_options *options, fsps_bus *bus)
{
	for (size_t i = 0; i < options->patterns.count; i++) {
		const char *pattern = options->patterns.values[i];
		char name[NAME_BYTES];
		char about[NAME_BYTES + 32];
		int result;

		snprintf(name, sizeof name, "%s_%s", pattern, options->durability.name);
		snprintf(about, sizeof about, "cannot create '%s'", name);
		result = create(options, bus, pattern, name);
		if (result < 0)
			result = cli_fail_library(result, about);
		else
			result = subscribe_capacity_settle(&options->capacity, bus, name);
		if (result != 0)
			return result == CLI_FULL ? CLI_ERROR : result;
	}
	subscribe_capacity_warn(&options->capacity, bus);
	return CLI_DONE;
}
