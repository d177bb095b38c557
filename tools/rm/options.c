/* SPDX-License-Identifier: MIT */
/* Implements rm/options.h. */
#include "rm/options.h"

#include "cli/fail.h"
#include "cli/options.h"
#include "cli/status.h"

#define HOW "How"

enum { RM_FORCE = CLI_OPTION_FIRST, RM_VERBOSE };

static const struct cli_option table[] = {
	{.id = RM_FORCE,
	 .short_name = 'f',
	 .long_name = "force",
	 .group = HOW,
	 .help = "also a channel that somebody reads from; the reader ends with an error"},
	{.id = RM_VERBOSE,
	 .short_name = 'v',
	 .long_name = "verbose",
	 .group = HOW,
	 .help = "print which channels were removed"},
	CLI_COMMON_OPTIONS,
	{0},
};

static int apply(void *settings, int id, const char *value, char **rest)
{
	struct rm_options *options = settings;

	(void)rest;
	switch (id) {
	case CLI_OPTION_HOME:
		options->home = value;
		return 0;
	case CLI_OPTION_DEBUG:
		options->debug = true;
		return 0;
	case RM_FORCE:
		options->force = true;
		return 0;
	case RM_VERBOSE:
		options->verbose = true;
		return 0;
	default:
		return cli_usage("unknown option");
	}
}

static int operand_apply(void *settings, const char *operand)
{
	struct rm_options *options = settings;

	return cli_operands_add(&options->channels, operand);
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

static const struct cli_command command = {
	.name = "pubsub-rm",
	.synopsis = "CHANNEL... [OPTION...]",
	.summary = "Remove durable channels with all that is in them.",
	.examples = examples,
	.notes = notes,
	.operand = "CHANNEL",
	.operand_completes = CLI_COMPLETE_CHANNEL,
	.options = table,
	.apply = apply,
	.operand_apply = operand_apply,
};

int rm_options_read(struct rm_options *options, int argc, char **argv)
{
	int status;

	*options = (struct rm_options){0};
	status = cli_parse(&command, argc, argv, options);
	if (status == CLI_RUN && options->channels.count == 0)
		return cli_usage("no CHANNEL; pubsub-ls shows what there is");
	return status;
}

void rm_options_deinit(struct rm_options *options)
{
	cli_operands_deinit(&options->channels);
}
