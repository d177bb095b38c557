/* SPDX-License-Identifier: MIT */
/*
 * Implements dead/options.h: one table for all verbs, whose groups say which of them an option is
 * for. An option that would be ignored is refused, not ignored.
 */
#include "dead/options.h"

#include <string.h>

#include <fsps/error.h>
#include <fsps/topic.h>

#include "cli/channels.h"
#include "cli/fail.h"

#define WHICH "Which (list, replay, discard)"
#define SHOW  "What to print"

enum { DEAD_OPTION_PATTERN = CLI_OPTION_FIRST };

static const struct cli_option table[] = {
	{.id = DEAD_OPTION_PATTERN,
	 .long_name = "pattern",
	 .argument = "PATTERN",
	 .completes = CLI_COMPLETE_PATTERN,
	 .group = WHICH,
	 .help = "those whose topic matches"},
	{.flag = offsetof(struct dead_options, all),
	 .short_name = 'a',
	 .long_name = "all",
	 .group = WHICH,
	 .help = "replay, discard: all dead letters of the channel"},
	{.flag = offsetof(struct dead_options, json),
	 .long_name = "json",
	 .group = SHOW,
	 .help = "list, show: a line of JSON for each dead letter"},
	{.flag = offsetof(struct dead_options, raw),
	 .long_name = "raw",
	 .group = SHOW,
	 .help = "show: control bytes as they are, on a terminal too"},
	{.flag = offsetof(struct dead_options, verbose),
	 .short_name = 'v',
	 .long_name = "verbose",
	 .group = SHOW,
	 .help = "replay, discard: how many there were in each channel"},
	CLI_COMMON_OPTIONS,
	{0},
};

static const char *const verbs[] = {
	[DEAD_LIST] = "list",
	[DEAD_SHOW] = "show",
	[DEAD_REPLAY] = "replay",
	[DEAD_DISCARD] = "discard",
};

const char *dead_verb_text(enum dead_verb verb)
{
	return verbs[verb];
}

static int set_pattern(struct dead_options *options, const char *pattern)
{
	if (options->pattern != NULL)
		return cli_usage("--pattern is there twice");
	if (fsps_pattern_check(pattern) < 0)
		return cli_usage("%s", fsps_last_error()->text);
	options->pattern = pattern;
	return 0;
}

static int apply(void *settings, int id, const char *value, char **rest)
{
	(void)rest;
	return id == DEAD_OPTION_PATTERN ? set_pattern(settings, value)
					 : cli_usage("unknown option");
}

/* The first operand is a verb, or it is left out and the operand is list's. */
static bool take_verb(struct dead_options *options, const char *operand)
{
	if (options->verb_given || options->channel != NULL)
		return false;
	for (int i = 0; i < (int)(sizeof verbs / sizeof *verbs); i++) {
		if (strcmp(operand, verbs[i]) != 0)
			continue;
		options->verb = (enum dead_verb)i;
		options->verb_given = true;
		return true;
	}
	return false;
}

static int operand_apply(void *settings, const char *operand)
{
	struct dead_options *options = settings;

	if (take_verb(options, operand))
		return 0;
	if (options->channel == NULL) {
		options->channel = operand;
		return 0;
	}
	return cli_operands_add(&options->letters, operand);
}

static int check_list(const struct dead_options *options)
{
	if (options->letters.count > 0)
		return cli_usage("unexpected '%s'; write: pubsub-dead show %s %s",
				 options->letters.values[0], options->channel,
				 options->letters.values[0]);
	if (options->all || options->raw || options->verbose)
		return cli_usage("%s does not go with list", options->all   ? "--all"
							     : options->raw ? "--raw"
									    : "-v");
	return 0;
}

static int check_show(const struct dead_options *options)
{
	if (options->letters.count == 0)
		return cli_usage("show wants CHANNEL and ID; pubsub-dead lists what there is");
	if (options->all || options->pattern != NULL || options->verbose)
		return cli_usage("%s does not go with show", options->all       ? "--all"
							     : options->verbose ? "-v"
										: "--pattern");
	if (options->raw && options->json)
		return cli_usage("--raw does not go with --json, which has no control bytes");
	return 0;
}

/* What is removed for good, or done again, has to be named in exactly one way. */
static int check_settle(const struct dead_options *options)
{
	const char *verb = dead_verb_text(options->verb);
	int ways = (options->letters.count > 0) + options->all + (options->pattern != NULL);

	if (options->channel == NULL)
		return cli_usage("%s wants a CHANNEL; pubsub-dead lists what there is", verb);
	if (ways == 0)
		return cli_usage("%s wants the ID of a dead letter, --all or --pattern PATTERN",
				 verb);
	if (ways > 1)
		return cli_usage("IDs, --all and --pattern contradict each other; give one of "
				 "them");
	if (options->json || options->raw)
		return cli_usage("%s does not go with %s", options->json ? "--json" : "--raw",
				 verb);
	return 0;
}

static int check(void *settings)
{
	const struct dead_options *options = settings;

	switch (options->verb) {
	case DEAD_LIST:
		return check_list(options);
	case DEAD_SHOW:
		return check_show(options);
	case DEAD_REPLAY:
	case DEAD_DISCARD:
		break;
	}
	return check_settle(options);
}

static const char examples[] = "  pubsub-dead                            all there are\n"
			       "  pubsub-dead list mail --pattern 'jobs.print.+'\n"
			       "  pubsub-dead show mail 1795188226178418\n"
			       "  pubsub-dead replay mail --all -v       try them again\n"
			       "  pubsub-dead discard mail 1795188226178418\n";

static const char notes[] =
	"CHANNEL is the name of a durable channel, or a directory as pubsub-ls --json\n"
	"has it. A dead letter is named by its ID or by its file. A replayed one keeps\n"
	"ID and headers; its attempts are counted from 0 again. A discarded one is gone.\n"
	"\n"
	"Exit codes: 0 done, 1 error or something named does not exist, 2 usage, 5 no\n"
	"permission. More: man pubsub-dead\n";

/* A verb or a channel is the first one. */
static const struct cli_operand more_operands[] = {
	{.name = "CHANNEL", .completes = CLI_COMPLETE_CHANNEL},
	{.name = "ID", .completes = CLI_COMPLETE_LETTER},
	{0},
};

const struct cli_command dead_command = {
	.name = "pubsub-dead",
	.synopsis = "[list] [CHANNEL] [OPTION...]\n"
		    "       pubsub-dead show CHANNEL ID... [OPTION...]\n"
		    "       pubsub-dead replay|discard CHANNEL ID...|--all|--pattern PATTERN",
	.summary = "Show the messages that were set aside, try them again, or remove them.",
	.examples = examples,
	.notes = notes,
	.operand = "CHANNEL",
	.operand_completes = CLI_COMPLETE_CHANNEL,
	.operand_words = "list,show,replay,discard",
	.more_operands = more_operands,
	.options = table,
	.apply = apply,
	.operand_apply = operand_apply,
	.check = check,
};

void dead_options_deinit(struct dead_options *options)
{
	cli_operands_deinit(&options->letters);
}
