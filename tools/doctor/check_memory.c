/* SPDX-License-Identifier: MIT */
/* Checks whether the memory of our control group is enough for a home in memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cleanup.h"
#include "cli/human.h"
#include "doctor/checks.h"

/* The limit of one group; UINT64_MAX: none. */
static uint64_t limit_of(const struct doctor_system *system, const char *group)
{
	char path[512];
	uint64_t limit;

	snprintf(path, sizeof path, "sys/fs/cgroup%.450s/memory.max", group);
	/* "max" is no number. */
	return doctor_read_number(system, path, &limit) ? limit : UINT64_MAX;
}

/* The least of those of our group and all above it, in the hierarchy of version 2. */
static uint64_t least_limit(const struct doctor_system *system)
{
	CLI_CLEANUP(cli_cleanup_free) char *text = doctor_read(system, "proc/self/cgroup");
	const char *line = doctor_line(text, "0::");
	char group[450];
	uint64_t least;

	if (line == NULL)
		return UINT64_MAX;
	snprintf(group, sizeof group, "%.*s", (int)strcspn(line, "\n"), line);
	least = limit_of(system, "");
	for (char *slash; (slash = strrchr(group, '/')) != NULL; *slash = '\0') {
		uint64_t limit = limit_of(system, group);

		if (limit < least)
			least = limit;
	}
	return least;
}

void doctor_check_memory_limit(const struct doctor_facts *facts, struct doctor_result *result)
{
	const struct fsps_home_info *info = &facts->home.info;
	uint64_t limit = least_limit(&facts->system);
	char has[CLI_HUMAN_BYTES];
	char home[CLI_HUMAN_BYTES];

	if (facts->home.known != 1 || !info->in_memory || info->bytes_total == 0)
		return doctor_skip(result, "there is no home in memory with a limit");
	if (limit == UINT64_MAX)
		return doctor_pass(result, "our control group has no limit of memory");
	cli_human_kib(limit / 1024, has);
	cli_human_kib(info->bytes_total / 1024, home);
	if (limit >= info->bytes_total)
		return doctor_pass(result, "our control group may have %s, the home %s", has, home);
	doctor_find(result, DOCTOR_NOTE, "our control group may have %s of memory, and the home %s",
		    has, home);
	doctor_mend(result, "sudo systemctl edit UNIT    # [Service] MemoryMax=");
	doctor_mend(result, "docker run --memory=2g --shm-size=1g ...");
}
