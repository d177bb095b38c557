/* SPDX-License-Identifier: MIT */
/* pubsub-publish: opens what is needed, passes the messages of the source to the sender in batches,
 * and turns what happened into an exit code. */
#include <unistd.h>

#include <fsps/fsps.h>

#include "cli/bus.h"
#include "cli/cleanup.h"
#include "cli/main.h"
#include "cli/output.h"
#include "cli/signals.h"
#include "cli/status.h"
#include "publish/batch.h"
#include "publish/options.h"
#include "publish/pace.h"
#include "publish/send.h"
#include "publish/source.h"

struct run {
	const struct publish_options *options;
	struct publish_source source;
	struct publish_batch batch;
	struct publish_sender sender;
	struct publish_pace pace;
	struct cli_output output;
};

static void run_init(struct run *run, const struct publish_options *options)
{
	/* Part by part: all of the output's buffer would be written to. */
	run->options = options;
	run->source = (struct publish_source){0};
	run->batch = (struct publish_batch){0};
	cli_output_init(&run->output, STDOUT_FILENO);
}

/* Gathers and sends once. Returns what the source said last, and sets ret_status if that ends the
 * run. */
static int send_some(struct run *run, int *ret_status)
{
	int result;

	/* Whoever reads our receipts shall have them before we wait for more input. */
	if (!publish_source_ready(&run->source))
		cli_output_flush(&run->output);
	result = publish_batch_gather(&run->batch, &run->source);
	if (run->batch.count > 0 && cli_stop_signal() == 0)
		publish_pace_wait(&run->pace, &run->output);
	if (cli_stop_signal() == 0 && run->output.error == 0)
		*ret_status = publish_sender_send(&run->sender, &run->batch);
	publish_batch_release(&run->batch, &run->source);
	return result;
}

/* Sends one message after another until the source ends, something fails or we shall stop. */
static int send_all(struct run *run)
{
	int result = PUBLISH_SOURCE_RECORD;
	int status = 0;

	publish_pace_init(&run->pace, run->options);
	while (result == PUBLISH_SOURCE_RECORD && status == 0 && cli_stop_signal() == 0 &&
	       run->output.error == 0)
		result = send_some(run, &status);
	if (status != 0)
		return status;
	if (cli_stop_signal() != 0)
		return CLI_SIGNAL + cli_stop_signal();
	if (run->output.error != 0)
		return CLI_ERROR;
	if (result == PUBLISH_SOURCE_FAILED)
		return publish_source_complain(&run->source);
	return publish_sender_status(&run->sender);
}

static int send_source(struct run *run)
{
	int status = publish_source_open(&run->source, run->options);
	int output_status;

	if (status == 0)
		status = publish_batch_open(&run->batch, run->options);
	if (status == 0)
		status = publish_sender_wait(&run->sender);
	if (status == 0)
		status = send_all(run);
	/* Receipts that nobody got are a failure, but not the first to tell of. */
	output_status = cli_output_finish(&run->output);
	return status == CLI_DONE || run->output.error != 0 ? output_status : status;
}

static int publish(const void *settings)
{
	const struct publish_options *options = settings;
	CLI_CLEANUP(cli_bus_close) struct cli_bus bus = {0};
	struct run run;
	int status = cli_bus_open_below(&bus, &options->common, (int)options->watermark_percent);

	if (status != 0)
		return status;
	run_init(&run, options);
	status = publish_sender_open(&run.sender, options, bus.bus, &run.output);
	if (status == 0)
		status = send_source(&run);
	publish_batch_close(&run.batch);
	publish_source_close(&run.source);
	publish_sender_close(&run.sender);
	return status;
}

int main(int argc, char **argv)
{
	CLI_CLEANUP(publish_options_deinit) struct publish_options options;

	publish_options_init(&options);
	return cli_main(&publish_command, argc, argv, &options, publish);
}
