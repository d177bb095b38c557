/* SPDX-License-Identifier: MIT */
/* pubsub-purge: empties channels. What can't be done with one does not keep the others from it. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include <fsps/fsps.h>

#include "cli/bus.h"
#include "cli/channels.h"
#include "cli/cleanup.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/signals.h"
#include "cli/status.h"
#include "cli/stdio.h"
#include "purge/options.h"

struct run {
	const struct purge_options *options;
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

/* {"channel":"..","removed":2} or, where that failed, {"channel":"..","removed":null,
 * "error":"FSPS_.."}. */
static void print_json(struct cli_output *output, const char *name, int64_t result)
{
	cli_output_text(output, "{\"channel\":");
	cli_json_text(output, name);
	cli_json_field(output, "removed");
	if (result >= 0) {
		cli_json_signed(output, result);
	} else {
		cli_output_text(output, "null");
		cli_json_field(output, "error");
		cli_json_text(output, fsps_error_name((int)result));
	}
	cli_output_text(output, "}\n");
}

static void print_removed(struct cli_output *output, const char *name, int64_t removed)
{
	char text[64];

	cli_output_text(output, name);
	snprintf(text, sizeof text, ": %" PRId64 " %s removed\n", removed,
		 removed == 1 ? "message" : "messages");
	cli_output_text(output, text);
}

static int fail(const struct run *run, int code, const char *name)
{
	struct cli_readers readers;
	char who[CLI_READERS_TEXT_BYTES];

	if (code != FSPS_ERR_BUSY)
		return cli_channel_fail(code, name);
	readers = cli_channel_readers(run->bus, name);
	cli_readers_text(&readers, who);
	return cli_fail(
		CLI_ERROR,
		"'%s' is not all empty: it is read by %s, whose the messages in segments are; end "
		"that and purge again",
		name, who);
}

static void purge_channel(struct run *run, const char *name)
{
	int64_t result = fsps_channel_purge(run->bus, name);

	if (result < 0)
		note(run, fail(run, (int)result, name));
	if (run->options->json)
		print_json(&run->output, name, result);
	else if (run->options->verbose && result >= 0)
		print_removed(&run->output, name, result);
}

static void purge_operand(struct run *run, const char *operand)
{
	CLI_CLEANUP(cli_channels_deinit) struct cli_channels channels = {0};

	note(run, cli_channels_add(&channels, run->bus, operand));
	for (size_t i = 0; i < channels.count && cli_stop_signal() == 0; i++)
		purge_channel(run, channels.names[i]);
}

static int purge(const struct purge_options *options)
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
		purge_operand(&run, options->channels.values[i]);
	note(&run, cli_output_finish(&run.output));
	return cli_stop_signal() != 0 ? CLI_SIGNAL + cli_stop_signal() : run.status;
}

int main(int argc, char **argv)
{
	struct purge_options options;
	int status;

	if (cli_stdio_open() < 0)
		return CLI_ERROR;
	cli_signals_catch();
	status = purge_options_read(&options, argc, argv);
	if (status == CLI_RUN)
		status = purge(&options);
	purge_options_deinit(&options);
	return cli_end(status);
}
