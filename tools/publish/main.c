/* SPDX-License-Identifier: MIT */
/* pubsub-publish: opens what is needed, passes each message of the source to the sender, and
 * turns what happened into an exit code. */
#include <stddef.h>

#include <fsps/fsps.h>

#include "cli/cleanup.h"
#include "cli/fail.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/signals.h"
#include "cli/status.h"
#include "cli/stdio.h"
#include "publish/options.h"
#include "publish/pace.h"
#include "publish/send.h"
#include "publish/source.h"

/* Sends one message after another until the source ends, something fails or we shall stop. */
static int send_all(struct publish_source *source, struct publish_sender *sender,
		    struct cli_output *output)
{
	struct publish_pace pace;
	struct publish_record record;
	int result;

	publish_pace_init(&pace, source->options);
	while (cli_stop_signal() == 0) {
		/* Whoever reads our receipts shall have them before we wait for more input. */
		if (!publish_source_ready(source))
			cli_output_flush(output);
		result = publish_source_next(source, &record);
		if (cli_stop_signal() != 0)
			break;
		if (result == PUBLISH_SOURCE_END)
			return publish_sender_status(sender);
		if (result != PUBLISH_SOURCE_RECORD)
			return result;
		publish_pace_wait(&pace, output);
		if (cli_stop_signal() != 0 || output->error != 0)
			break;
		result = publish_sender_send(sender, &record);
		if (result != 0)
			return result;
	}
	return cli_stop_signal() == 0 ? CLI_ERROR : CLI_SIGNAL + cli_stop_signal();
}

static int send_source(struct publish_source *source, struct publish_sender *sender,
		       const struct publish_options *options, struct cli_output *output)
{
	int status = publish_source_open(source, options);
	int output_status;

	if (status == 0)
		status = publish_sender_wait(sender);
	if (status == 0)
		status = send_all(source, sender, output);
	/* Receipts that nobody got are a failure, but not the first to tell of. */
	output_status = cli_output_finish(output);
	return status == CLI_DONE || output->error != 0 ? output_status : status;
}

static int publish(const struct publish_options *options)
{
	struct cli_log log = {.debug = options->debug};
	const struct fsps_bus_options bus_options = {.size = sizeof bus_options,
						     .home = options->home,
						     .log = cli_log,
						     .log_userdata = &log};
	CLI_CLEANUP(cli_cleanup_bus) fsps_bus *bus = NULL;
	struct publish_source source = {0};
	struct publish_sender sender;
	struct cli_output output;
	int result = fsps_bus_open(&bus_options, &bus);
	int status;

	if (result < 0)
		return cli_fail_library(result, NULL);
	cli_output_init(&output, 1);
	status = publish_sender_open(&sender, options, bus, &output);
	if (status == 0)
		status = send_source(&source, &sender, options, &output);
	publish_source_close(&source);
	publish_sender_close(&sender);
	return status;
}

int main(int argc, char **argv)
{
	struct publish_options options;
	int status;

	if (cli_stdio_open() < 0)
		return CLI_ERROR;
	cli_signals_catch();
	status = publish_options_read(&options, argc, argv);
	if (status == CLI_RUN)
		status = publish(&options);
	publish_options_deinit(&options);
	return cli_end(status);
}
