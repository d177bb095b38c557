/* SPDX-License-Identifier: MIT */
/* pubsub-dead: looks at dead letters, or settles them. */
#include "cli/main.h"
#include "cli/bus.h"
#include "cli/cleanup.h"
#include "dead/look.h"
#include "dead/options.h"
#include "dead/settle.h"

static int run(const void *settings)
{
	const struct dead_options *options = settings;
	CLI_CLEANUP(cli_bus_close) struct cli_bus bus = {0};
	bool looks = options->verb == DEAD_LIST || options->verb == DEAD_SHOW;
	int status = cli_bus_open(&bus, &options->common);

	if (status != 0)
		return status;
	return looks ? dead_look(options, bus.bus) : dead_settle(options, bus.bus);
}

int main(int argc, char **argv)
{
	CLI_CLEANUP(dead_options_deinit) struct dead_options options = {0};

	return cli_main(&dead_command, argc, argv, &options, run);
}
