/* SPDX-License-Identifier: MIT */
/* Implements ls/options.h. */
#include "ls/options.h"

#include "cli/fail.h"

static const struct cli_option table[] = {
	{.flag = offsetof(struct ls_options, complete),
	 .short_name = 'l',
	 .long_name = "long",
	 .group = "What to print",
	 .help = "all columns: users, counters and limits, too"},
	{.flag = offsetof(struct ls_options, json),
	 .long_name = "json",
	 .group = "What to print",
	 .help = "a line of JSON for each channel"},
	CLI_COMMON_OPTIONS,
	{0},
};

static int check(void *settings)
{
	const struct ls_options *options = settings;

	if (options->complete && options->json)
		return cli_usage("--json has everything; leave out -l");
	return 0;
}

static const char examples[] =
	"  pubsub-ls\n"
	"  pubsub-ls sensors.kitchen              who gets a message on this topic?\n"
	"  pubsub-ls 'sensors.+'                  who subscribes to any of these?\n"
	"  pubsub-ls --json | jq 'select(.backlog > 1000)'\n";

static const char notes[] =
	"NAME is that of a durable channel, NAME.in its inbox; '-' is a channel that\n"
	"goes with its process. READERS is '?' if another user's process can't be looked\n"
	"at. OLDEST is how long the first message of the backlog has waited. DEAD\n"
	"messages were set aside: see pubsub-dead. Where there are such: CLAIMED messages\n"
	"are being worked on, DELAYED ones come again later; FULL is how much of its\n"
	"limit a channel uses, MISSED how many messages it lost: refused or dropped,\n"
	"being full, expired, or evicted, which -l tells apart. '-' stands for what is\n"
	"not counted: in channels of formix-pubsub.\n"
	"\n"
	"Exit codes: 0 done, 1 error or nothing found for an operand, 2 usage, 5 no\n"
	"permission. More: man pubsub-ls\n";

const struct cli_command ls_command = {
	.name = "pubsub-ls",
	.synopsis = "[PATTERN|TOPIC|CHANNEL|NAME...] [OPTION...]",
	.summary = "Show who subscribes to what, and what waits for them.",
	.examples = examples,
	.notes = notes,
	.operand = "PATTERN",
	.operand_completes = CLI_COMPLETE_PATTERN | CLI_COMPLETE_CHANNEL,
	.options = table,
	.operands = offsetof(struct ls_options, operands),
	.check = check,
};

void ls_options_deinit(struct ls_options *options)
{
	cli_operands_deinit(&options->operands);
}
