/* SPDX-License-Identifier: MIT */
/* Implements cli/listed.h. */
#include "cli/listed.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <fsps/topic.h>

#include "cli/cleanup.h"

static bool has_name(const struct fsps_channel_info *info, const char *name)
{
	return strcmp(name, info->name) == 0 || strcmp(name, info->pattern) == 0 ||
	       (info->durable[0] != '\0' && strcmp(name, info->durable) == 0);
}

bool cli_listed_concerns(const char *operand, const struct fsps_channel_info *info)
{
	return has_name(info, operand) || fsps_match(info->pattern, operand) == 1 ||
	       fsps_match(operand, info->pattern) == 1;
}

/* The name that the kernel has for a process; "" if it has none. */
static void read_process_name(int64_t pid, char *ret_name)
{
	char path[64];
	CLI_CLEANUP(cli_cleanup_fd) int fd = -1;
	ssize_t len;

	snprintf(path, sizeof path, "/proc/%" PRId64 "/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? 0 : read(fd, ret_name, CLI_COMMAND_BYTES - 1);
	ret_name[len < 0 ? 0 : len] = '\0';
	ret_name[strcspn(ret_name, "\n")] = '\0';
}

void cli_listed_command(const struct fsps_channel_info *info, char *ret_name)
{
	/* What a durable channel says of itself is who made it, not who reads from it. */
	bool says_owner = info->kind != FSPS_KIND_DURABLE && info->identity[0] != '\0';

	ret_name[0] = '\0';
	if (says_owner)
		snprintf(ret_name, CLI_COMMAND_BYTES, "%s", info->identity);
	/* A number of a process that is gone may be somebody else's by now. */
	else if (info->alive == FSPS_ALIVE_YES && info->pid > 0)
		read_process_name(info->pid, ret_name);
}
