/* SPDX-License-Identifier: MIT */
/* Implements peek/options.h. Options mean what they mean to pubsub-subscribe. */
#include "peek/options.h"

#include "cli/channels.h"
#include "cli/fail.h"
#include "cli/number.h"

#define SHOW "What to print"
#define MANY "How many"

enum {
	PEEK_OPTION_VERBOSE = CLI_OPTION_FIRST,
	PEEK_OPTION_JSON,
	PEEK_OPTION_FORMAT,
	PEEK_OPTION_COUNT,
	PEEK_OPTION_ONE
};

static const struct cli_option table[] = {
	{.id = PEEK_OPTION_VERBOSE,
	 .short_name = 'v',
	 .long_name = "verbose",
	 .group = SHOW,
	 .help = "state, attempts, when it is due, the topic, the payload"},
	{.id = PEEK_OPTION_JSON,
	 .long_name = "json",
	 .group = SHOW,
	 .help = "a line of JSON for each message"},
	{.id = PEEK_OPTION_FORMAT,
	 .short_name = 'F',
	 .long_name = "format",
	 .argument = "FORMAT",
	 .group = SHOW,
	 .help = "as pubsub-subscribe has them: %t topic, %p payload, %m ID, %u sender, %H{NAME} "
		 "header"},
	{.flag = offsetof(struct peek_options, raw),
	 .long_name = "raw",
	 .group = SHOW,
	 .help = "control bytes as they are, on a terminal too"},
	{.id = PEEK_OPTION_COUNT,
	 .short_name = 'C',
	 .long_name = "count",
	 .argument = "N",
	 .group = MANY,
	 .help = "the first N messages"},
	{.id = PEEK_OPTION_ONE,
	 .short_name = '1',
	 .long_name = "one",
	 .group = MANY,
	 .help = "the first message"},
	CLI_COMMON_OPTIONS,
	{0},
};

static int set_mode(struct peek_options *options, enum peek_mode mode, const char *option)
{
	options->mode = mode;
	return cli_choose(&options->mode_option, option);
}

static int apply(void *settings, int id, const char *value, char **rest)
{
	struct peek_options *options = settings;

	(void)rest;
	switch (id) {
	case PEEK_OPTION_VERBOSE:
		return set_mode(options, PEEK_VERBOSE, "-v");
	case PEEK_OPTION_JSON:
		return set_mode(options, PEEK_JSON, "--json");
	case PEEK_OPTION_FORMAT:
		options->format_text = value;
		return set_mode(options, PEEK_FORMAT, "-F");
	case PEEK_OPTION_COUNT:
		return cli_count_option("-C", value, 1, INT64_MAX, &options->count);
	case PEEK_OPTION_ONE:
		options->count = 1;
		return 0;
	default:
		return cli_usage("unknown option");
	}
}

static int operand_apply(void *settings, const char *operand)
{
	struct peek_options *options = settings;

	if (options->channel != NULL)
		return cli_usage("unexpected '%s'; one CHANNEL at a time", operand);
	options->channel = operand;
	return 0;
}

static int check(void *settings)
{
	struct peek_options *options = settings;

	if (options->channel == NULL)
		return cli_channels_need(0);
	if (options->format_text != NULL)
		return subscribe_format_read(&options->format, options->format_text);
	return 0;
}

static const char examples[] =
	"  pubsub-peek mail\n"
	"  pubsub-peek -v 'jobs.+_mail'           with state, attempts and topic\n"
	"  pubsub-peek -C 1 -F '%p %H{unit}' mail\n"
	"  pubsub-peek --json mail | jq 'select(.state == \"claimed\")'\n";

static const char notes[] =
	"CHANNEL is the name of a durable channel, or a directory as pubsub-ls --json\n"
	"has it. A message is waiting, claimed (somebody has it, until it is due), or\n"
	"delayed (it comes again when it is due). Nothing is taken.\n"
	"\n"
	"Exit codes: 0 done, 1 error or no such channel, 2 usage, 5 no permission.\n"
	"More: man pubsub-peek\n";

const struct cli_command peek_command = {
	.name = "pubsub-peek",
	.synopsis = "CHANNEL [OPTION...]",
	.summary = "Show what waits in a channel without taking it.",
	.examples = examples,
	.notes = notes,
	.operand = "CHANNEL",
	.operand_completes = CLI_COMPLETE_CHANNEL,
	.options = table,
	.apply = apply,
	.operand_apply = operand_apply,
	.check = check,
};

void peek_options_init(struct peek_options *options)
{
	*options = (struct peek_options){.count = PEEK_NO_LIMIT};
}

void peek_options_deinit(struct peek_options *options)
{
	subscribe_format_deinit(&options->format);
}
