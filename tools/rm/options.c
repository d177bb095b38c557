/* SPDX-License-Identifier: MIT */
/* Implements rm/options.h. */
#include "rm/options.h"

#include "cli/channels.h"

#define HOW "How"

static const struct cli_option table[] = {
	{.flag = offsetof(struct rm_options, force),
	 .short_name = 'f',
	 .long_name = "force",
	 .group = HOW,
	 .help = "also a channel that somebody reads from; the reader ends with an error"},
	{.flag = offsetof(struct rm_options, verbose),
	 .short_name = 'v',
	 .long_name = "verbose",
	 .group = HOW,
	 .help = "print which channels were removed"},
	CLI_COMMON_OPTIONS,
	{0},
};

static int check(void *settings)
{
	const struct rm_options *options = settings;

	return cli_channels_need(options->channels.count);
}

static const char examples[] = "  pubsub-rm mail\n"
			       "  pubsub-rm 'jobs.+_mail'                one pattern's only\n"
			       "  pubsub-rm --force mail                 although somebody reads\n";

static const char notes[] =
	"CHANNEL is the name of durable channels, or a durable channel's directory as\n"
	"pubsub-ls --json has it. All that is in it goes, dead letters included. There is\n"
	"no way back, and no question is asked. Other channels go with their process.\n"
	"\n"
	"Exit codes: 0 done, 1 error, no such channel or one that somebody reads from,\n"
	"2 usage, 5 no permission. More: man pubsub-rm\n";

const struct cli_command rm_command = {
	.name = "pubsub-rm",
	.synopsis = "CHANNEL... [OPTION...]",
	.summary = "Remove durable channels with all that is in them.",
	.examples = examples,
	.notes = notes,
	.operand = "CHANNEL",
	.operand_completes = CLI_COMPLETE_DURABLE,
	.options = table,
	.operands = offsetof(struct rm_options, channels),
	.check = check,
};

void rm_options_deinit(struct rm_options *options)
{
	cli_operands_deinit(&options->channels);
}
