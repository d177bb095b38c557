/* SPDX-License-Identifier: MIT */
/* Implements doctor/options.h. */
#include "doctor/options.h"

#include <string.h>

#include "cli/fail.h"
#include "doctor/check.h"

#define PRINT "What to print"

enum { DOCTOR_SYSROOT = CLI_OPTION_FIRST };

static const struct cli_option table[] = {
	{.flag = offsetof(struct doctor_options, verbose),
	 .short_name = 'v',
	 .long_name = "verbose",
	 .group = PRINT,
	 .help = "also what was looked at and is well"},
	{.flag = offsetof(struct doctor_options, quiet),
	 .short_name = 'q',
	 .long_name = "quiet",
	 .group = PRINT,
	 .help = "nothing: the exit code tells"},
	{.flag = offsetof(struct doctor_options, json),
	 .long_name = "json",
	 .group = PRINT,
	 .help = "all of it as a line of JSON; with --list a line for each check"},
	{.flag = offsetof(struct doctor_options, list),
	 .long_name = "list",
	 .group = PRINT,
	 .help = "the checks that there are, and what their findings mean"},
	{.id = DOCTOR_SYSROOT,
	 .long_name = "sysroot",
	 .argument = "DIR",
	 .completes = CLI_COMPLETE_DIRECTORY,
	 .group = "Where to look",
	 .help = "read what /proc, /sys, /etc, /run, /var and /usr say below DIR"},
	CLI_COMMON_OPTIONS,
	{0},
};

static int apply(void *settings, int id, const char *value, char **rest)
{
	struct doctor_options *options = settings;

	(void)id;
	(void)rest;
	if (value[0] == '\0')
		return cli_usage("--sysroot wants a directory");
	options->root = value;
	return 0;
}

static bool is_check(const char *operand)
{
	for (size_t i = 0; i < doctor_checks_count; i++) {
		if (strcmp(operand, doctor_checks[i].id) == 0 ||
		    strcmp(operand, doctor_checks[i].group) == 0)
			return true;
	}
	return false;
}

static int take_operand(void *settings, const char *operand)
{
	struct doctor_options *options = settings;

	if (!is_check(operand))
		return cli_usage("there is no check '%s'; --list shows them", operand);
	return cli_operands_add(&options->checks, operand);
}

static int check(void *settings)
{
	const struct doctor_options *options = settings;

	if (options->quiet && (options->json || options->verbose || options->list))
		return cli_contradict("--quiet", options->json   ? "--json"
						 : options->list ? "--list"
								 : "--verbose");
	if (options->json && options->verbose)
		return cli_usage("--json has everything; leave out -v");
	if (options->list && options->verbose)
		return cli_contradict("--list", "--verbose");
	if (options->list && options->checks.count > 0)
		return cli_usage("--list shows all checks; leave out '%s'",
				 options->checks.values[0]);
	return 0;
}

/* The groups, then the checks; a test compares them with the table. */
static const char words[] =
	"home,place,space,channels,readers,limits,system,namespaces,home-parent,"
	"home-missing,home-denied,home-type,home-owner,home-sticky,home-mode,home-inside,"
	"home-trust,home-version,clock,place-network,place-unsuited,place-overlay,"
	"place-fuse,place-disk,place-read-only,space-bytes,space-inodes,shm-small,swap,"
	"memory-limit,dead-channels,leftovers,unjudged,dead-letters,backlog-unread,"
	"channel-version,channels-closed,formix,strange-names,channel-full,"
	"channel-filling,messages-missed,reader-stopped,reader-behind,open-files,"
	"open-files-used,pipe-pages,pipe-size,inotify-instances,inotify-watches,"
	"remove-ipc,private-tmp,umask,protected-hardlinks,protected-symlinks,"
	"protected-fifos,protected-regular,library-cache,pid-namespace,user-namespace,"
	"mount-namespace";

static const char examples[] = "  pubsub-doctor                         what is wrong here?\n"
			       "  pubsub-doctor -v --home /srv/bus      what was looked at?\n"
			       "  pubsub-doctor -q || logger 'the bus'  from cron\n"
			       "  pubsub-doctor channels readers        those checks only\n"
			       "  pubsub-doctor --json | jq -r '.findings[].id'\n";

static const char notes[] =
	"CHECK is the ID of a check or the name of a group of them, see --list. A problem\n"
	"keeps something from working, a warning soon will or does so for some; a note is\n"
	"worth to know. Nothing is changed and nothing made, the home neither.\n"
	"\n"
	"Exit codes: 0 nothing to mend (notes don't count), 1 problems or warnings, or an\n"
	"error, 2 usage. More: man pubsub-doctor\n";

const struct cli_command doctor_command = {
	.name = "pubsub-doctor",
	.synopsis = "[CHECK...] [OPTION...]",
	.summary = "Find what keeps a bus from working, and say how to mend it.",
	.examples = examples,
	.notes = notes,
	.operand = "CHECK",
	.operand_words = words,
	.options = table,
	.apply = apply,
	.operand_apply = take_operand,
	.check = check,
};

void doctor_options_deinit(struct doctor_options *options)
{
	cli_operands_deinit(&options->checks);
}
