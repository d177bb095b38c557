/* SPDX-License-Identifier: MIT */
/* Implements pubsub/options.h. */
#include "pubsub/options.h"

#include <string.h>

#include "cli/fail.h"

static const struct cli_option table[] = {
	CLI_HELP_OPTIONS,
	{0},
};

static int check(void *settings)
{
	const struct pubsub_options *options = settings;
	const struct cli_operands *operands = &options->operands;

	if (operands->count > 0 && strcmp(operands->values[0], "help") != 0)
		return cli_usage("options of a verb stand behind it: pubsub %s ...",
				 operands->values[0]);
	if (operands->count > 2)
		return cli_usage("help is given for one verb at a time");
	return 0;
}

static const char examples[] = "  pubsub                                 what can be done?\n"
			       "  pubsub subscribe 'sensors.+'           as pubsub-subscribe\n"
			       "  pubsub help publish                    its manual page\n";

static const char notes[] =
	"pubsub VERB runs pubsub-VERB, with all that follows: the one beside pubsub, else\n"
	"one in PATH. So a program of that name, whoever made it, is a verb, too.\n"
	"\n"
	"Exit codes: 0 done, 1 error, 2 usage or no such verb, 126 it can't be run; with\n"
	"a verb its own. More: man pubsub\n";

const struct cli_command pubsub_command = {
	.name = "pubsub",
	.synopsis = "[VERB [ARGUMENT...]]",
	.summary = "Run one of the pubsub commands, or list them.",
	.examples = examples,
	.notes = notes,
	.operand = "VERB",
	.operand_completes = CLI_COMPLETE_VERB,
	.options = table,
	.operands = offsetof(struct pubsub_options, operands),
	.check = check,
};

void pubsub_options_deinit(struct pubsub_options *options)
{
	cli_operands_deinit(&options->operands);
}
