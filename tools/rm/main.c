/* SPDX-License-Identifier: MIT */
/* pubsub-rm: removes durable channels. What can't be done with one does not keep the others from
 * it. */
#include <fsps/fsps.h>

#include "cli/channels.h"
#include "cli/cleanup.h"
#include "cli/fail.h"
#include "cli/main.h"
#include "cli/status.h"
#include "rm/options.h"

static int fail_busy(fsps_bus *bus, const char *name)
{
	char who[CLI_READERS_TEXT_BYTES];

	cli_channel_readers(bus, name, who);
	return cli_fail(CLI_ERROR, "'%s' is read by %s; end that first, or use --force", name, who);
}

static int fail(fsps_bus *bus, int code, const char *name)
{
	if (code == FSPS_ERR_BUSY)
		return fail_busy(bus, name);
	if (code == FSPS_ERR_NOT_FOUND)
		return cli_fail(CLI_ERROR,
				"there is no durable channel '%s'; pubsub-ls shows what there is",
				name);
	return cli_fail_library(code, name);
}

static int remove_channel(const char *name, void *userdata)
{
	struct cli_channels_run *run = userdata;
	const struct rm_options *options = run->settings;
	int result = fsps_durable_remove(run->bus, name, options->force ? FSPS_DURABLE_FORCE : 0);

	if (result < 0)
		return fail(run->bus, result, name);
	if (options->verbose) {
		cli_output_text(&run->output, name);
		cli_output_text(&run->output, ": removed\n");
	}
	return CLI_DONE;
}

static int remove_all(const void *settings)
{
	const struct rm_options *options = settings;

	return cli_channels_run(&options->common, &options->channels, options, remove_channel);
}

int main(int argc, char **argv)
{
	CLI_CLEANUP(rm_options_deinit) struct rm_options options = {0};

	return cli_main(&rm_command, argc, argv, &options, remove_all);
}
