/* SPDX-License-Identifier: MIT */
/* pubsub-purge: empties channels. What can't be done with one does not keep the others from it. */
#include <inttypes.h>
#include <stdio.h>

#include <fsps/fsps.h>

#include "cli/channels.h"
#include "cli/cleanup.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/main.h"
#include "cli/status.h"
#include "purge/options.h"

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
		cli_json_put_text(output, "error", fsps_error_name((int)result));
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

static int fail(fsps_bus *bus, int code, const char *name)
{
	char who[CLI_READERS_TEXT_BYTES];

	if (code != FSPS_ERR_BUSY)
		return cli_channel_fail(code, name);
	cli_channel_readers(bus, name, who);
	return cli_fail(
		CLI_ERROR,
		"'%s' is not all empty: it is read by %s, whose the messages in segments are; end "
		"that and purge again",
		name, who);
}

static int purge_channel(const char *name, void *userdata)
{
	struct cli_channels_run *run = userdata;
	const struct purge_options *options = run->settings;
	int64_t result = fsps_channel_purge(run->bus, name);
	int status = result < 0 ? fail(run->bus, (int)result, name) : CLI_DONE;

	if (options->json)
		print_json(&run->output, name, result);
	else if (options->verbose && result >= 0)
		print_removed(&run->output, name, result);
	return status;
}

static int purge(const void *settings)
{
	const struct purge_options *options = settings;

	return cli_channels_run(&options->common, &options->channels, options, purge_channel);
}

int main(int argc, char **argv)
{
	CLI_CLEANUP(purge_options_deinit) struct purge_options options = {0};

	return cli_main(&purge_command, argc, argv, &options, purge);
}
