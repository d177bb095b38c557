/* SPDX-License-Identifier: MIT */
/* pubsub-peek: shows what waits in a channel, one after another, and leaves it there. */
#include <unistd.h>

#include <fsps/fsps.h>

#include "cli/bus.h"
#include "cli/channels.h"
#include "cli/cleanup.h"
#include "cli/main.h"
#include "cli/output.h"
#include "cli/signals.h"
#include "cli/status.h"
#include "peek/options.h"
#include "peek/show.h"

static bool has_enough(const struct peek_show *show)
{
	return show->options->count != PEEK_NO_LIMIT && show->shown >= show->options->count;
}

static int take(const struct fsps_waiting *waiting, void *userdata)
{
	struct peek_show *show = userdata;

	peek_show(show, waiting);
	return has_enough(show) || show->output->error != 0 || cli_stop_signal() != 0;
}

static int look_into(const char *name, void *userdata)
{
	struct peek_show *show = userdata;
	int64_t result;

	if (has_enough(show) || show->output->error != 0)
		return CLI_DONE;
	show->channel = name;
	result = fsps_channel_peek(show->bus, name, take, show);
	if (result < 0)
		return cli_channel_fail((int)result, name);
	return show->failed ? CLI_ERROR : CLI_DONE;
}

static int peek(const void *settings)
{
	const struct peek_options *options = settings;
	CLI_CLEANUP(cli_bus_close) struct cli_bus bus = {0};
	struct cli_output output;
	struct peek_show show;
	int status = cli_bus_open(&bus, &options->common);

	if (status != 0)
		return status;
	cli_output_init(&output, STDOUT_FILENO);
	peek_show_init(&show, options, bus.bus, &output);
	status = cli_channels_visit(bus.bus, &options->channel, 1, look_into, &show);
	cli_keep_first(&status, cli_output_finish(&output));
	return status;
}

int main(int argc, char **argv)
{
	CLI_CLEANUP(peek_options_deinit) struct peek_options options;

	peek_options_init(&options);
	return cli_main(&peek_command, argc, argv, &options, peek);
}
