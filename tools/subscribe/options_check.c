/* SPDX-License-Identifier: MIT */
/* Implements subscribe/options_check.h. An option that would be ignored is refused, not ignored. */
#include "subscribe/options_check.h"

#include <fsps/delivery.h>

#include "cli/fail.h"

static int check_show(struct subscribe_options *options)
{
	bool runs = options->mode == SUBSCRIBE_RUN;

	if (options->no_newline && options->nul)
		return cli_contradict("-N", "-0");
	if (runs && (options->no_newline || options->nul || options->pretty || options->raw))
		return cli_usage("--exec prints nothing: leave out -N, -0, --pretty and --raw");
	if (options->jobs > 0 && !runs)
		return cli_usage("-j goes with --exec");
	if (options->format_text != NULL)
		return subscribe_format_read(&options->format, options->format_text);
	return 0;
}

static int check_pretty(struct subscribe_options *options)
{
	if (!options->pretty)
		return 0;
	/* Nothing else can be meant. */
	if (options->mode_option == NULL)
		options->mode = SUBSCRIBE_SHOW_JSON;
	if (options->mode == SUBSCRIBE_SHOW_VERBOSE ||
	    (options->mode == SUBSCRIBE_SHOW_FORMAT && !options->format.has_json))
		return cli_usage("--pretty goes with --json, or with %%j or %%J in -F");
	return 0;
}

/* Whether something was said about the messages that are read. */
static bool reads(const struct subscribe_options *options)
{
	const struct subscribe_durability *durability = &options->durability;

	return options->others > 0 || options->pretty || options->no_newline || options->nul ||
	       options->raw || options->drain || durability->ack != SUBSCRIBE_ACK_UNSAID ||
	       durability->attempts > 0 || durability->deadline_ms > 0 ||
	       durability->retry_delay_ms != FSPS_BACKOFF;
}

static int check_create_only(const struct subscribe_options *options)
{
	if (options->durability.create_only && options->durability.name != NULL && reads(options))
		return cli_usage("-E only creates channels and reads nothing: it goes with "
				 "--durable or --group and with limits alone");
	return 0;
}

int subscribe_options_check(void *settings)
{
	struct subscribe_options *options = settings;
	int status;

	if (options->patterns.count == 0)
		return cli_usage("no PATTERN; say what to subscribe to, '+' is everything");
	if (options->exec != NULL && options->then != NULL)
		return cli_usage(
			"--exec and --then both take the rest of the line; give one of them");
	/* Before what was not said is filled in. */
	status = check_create_only(options);
	if (status == 0)
		status = subscribe_durability_check(&options->durability, options->exec != NULL,
						    options->then != NULL);
	if (status == 0)
		status = check_show(options);
	return status == 0 ? check_pretty(options) : status;
}
