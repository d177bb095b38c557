/* SPDX-License-Identifier: MIT */
/* Implements top/options.h. Letters are those of top(1). */
#include "top/options.h"

#include "cli/fail.h"
#include "cli/number.h"
#include "top/view.h"

#define SHOW "What to show"
#define HOW  "How to show it"

enum top_option { TOP_ITERATIONS = CLI_OPTION_FIRST, TOP_DELAY, TOP_ORDER };

static const struct cli_option table[] = {
	{.flag = offsetof(struct top_options, topics),
	 .long_name = "topics",
	 .group = SHOW,
	 .help = "begin with topics instead of channels; they are counted by a channel of our own"},
	{.id = TOP_ORDER,
	 .short_name = 'o',
	 .long_name = "order",
	 .argument = "COLUMN",
	 .words = TOP_COLUMN_WORDS,
	 .group = SHOW,
	 .help = "sort by COLUMN: its title, in any letters; with - before it the other way round"},
	{.flag = offsetof(struct top_options, batch),
	 .short_name = 'b',
	 .long_name = "batch",
	 .group = HOW,
	 .help = "print tables one after another, for files and pipes"},
	{.flag = offsetof(struct top_options, json),
	 .long_name = "json",
	 .group = HOW,
	 .help = "the same as JSON, a line for each table"},
	{.id = TOP_ITERATIONS,
	 .short_name = 'n',
	 .long_name = "iterations",
	 .argument = "N",
	 .group = HOW,
	 .help = "end after N tables"},
	{.id = TOP_DELAY,
	 .short_name = 'd',
	 .long_name = "delay",
	 .argument = "S",
	 .group = HOW,
	 .help = "show a new one every S seconds, which rates are over; 1 if not given"},
	CLI_COMMON_OPTIONS_WITH(CLI_HOME_HELP, 0),
	{0},
};

static int apply(void *settings, int id, const char *value, char **rest)
{
	struct top_options *options = settings;

	(void)rest;
	switch (id) {
	case TOP_ITERATIONS:
		return cli_count_option("-n", value, 1, INT64_MAX, &options->iterations);
	case TOP_DELAY:
		return cli_seconds_option("-d", value, &options->delay_ns);
	case TOP_ORDER:
		options->order = value;
		return 0;
	default:
		return cli_usage("unknown option");
	}
}

/* '+' is what sorting means anyway, as in top(1). */
static int check_order(struct top_options *options)
{
	const char *name = options->order;

	if (name == NULL)
		return 0;
	options->reversed = name[0] == '-';
	name += name[0] == '-' || name[0] == '+';
	options->column = top_view_find_column(options->topics, name);
	if (options->column >= 0)
		return 0;
	if (top_view_find_column(!options->topics, name) >= 0)
		return cli_usage(options->topics
					 ? "'%s' is a column of channels; leave out --topics"
					 : "'%s' is a column of topics; add --topics",
				 name);
	return cli_usage("there is no column '%s'; --help names them", name);
}

static int check(void *settings)
{
	struct top_options *options = settings;

	options->batch |= options->json;
	if (!options->batch && options->delay_ns < CLI_NS_PER_S / 10)
		return cli_usage("-d wants at least 0.1 seconds, but with -b");
	return check_order(options);
}

static const char examples[] =
	"  pubsub-top\n"
	"  pubsub-top --topics 'sensors.+'\n"
	"  pubsub-top -b -n 1                   one table, of one second\n"
	"  pubsub-top --json -d 10 >> load.log  all there is to know, every ten seconds\n";

static const char notes[] =
	"Keys: h help, q quit, t channels or topics, < > the column to sort by, r the\n"
	"other way round, / or f filter, d delay, space at once, arrows to scroll.\n"
	"\n"
	"Columns of channels: CHANNEL IN/S OUT/S BACKLOG OLDEST DROPPED REFUSED CLAIMED\n"
	"DELAYED DEAD HELD READERS PUBS PUBLISHER USER PID CMD. Of topics: TOPIC MSG/S\n"
	"BYTES/S MESSAGES BYTES SENDER CMD. What has no room on the screen is left out.\n"
	"\n"
	"Exit codes: 0 done, 1 error, 2 usage, 5 no permission. More: man pubsub-top\n";

const struct cli_command top_command = {
	.name = "pubsub-top",
	.synopsis = "[PATTERN|TOPIC|CHANNEL|NAME...] [OPTION...]",
	.summary = "Show which channels and topics are busy, and what waits, as top(1) does.",
	.examples = examples,
	.notes = notes,
	.operand = "PATTERN",
	.operand_completes = CLI_COMPLETE_TOPIC,
	.options = table,
	.apply = apply,
	.operands = offsetof(struct top_options, filters),
	.check = check,
};

void top_options_init(struct top_options *options)
{
	*options = (struct top_options){
		.iterations = CLI_NO_LIMIT, .delay_ns = CLI_NS_PER_S, .column = -1};
}

void top_options_deinit(struct top_options *options)
{
	cli_operands_deinit(&options->filters);
}
