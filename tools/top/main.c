/* SPDX-License-Identifier: MIT */
/* pubsub-top: which channels and topics are busy, and what waits. */
#include "cli/main.h"
#include "cli/bus.h"
#include "cli/cleanup.h"
#include "top/batch.h"
#include "top/options.h"
#include "top/screen.h"
#include "top/view.h"

static int top(const void *settings)
{
	const struct top_options *options = settings;
	CLI_CLEANUP(cli_bus_close) struct cli_bus bus = {0};
	CLI_CLEANUP(top_view_close) struct top_view view = {0};
	int status = cli_bus_open(&bus, &options->common);

	if (status == 0)
		status = top_view_open(&view, bus.bus, options);
	if (status != 0)
		return status;
	return options->batch ? top_batch(&view, options) : top_screen(&view, options);
}

int main(int argc, char **argv)
{
	CLI_CLEANUP(top_options_deinit) struct top_options options;

	top_options_init(&options);
	return cli_main(&top_command, argc, argv, &options, top);
}
