/* SPDX-License-Identifier: MIT */
/* Implements doctor/facts.h. */
#include "doctor/facts.h"

#include <errno.h>
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

int doctor_facts_gather(struct doctor_facts *facts, const struct doctor_options *options)
{
	const struct cli_common *common = &options->common;
	const char *root = options->root == NULL ? "/" : options->root;
	int status = cli_bus_open(&facts->bus, common);

	if (status != 0)
		return status;
	if (doctor_system_open(&facts->system, root) < 0)
		return cli_fail(CLI_ERROR, "cannot look into '%s': %s", root, strerror(errno));
	facts->now_us = cli_wall_us();
	doctor_home_look(facts->bus.bus, is_named(common), common->home_owner, &facts->home);
	doctor_mount_find(&facts->system, facts->home.place, &facts->mount);
	doctor_usage_count(&facts->system, &facts->usage);
	if (doctor_channels_read(facts->bus.bus, &facts->channels) < 0)
		return cli_fail(CLI_ERROR, "no memory");
	doctor_leftovers_find(facts->bus.bus, &facts->channels, &facts->leftovers);
	return 0;
}

void doctor_facts_release(struct doctor_facts *facts)
{
	doctor_channels_free(&facts->channels);
	doctor_system_close(&facts->system);
	cli_bus_close(&facts->bus);
}
