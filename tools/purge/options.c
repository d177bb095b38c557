/* SPDX-License-Identifier: MIT */
/* Implements purge/options.h. */
#include "purge/options.h"

#include "cli/fail.h"
#include "cli/options.h"
#include "cli/status.h"

#define SHOW "What to print"

enum { PURGE_VERBOSE = CLI_OPTION_FIRST, PURGE_JSON };

static const struct cli_option table[] = {
	{.id = PURGE_VERBOSE,
	 .short_name = 'v',
	 .long_name = "verbose",
	 .group = SHOW,
	 .help = "how many messages were removed from each channel"},
	{.id = PURGE_JSON,
	 .long_name = "json",
	 .group = SHOW,
	 .help = "the same as a line of JSON for each channel"},
	CLI_COMMON_OPTIONS,
	{0},
};

static int apply(void *settings, int id, const char *value, char **rest)
{
	struct purge_options *options = settings;

	(void)rest;
	switch (id) {
	case CLI_OPTION_HOME:
		options->home = value;
		return 0;
	case CLI_OPTION_DEBUG:
		options->debug = true;
		return 0;
	case PURGE_VERBOSE:
		options->verbose = true;
		return 0;
	case PURGE_JSON:
		options->json = true;
		return 0;
	default:
		return cli_usage("unknown option");
	}
}

static int operand_apply(void *settings, const char *operand)
{
	struct purge_options *options = settings;

	return cli_operands_add(&options->channels, operand);
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

static const struct cli_command command = {
	.name = "pubsub-purge",
	.synopsis = "CHANNEL... [OPTION...]",
	.summary = "Remove what waits in channels, and keep the channels.",
	.examples = examples,
	.notes = notes,
	.operand = "CHANNEL",
	.operand_completes = CLI_COMPLETE_CHANNEL,
	.options = table,
	.apply = apply,
	.operand_apply = operand_apply,
};

static int check(const struct purge_options *options)
{
	if (options->channels.count == 0)
		return cli_usage("no CHANNEL; pubsub-ls shows what there is");
	if (options->verbose && options->json)
		return cli_usage("-v and --json print the same in two ways; give one of them");
	return CLI_RUN;
}

int purge_options_read(struct purge_options *options, int argc, char **argv)
{
	int status;

	*options = (struct purge_options){0};
	status = cli_parse(&command, argc, argv, options);
	return status == CLI_RUN ? check(options) : status;
}

void purge_options_deinit(struct purge_options *options)
{
	cli_operands_deinit(&options->channels);
}
