/* SPDX-License-Identifier: MIT */
/* Implements doctor/facts.h. */
#include "doctor/facts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/clock.h"
#include "cli/fail.h"
#include "cli/status.h"

/* The environment's home is one that the user named; an empty one is none to the library. */
static bool is_named(const struct cli_common *common)
{
	const char *home = getenv("PUBSUB_HOME");

	return common->home != NULL || (home != NULL && home[0] != '\0');
}

static void note_home(struct doctor_facts *facts, const struct cli_common *common)
{
	char owner[32] = "";

	if (common->home_owner != 0)
		snprintf(owner, sizeof owner, " --home-owner %" PRIu32, common->home_owner);
	snprintf(facts->same_home, sizeof facts->same_home, "%s%s%s",
		 common->home == NULL ? "" : " --home ",
		 common->home == NULL ? "" : doctor_quoted(common->home).text, owner);
}

int doctor_facts_gather(struct doctor_facts *facts, const struct doctor_options *options)
{
	const struct cli_common *common = &options->common;
	const char *root = options->root == NULL ? "/" : options->root;
	int status = cli_bus_open(&facts->bus, common);

	if (status != 0)
		return status;
	if (doctor_system_open(&facts->system, root) < 0)
		return cli_fail(CLI_ERROR, "cannot look into '%s': %s", root, strerror(errno));
	note_home(facts, common);
	facts->now_us = cli_wall_us();
	doctor_home_look(facts->bus.bus, is_named(common), common->home_owner, &facts->home);
	doctor_mount_find(&facts->system, facts->home.place, &facts->mount);
	doctor_usage_count(&facts->system, &facts->usage);
	if (doctor_channels_read(facts->bus.bus, &facts->channels) < 0)
		return cli_fail(CLI_ERROR, "no memory");
	if (facts->home.known == 1)
		doctor_strange_find(facts->home.path, &facts->channels, &facts->strange);
	doctor_leftovers_find(facts->bus.bus, &facts->channels, &facts->leftovers);
	return 0;
}

void doctor_facts_release(struct doctor_facts *facts)
{
	doctor_channels_free(&facts->channels);
	doctor_system_close(&facts->system);
	cli_bus_close(&facts->bus);
}

void doctor_mend_here(const struct doctor_facts *facts, struct doctor_result *result,
		      const char *command, const char *format, ...)
{
	char rest[DOCTOR_COMMAND_BYTES];
	va_list list;

	va_start(list, format);
	vsnprintf(rest, sizeof rest, format, list);
	va_end(list);
	doctor_mend(result, "%s%s%s%s", command, facts->same_home, rest[0] == '\0' ? "" : " ",
		    rest);
}
