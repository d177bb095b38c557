/* SPDX-License-Identifier: MIT */
/* Implements init/options.h. */
#include "init/options.h"

#include <string.h>
#include <unistd.h>

#include <fsps/home.h>

#include "cli/fail.h"
#include "cli/users.h"

#define WHO "Who may use the home"

enum { INIT_PROFILE = CLI_OPTION_FIRST, INIT_GROUP };

static const struct cli_option table[] = {
	{.id = INIT_PROFILE,
	 .short_name = 'p',
	 .long_name = "profile",
	 .argument = "PROFILE",
	 .words = "private,group,public",
	 .group = WHO,
	 .help = "private: we alone, the default for a new home; group: members of a group; "
		 "public: every user of this machine"},
	{.id = INIT_GROUP,
	 .short_name = 'g',
	 .long_name = "group",
	 .argument = "GROUP",
	 .completes = CLI_COMPLETE_GROUP,
	 .group = WHO,
	 .help = "the group, by name or number, instead of our own; means --profile group"},
	{.flag = offsetof(struct init_options, json),
	 .long_name = "json",
	 .group = "What to print",
	 .help = "what the home is, as a line of JSON"},
	CLI_COMMON_OPTIONS,
	{0},
};

static int take_profile(struct init_options *options, const char *value)
{
	static const char *const names[] = {"private", "group", "public"};

	_Static_assert(FSPS_PROFILE_PRIVATE == 1 && FSPS_PROFILE_PUBLIC == 3, "places in names");
	for (int i = 0; i < 3; i++) {
		if (strcmp(value, names[i]) != 0)
			continue;
		options->profile = i + 1;
		return 0;
	}
	return cli_usage("--profile wants private, group or public, not '%s'", value);
}

static int apply(void *settings, int id, const char *value, char **rest)
{
	struct init_options *options = settings;

	(void)rest;
	if (id == INIT_PROFILE)
		return take_profile(options, value);
	options->group_named = true;
	return cli_group_option("--group", value, &options->gid);
}

static int refuse_operand(void *settings, const char *operand)
{
	(void)settings;
	return cli_usage("'%s' is no option; --home names the home", operand);
}

static int check(void *settings)
{
	struct init_options *options = settings;

	if (!options->group_named)
		return 0;
	/* To the library 0 is our own group, so there is no other way to say root's. */
	if (options->gid == 0 && getegid() != 0)
		return cli_usage(
			"--group root is for who has it as his own group: run it by sg root");
	if (options->profile == 0)
		options->profile = FSPS_PROFILE_GROUP;
	if (options->profile != FSPS_PROFILE_GROUP)
		return cli_usage("--group is for a home with --profile group");
	return 0;
}

static const char examples[] =
	"  pubsub-init                             a home for ourselves\n"
	"  pubsub-init --home /srv/bus --group lab\n"
	"  sudo pubsub-init --profile public       for every user of this machine\n";

static const char notes[] =
	"A private home needs none of this: the first subscriber makes it. A home that is\n"
	"there and ours is given what is asked for; without --profile or --group it stays\n"
	"as it is. Channels that are there keep their modes until they are opened anew,\n"
	"durable ones for good. A shared home is best made by root, whom everybody\n"
	"trusts: users of anybody else's have to say --home-owner.\n"
	"\n"
	"Exit codes: 0 done, 1 error, 2 usage, 4 no space, 5 somebody else's home, or not\n"
	"permitted. More: man pubsub-init\n";

const struct cli_command init_command = {
	.name = "pubsub-init",
	.synopsis = "[OPTION...]",
	.summary = "Make a home, or say who may use one.",
	.examples = examples,
	.notes = notes,
	.operand = "-",
	.operand_completes = CLI_COMPLETE_NOTHING,
	.options = table,
	.apply = apply,
	.operand_apply = refuse_operand,
	.check = check,
};
