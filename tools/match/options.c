/* SPDX-License-Identifier: MIT */
/* Implements match/options.h. */
#include "match/options.h"

#include <string.h>

#include <fsps/error.h>
#include <fsps/topic.h>

#include "cli/fail.h"
#include "match/point.h"

#define SHOW "What to print"

static const struct cli_option table[] = {
	{.flag = offsetof(struct match_options, any),
	 .short_name = 'a',
	 .long_name = "any",
	 .group = "What counts",
	 .help = "one topic that matches is enough; else all have to"},
	{.flag = offsetof(struct match_options, print),
	 .short_name = 'p',
	 .long_name = "print",
	 .group = SHOW,
	 .help = "the topics that match, as a filter; with --any"},
	{.flag = offsetof(struct match_options, verbose),
	 .short_name = 'v',
	 .long_name = "verbose",
	 .group = SHOW,
	 .help = "of each topic whether it matches"},
	{.flag = offsetof(struct match_options, json),
	 .long_name = "json",
	 .group = SHOW,
	 .help = "the same as a line of JSON for each topic"},
	CLI_HELP_OPTIONS,
	{0},
};

/* Says what is wrong with an operand and where. */
static int refuse(const char *operand, const char *allowed)
{
	int status = cli_usage("%s", fsps_last_error()->text);

	match_point(operand, allowed);
	return status;
}

/* And what to write for a wildcard of other buses. */
static int refuse_pattern(const char *pattern)
{
	int status = refuse(pattern, MATCH_PATTERN_BYTES);

	if (strpbrk(pattern, "#*>?") != NULL)
		cli_say("the wildcards are '=', one word, and '+', words and the dots between "
			"them");
	return status;
}

static int check_topics(const struct cli_operands *operands)
{
	bool reads = false;

	for (size_t i = 1; i < operands->count; i++) {
		const char *topic = operands->values[i];
		bool is_input = strcmp(topic, "-") == 0;

		if (is_input && reads)
			return cli_usage("standard input can be read once; give one '-'");
		reads |= is_input;
		if (!is_input && fsps_topic_check(topic) < 0)
			return refuse(topic, MATCH_TOPIC_BYTES);
	}
	return 0;
}

static int check(void *settings)
{
	struct match_options *options = settings;

	if (options->print + options->verbose + options->json > 1)
		return cli_usage("-p, -v and --json print the same in three ways; give one of "
				 "them");
	options->any |= options->print;
	if (options->operands.count == 0)
		return cli_usage("no PATTERN given");
	if (fsps_pattern_check(options->operands.values[0]) < 0)
		return refuse_pattern(options->operands.values[0]);
	if (options->operands.count == 1)
		return cli_usage("no TOPIC given; '-' reads them from standard input");
	return check_topics(&options->operands);
}

static const char examples[] =
	"  pubsub-match 'sensors.=' sensors.kitchen && echo yes\n"
	"  pubsub-match -v 'a.=' a.b a.b.c\n"
	"  pubsub-tail --json | jq --unbuffered -r .topic | pubsub-match -p 'a.+' -\n";

static const char notes[] =
	"'=' in a pattern is one word, '+' words and the dots between them. A pattern\n"
	"matches a whole topic. TOPIC '-' is a topic from each line of standard input.\n"
	"No bus is needed.\n"
	"\n"
	"Exit codes: 0 all topics match (with -a or -p: any does), 1 not so, or an error,\n"
	"2 usage, or something is no pattern or no topic. More: man pubsub-match\n";

static const struct cli_operand topics[] = {
	{.name = "TOPIC", .completes = CLI_COMPLETE_TOPIC},
	{.name = NULL},
};

const struct cli_command match_command = {
	.name = "pubsub-match",
	.synopsis = "PATTERN TOPIC... [OPTION...]",
	.summary = "Say whether a pattern matches topics.",
	.examples = examples,
	.notes = notes,
	.operand = "PATTERN",
	.operand_completes = CLI_COMPLETE_PATTERN,
	.more_operands = topics,
	.options = table,
	.operands = offsetof(struct match_options, operands),
	.check = check,
};

void match_options_deinit(struct match_options *options)
{
	cli_operands_deinit(&options->operands);
}
