/* SPDX-License-Identifier: MIT */
/* pubsub-dead: looks at dead letters, or settles them. */
#include "cli/bus.h"
#include "cli/cleanup.h"
#include "cli/options.h"
#include "cli/signals.h"
#include "cli/status.h"
#include "cli/stdio.h"
#include "dead/look.h"
#include "dead/options.h"
#include "dead/settle.h"

static int run(const struct dead_options *options)
{
	CLI_CLEANUP(cli_bus_close) struct cli_bus bus = {0};
	bool looks = options->verb == DEAD_LIST || options->verb == DEAD_SHOW;
	int status = cli_bus_open(&bus, options->home, options->debug);

	if (status != 0)
		return status;
	return looks ? dead_look(options, bus.bus) : dead_settle(options, bus.bus);
}

int main(int argc, char **argv)
{
	struct dead_options options;
	int status;

	if (cli_stdio_open() < 0)
		return CLI_ERROR;
	cli_signals_catch();
	status = dead_options_read(&options, argc, argv);
	if (status == CLI_RUN)
		status = run(&options);
	dead_options_deinit(&options);
	return cli_end(status);
}
