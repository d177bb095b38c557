/* SPDX-License-Identifier: MIT */
/* Implements cli/bus.h. */
#include "cli/bus.h"

#include <stddef.h>

int cli_bus_open(struct cli_bus *bus, const char *home, bool debug)
{
	const struct fsps_bus_options options = {
		.size = sizeof options, .home = home, .log = cli_log, .log_userdata = &bus->log};
	int result;

	*bus = (struct cli_bus){.log = {.debug = debug}};
	result = fsps_bus_open(&options, &bus->bus);
	return result < 0 ? cli_fail_library(result, NULL) : 0;
}

void cli_bus_close(struct cli_bus *bus)
{
	fsps_bus_close(bus->bus);
}
