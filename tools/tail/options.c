/* SPDX-License-Identifier: MIT */
/* Implements tail/options.h. Short names are those of pubsub-subscribe where they mean the same. */
#include "tail/options.h"

#include "cli/fail.h"
#include "cli/number.h"
#include "cli/ready.h"

#define WHAT  "What to follow"
#define SHOW  "What to print"
#define UNTIL "When to end (without any: at SIGINT or SIGTERM)"

enum tail_option {
	TAIL_TOPIC = CLI_OPTION_FIRST,
	TAIL_INTERVAL,
	TAIL_COUNT,
	TAIL_ONE,
	TAIL_TIMEOUT,
	TAIL_READY_FD
};

static const struct cli_option table[] = {
	{.id = TAIL_TOPIC,
	 .short_name = 't',
	 .long_name = "topic",
	 .argument = "PATTERN",
	 .completes = CLI_COMPLETE_PATTERN,
	 .group = WHAT,
	 .help = "a pattern, like an operand; may be repeated"},
	{.flag = offsetof(struct tail_options, summary),
	 .long_name = "summary",
	 .group = SHOW,
	 .help = "a table of topics with counts and rates, again and again, instead of messages"},
	{.flag = offsetof(struct tail_options, json),
	 .long_name = "json",
	 .group = SHOW,
	 .help = "a line of JSON for each message, or for each topic with --summary"},
	{.flag = offsetof(struct tail_options, no_payload),
	 .long_name = "no-payload",
	 .group = SHOW,
	 .help = "leave the payload out"},
	{.id = TAIL_INTERVAL,
	 .short_name = 'i',
	 .long_name = "interval",
	 .argument = "S",
	 .group = SHOW,
	 .help = "count rates over S seconds, and show the table as often; 1 if not given"},
	{.id = TAIL_COUNT,
	 .short_name = 'C',
	 .long_name = "count",
	 .argument = "N",
	 .group = UNTIL,
	 .help = "after N messages"},
	{.id = TAIL_ONE,
	 .short_name = '1',
	 .long_name = "one",
	 .group = UNTIL,
	 .help = "after one message"},
	{.id = TAIL_TIMEOUT,
	 .short_name = 'W',
	 .long_name = "timeout",
	 .argument = "S",
	 .group = UNTIL,
	 .help = "after S seconds; exit 124 if the count was not reached or nothing came"},
	{.id = TAIL_READY_FD,
	 .long_name = "ready-fd",
	 .argument = "N",
	 .group = "How to begin",
	 .help = "write a newline to descriptor N once subscribed, and close it"},
	CLI_COMMON_OPTIONS,
	{0},
};

static int apply(void *settings, int id, const char *value, char **rest)
{
	struct tail_options *options = settings;

	(void)rest;
	switch (id) {
	case TAIL_TOPIC:
		return cli_operands_add_pattern(&options->patterns, value);
	case TAIL_INTERVAL:
		return cli_seconds_option("-i", value, &options->interval_ns);
	case TAIL_COUNT:
		return cli_count_option("-C", value, 1, INT64_MAX, &options->count);
	case TAIL_ONE:
		options->count = 1;
		return 0;
	case TAIL_TIMEOUT:
		return cli_seconds_option("-W", value, &options->timeout_ns);
	case TAIL_READY_FD:
		return cli_ready_option(value, &options->ready_fd);
	default:
		return cli_usage("unknown option");
	}
}

static int operand_apply(void *settings, const char *operand)
{
	struct tail_options *options = settings;

	return cli_operands_add_pattern(&options->patterns, operand);
}

static int check(void *settings)
{
	struct tail_options *options = settings;

	if (options->interval_ns < CLI_NS_PER_S / 10)
		return cli_usage("-i wants at least 0.1 seconds");
	if (options->summary && options->no_payload)
		return cli_usage("--summary shows no payloads; leave out --no-payload");
	return options->patterns.count > 0 ? 0 : cli_operands_add(&options->patterns, "+");
}

static const char examples[] =
	"  pubsub-tail                         everything, as it is published\n"
	"  pubsub-tail 'orders.+' alarms\n"
	"  pubsub-tail --summary -W 10         who sends how much? look for ten seconds\n"
	"  pubsub-tail --json | jq 'select(.len > 1000000) | .topic'\n";

static const char notes[] =
	"A line is time, topic, size, sender, rate and payload. The rate is how many\n"
	"messages came on that topic within the last second (-i). The payload is cut at\n"
	"the terminal's edge, and shown as one line everywhere.\n"
	"\n"
	"Nobody loses a message to it, or waits for it: if it does not keep up it misses\n"
	"messages itself, and says so. To publishers it is a subscriber: it counts for\n"
	"--at-least. What was published before it began is shown by pubsub-peek.\n"
	"\n"
	"Exit codes: 0 done, 1 error, 2 usage, 4 it missed messages, 5 no permission, 124\n"
	"nothing or not enough came in time. More: man pubsub-tail\n";

const struct cli_command tail_command = {
	.name = "pubsub-tail",
	.synopsis = "[PATTERN...] [OPTION...]",
	.summary = "Follow what is published, with rates and sizes.",
	.examples = examples,
	.notes = notes,
	.operand = "PATTERN",
	.operand_completes = CLI_COMPLETE_PATTERN,
	.options = table,
	.apply = apply,
	.operand_apply = operand_apply,
	.check = check,
};

void tail_options_init(struct tail_options *options)
{
	*options = (struct tail_options){.count = CLI_NO_LIMIT,
					 .timeout_ns = CLI_NO_LIMIT,
					 .interval_ns = CLI_NS_PER_S,
					 .ready_fd = -1};
}

void tail_options_deinit(struct tail_options *options)
{
	cli_operands_deinit(&options->patterns);
}
