/* SPDX-License-Identifier: MIT */
/* Implements ls/options.h. */
#include "ls/options.h"

#include "cli/fail.h"
#include "cli/options.h"
#include "cli/status.h"

enum { LS_LONG = CLI_OPTION_FIRST, LS_JSON };

static const struct cli_option table[] = {
	{.id = LS_LONG,
	 .short_name = 'l',
	 .long_name = "long",
	 .group = "What to print",
	 .help = "all columns: users and counters, too"},
	{.id = LS_JSON,
	 .long_name = "json",
	 .group = "What to print",
	 .help = "a line of JSON for each channel"},
	CLI_COMMON_OPTIONS,
	{0},
};

static int apply(void *settings, int id, const char *value, char **rest)
{
	struct ls_options *options = settings;

	(void)rest;
	switch (id) {
	case CLI_OPTION_HOME:
		options->home = value;
		return 0;
	case CLI_OPTION_DEBUG:
		options->debug = true;
		return 0;
	case LS_LONG:
		options->complete = true;
		return 0;
	case LS_JSON:
		options->json = true;
		return 0;
	default:
		return cli_usage("unknown option");
	}
}

static int operand_apply(void *settings, const char *operand)
{
	struct ls_options *options = settings;

	return cli_operands_add(&options->operands, operand);
}

static const char examples[] =
	"  pubsub-ls\n"
	"  pubsub-ls sensors.kitchen              who gets a message on this topic?\n"
	"  pubsub-ls 'sensors.+'                  who subscribes to any of these?\n"
	"  pubsub-ls --json | jq 'select(.backlog > 1000)'\n";

static const char notes[] =
	"NAME is that of a durable channel, NAME.in its inbox; '-' is a channel that\n"
	"goes with its process. READERS is '?' if another user's process can't be looked\n"
	"at. OLDEST is how long the first message of the backlog has waited. CLAIMED\n"
	"messages are being worked on, DELAYED ones come again later, DEAD ones were set\n"
	"aside: see pubsub-dead. '-' stands for what is not counted: in channels of\n"
	"formix-pubsub.\n"
	"\n"
	"Exit codes: 0 done, 1 error or nothing found for an operand, 2 usage, 5 no\n"
	"permission. More: man pubsub-ls\n";

static const struct cli_command command = {
	.name = "pubsub-ls",
	.synopsis = "[PATTERN|TOPIC|CHANNEL|NAME...] [OPTION...]",
	.summary = "Show who subscribes to what, and what waits for them.",
	.examples = examples,
	.notes = notes,
	.operand = "PATTERN",
	.operand_completes = CLI_COMPLETE_TOPIC,
	.options = table,
	.apply = apply,
	.operand_apply = operand_apply,
};

int ls_options_read(struct ls_options *options, int argc, char **argv)
{
	int status;

	*options = (struct ls_options){0};
	status = cli_parse(&command, argc, argv, options);
	if (status == CLI_RUN && options->complete && options->json)
		return cli_usage("--json has everything; leave out -l");
	return status;
}

void ls_options_deinit(struct ls_options *options)
{
	cli_operands_deinit(&options->operands);
}
