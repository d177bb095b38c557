/* SPDX-License-Identifier: MIT */
/* pubsub-peek: shows what waits in a channel, one after another, and leaves it there. */
#include <unistd.h>

#include <fsps/fsps.h>

#include "cli/bus.h"
#include "cli/channels.h"
#include "cli/cleanup.h"
#include "cli/fail.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/signals.h"
#include "cli/status.h"
#include "cli/stdio.h"
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

static int look_into(struct peek_show *show, fsps_bus *bus, const struct cli_channels *channels)
{
	for (size_t i = 0; i < channels->count && !has_enough(show); i++) {
		int64_t result;

		show->channel = channels->names[i];
		result = fsps_channel_peek(bus, show->channel, take, show);
		if (result < 0)
			return cli_channel_fail((int)result, show->channel);
		if (show->output->error != 0)
			break;
		if (cli_stop_signal() != 0)
			return CLI_SIGNAL + cli_stop_signal();
	}
	return show->failed ? CLI_ERROR : CLI_DONE;
}

static int peek(const struct peek_options *options)
{
	CLI_CLEANUP(cli_bus_close) struct cli_bus bus = {0};
	CLI_CLEANUP(cli_channels_deinit) struct cli_channels channels = {0};
	struct cli_output output;
	struct peek_show show;
	int status = cli_bus_open(&bus, options->home, options->debug);
	int output_status;

	if (status == 0)
		status = cli_channels_add(&channels, bus.bus, options->channel);
	if (status != 0)
		return status;
	cli_output_init(&output, STDOUT_FILENO);
	peek_show_init(&show, options, &output);
	status = look_into(&show, bus.bus, &channels);
	output_status = cli_output_finish(&output);
	return status == CLI_DONE ? output_status : status;
}

int main(int argc, char **argv)
{
	struct peek_options options;
	int status;

	if (cli_stdio_open() < 0)
		return CLI_ERROR;
	cli_signals_catch();
	status = peek_options_read(&options, argc, argv);
	if (status == CLI_RUN)
		status = peek(&options);
	peek_options_deinit(&options);
	return cli_end(status);
}
