/* SPDX-License-Identifier: MIT */
/* Implements purge/options.h. */
#include "purge/options.h"

#include "cli/channels.h"
#include "cli/fail.h"

#define SHOW "What to print"

static const struct cli_option table[] = {
	{.flag = offsetof(struct purge_options, verbose),
	 .short_name = 'v',
	 .long_name = "verbose",
	 .group = SHOW,
	 .help = "how many messages were removed from each channel"},
	{.flag = offsetof(struct purge_options, json),
	 .long_name = "json",
	 .group = SHOW,
	 .help = "the same as a line of JSON for each channel"},
	CLI_COMMON_OPTIONS,
	{0},
};

static int check(void *settings)
{
	const struct purge_options *options = settings;

	if (options->verbose && options->json)
		return cli_usage("-v and --json print the same in two ways; give one of them");
	return cli_channels_need(options->channels.count);
}

static const char examples[] = "  pubsub-purge mail\n"
			       "  pubsub-purge -v 'jobs.+_mail' 'jobs.+_print'\n";

static const char notes[] =
	"CHANNEL is the name of a durable channel, or a directory as pubsub-ls --json\n"
	"has it. What waits is removed, and what waits to come again; what somebody has\n"
	"claimed and dead letters stay (see pubsub-dead). There is no way back, and no\n"
	"question is asked.\n"
	"\n"
	"Exit codes: 0 done, 1 error, no such channel or one that is not all empty now,\n"
	"2 usage, 5 no permission. More: man pubsub-purge\n";

const struct cli_command purge_command = {
	.name = "pubsub-purge",
	.synopsis = "CHANNEL... [OPTION...]",
	.summary = "Remove what waits in channels, and keep the channels.",
	.examples = examples,
	.notes = notes,
	.operand = "CHANNEL",
	.operand_completes = CLI_COMPLETE_CHANNEL,
	.options = table,
	.operands = offsetof(struct purge_options, channels),
	.check = check,
};

void purge_options_deinit(struct purge_options *options)
{
	cli_operands_deinit(&options->channels);
}
