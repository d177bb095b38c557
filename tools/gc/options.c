/* SPDX-License-Identifier: MIT */
/* Implements gc/options.h. */
#include "gc/options.h"

#include "cli/fail.h"
#include "cli/number.h"

enum { GC_INTERVAL = CLI_OPTION_FIRST };

#define WHAT "What to do"
#define SHOW "What to print"

static const struct cli_option table[] = {
	{.flag = offsetof(struct gc_options, dry_run),
	 .short_name = 'n',
	 .long_name = "dry-run",
	 .group = WHAT,
	 .help = "only tell what would be removed"},
	{.flag = offsetof(struct gc_options, watch),
	 .long_name = "watch",
	 .group = WHAT,
	 .help = "go on, and print what was removed, until a signal comes"},
	{.id = GC_INTERVAL,
	 .short_name = 'i',
	 .long_name = "interval",
	 .argument = "S",
	 .group = WHAT,
	 .help = "with --watch: look every S seconds, not every 60"},
	{.flag = offsetof(struct gc_options, json),
	 .long_name = "json",
	 .group = SHOW,
	 .help = "a line of JSON for each thing, and one for the sum"},
	{.flag = offsetof(struct gc_options, quiet),
	 .short_name = 'q',
	 .long_name = "quiet",
	 .group = SHOW,
	 .help = "nothing but errors"},
	{.flag = offsetof(struct gc_options, verbose),
	 .short_name = 'v',
	 .long_name = "verbose",
	 .group = SHOW,
	 .help = "also each thing that is left alone, and why"},
	CLI_COMMON_OPTIONS,
	{0},
};

static int apply(void *settings, int id, const char *value, char **rest)
{
	struct gc_options *options = settings;

	(void)id;
	(void)rest;
	options->has_interval = true;
	return cli_seconds_option("-i", value, &options->interval_ns);
}

static int operand_apply(void *settings, const char *operand)
{
	(void)settings;
	return cli_usage("'%s' is no option, and nothing else is taken; a bus is named by --home",
			 operand);
}

static int check(void *settings)
{
	const struct gc_options *options = settings;

	if (options->dry_run && options->watch)
		return cli_contradict("--dry-run", "--watch");
	if (options->quiet && options->verbose)
		return cli_contradict("-q", "-v");
	if (options->quiet && options->json)
		return cli_contradict("-q", "--json");
	if (options->verbose && options->json)
		return cli_usage("--json has everything; leave out -v");
	if (options->has_interval && !options->watch)
		return cli_usage("-i is for --watch; give both");
	if (options->interval_ns < CLI_NS_PER_S / 10)
		return cli_usage("-i wants at least 0.1 seconds");
	return 0;
}

static const char examples[] =
	"  pubsub-gc -n                           what would be removed?\n"
	"  pubsub-gc\n"
	"  pubsub-gc --watch -i 300               every five minutes\n"
	"  pubsub-gc -n --json | jq -r 'select(.kind == \"channel\") | .name'\n";

static const char notes[] =
	"Whoever publishes or subscribes clears away what killed processes left, about\n"
	"once a second. This does it where nobody comes by, and shows what there was:\n"
	"channels, what was on its way, segments, inboxes, claims, lock files.\n"
	"\n"
	"Durable channels and what waits in them are never removed by it: see pubsub-rm\n"
	"and pubsub-purge. What lives, and what can't be judged, is left alone.\n"
	"\n"
	"Exit codes: 0 done, 1 error, or something dead could not be removed, 2 usage, 5\n"
	"no permission. More: man pubsub-gc\n";

const struct cli_command gc_command = {
	.name = "pubsub-gc",
	.synopsis = "[OPTION...]",
	.summary = "Remove what killed processes left behind.",
	.examples = examples,
	.notes = notes,
	.operand = "-",
	.operand_completes = CLI_COMPLETE_NOTHING,
	.options = table,
	.apply = apply,
	.operand_apply = operand_apply,
	.check = check,
};

void gc_options_init(struct gc_options *options)
{
	*options = (struct gc_options){.interval_ns = INT64_C(60) * CLI_NS_PER_S};
}
