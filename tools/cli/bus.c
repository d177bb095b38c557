/* SPDX-License-Identifier: MIT */
/* Implements cli/bus.h. */
#include "cli/bus.h"

#include <stddef.h>

#include <fsps/error.h>

#include "cli/status.h"

int cli_bus_open_below(struct cli_bus *bus, const struct cli_common *common, int watermark_percent)
{
	const struct fsps_bus_options options = {.size = sizeof options,
						 .home = common->home,
						 .home_owner = common->home_owner,
						 .log = cli_log,
						 .log_userdata = &bus->log,
						 .watermark_percent = watermark_percent};
	int result;

	*bus = (struct cli_bus){.log = {.debug = common->debug}};
	result = fsps_bus_open(&options, &bus->bus);
	/* A variable of the environment that is wrong: the remedy is in the sentence. */
	if (result == FSPS_ERR_ARGUMENT)
		return cli_fail(CLI_ERROR, "%s", fsps_last_error()->text);
	return result < 0 ? cli_fail_library(result, NULL) : 0;
}

int cli_bus_open(struct cli_bus *bus, const struct cli_common *common)
{
	return cli_bus_open_below(bus, common, 0);
}

void cli_bus_close(struct cli_bus *bus)
{
	fsps_bus_close(bus->bus);
}
