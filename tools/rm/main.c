/* SPDX-License-Identifier: MIT */
/* pubsub-rm: removes durable channels. What can't be done with one does not keep the others from
 * it. */
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
#include "rm/options.h"

struct run {
	const struct rm_options *options;
	fsps_bus *bus;
	struct cli_output output;
	/* The first that is not CLI_DONE. */
	int status;
};

static void note(struct run *run, int status)
{
	if (run->status == CLI_DONE)
		run->status = status;
}

static int fail_busy(fsps_bus *bus, const char *name)
{
	struct cli_readers readers = cli_channel_readers(bus, name);
	char who[CLI_READERS_TEXT_BYTES];

	cli_readers_text(&readers, who);
	return cli_fail(CLI_ERROR, "'%s' is read by %s; end that first, or use --force", name, who);
}

static int fail(const struct run *run, int code, const char *name)
{
	if (code == FSPS_ERR_BUSY)
		return fail_busy(run->bus, name);
	if (code == FSPS_ERR_NOT_FOUND)
		return cli_fail(CLI_ERROR,
				"there is no durable channel '%s'; pubsub-ls shows what there is",
				name);
	return cli_fail_library(code, name);
}

static void remove_channel(struct run *run, const char *name)
{
	int flags = run->options->force ? FSPS_DURABLE_FORCE : 0;
	int result = fsps_durable_remove(run->bus, name, flags);

	if (result < 0) {
		note(run, fail(run, result, name));
	} else if (run->options->verbose) {
		cli_output_text(&run->output, name);
		cli_output_text(&run->output, ": removed\n");
	}
}

static void remove_operand(struct run *run, const char *operand)
{
	CLI_CLEANUP(cli_channels_deinit) struct cli_channels channels = {0};

	note(run, cli_channels_add(&channels, run->bus, operand));
	for (size_t i = 0; i < channels.count && cli_stop_signal() == 0; i++)
		remove_channel(run, channels.names[i]);
}

static int remove_all(const struct rm_options *options)
{
	CLI_CLEANUP(cli_bus_close) struct cli_bus bus = {0};
	struct run run;
	int status = cli_bus_open(&bus, options->home, options->debug);

	if (status != 0)
		return status;
	run.options = options;
	run.bus = bus.bus;
	run.status = CLI_DONE;
	cli_output_init(&run.output, STDOUT_FILENO);
	for (size_t i = 0; i < options->channels.count && cli_stop_signal() == 0; i++)
		remove_operand(&run, options->channels.values[i]);
	note(&run, cli_output_finish(&run.output));
	return cli_stop_signal() != 0 ? CLI_SIGNAL + cli_stop_signal() : run.status;
}

int main(int argc, char **argv)
{
	struct rm_options options;
	int status;

	if (cli_stdio_open() < 0)
		return CLI_ERROR;
	cli_signals_catch();
	status = rm_options_read(&options, argc, argv);
	if (status == CLI_RUN)
		status = remove_all(&options);
	rm_options_deinit(&options);
	return cli_end(status);
}
