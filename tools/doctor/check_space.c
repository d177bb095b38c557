/* SPDX-License-Identifier: MIT */
/* Checks how full the home's file system is, how large, and whether memory is short. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cleanup.h"
#include "cli/human.h"
#include "doctor/checks.h"
#include "doctor/container.h"

enum {
	/* Of what publishers may use, in percent: from here on it is a warning. */
	NEARLY_FULL_PERCENT = 90,
	SWAP_USED_PERCENT = 50,
};

/* What containers have unless they are told otherwise. */
#define SMALL_BYTES (UINT64_C(64) << 20)

static unsigned percent(uint64_t part, uint64_t whole)
{
	return whole == 0 ? 0 : (unsigned)((double)part * 100 / (double)whole);
}

static void size_text(uint64_t bytes, char *ret_text)
{
	cli_human_kib(bytes / 1024, ret_text);
}

/* The hint for containers, and what helps elsewhere. */
static void mend_by_larger(const struct doctor_facts *facts, struct doctor_result *result)
{
	const char *container = doctor_container(&facts->system);

	if (container != NULL && strcmp(container, "kubernetes") == 0)
		doctor_mend(result, "kubectl explain pod.spec.volumes.emptyDir.medium    # Memory, "
				    "mounted on /dev/shm");
	else if (container != NULL)
		doctor_mend(result, "%s run --shm-size=1g ...",
			    strcmp(container, "podman") == 0 ? "podman" : "docker");
	else if (strcmp(facts->mount.type, "tmpfs") == 0)
		doctor_mend(result, "sudo mount -o remount,size=1G %s",
			    doctor_quoted(facts->mount.point).text);
}

/* By how much more than the last rests of it we stay below what publishers leave free. */
static void judge_space(const struct doctor_facts *facts, const char *what, uint64_t total,
			uint64_t free, uint64_t reserved, struct doctor_result *result)
{
	uint64_t used = total > free ? total - free : 0;
	uint64_t usable = total > reserved ? total - reserved : 0;
	unsigned allowed = percent(usable, total);

	if (total == 0)
		return doctor_skip(result, "the file system does not count its %s", what);
	if (free >= reserved && percent(used, usable) < NEARLY_FULL_PERCENT)
		return doctor_pass(result, "%u %% of its %s are in use, publishers stop at %u %%",
				   percent(used, total), what, allowed);
	doctor_find(result, free < reserved ? DOCTOR_PROBLEM : DOCTOR_WARNING,
		    "%u %% of the %s of %s are in use; publishers %s at %u %%",
		    percent(used, total), what, facts->mount.point,
		    free < reserved ? "are refused, as they stop" : "are refused", allowed);
	doctor_mend_here(facts, result, "pubsub-ls -l",
			 "   # HELD is what waits; then pubsub-purge CHANNEL");
	doctor_mend(result, "du -sh %s/*    # what else is there?",
		    doctor_quoted(facts->mount.point).text);
	mend_by_larger(facts, result);
}

void doctor_check_space_bytes(const struct doctor_facts *facts, struct doctor_result *result)
{
	const struct fsps_home_info *info = &facts->home.info;

	if (facts->home.known != 1)
		return doctor_skip(result, "there is no home to look at");
	judge_space(facts, "bytes", info->bytes_total, info->bytes_free, info->bytes_reserved,
		    result);
}

void doctor_check_space_inodes(const struct doctor_facts *facts, struct doctor_result *result)
{
	const struct fsps_home_info *info = &facts->home.info;

	if (facts->home.known != 1)
		return doctor_skip(result, "there is no home to look at");
	judge_space(facts, "inodes", info->inodes_total, info->inodes_free, info->inodes_reserved,
		    result);
}

void doctor_check_shm_small(const struct doctor_facts *facts, struct doctor_result *result)
{
	const struct statvfs *space = &facts->home.space;
	uint64_t bytes = (uint64_t)space->f_blocks * space->f_frsize;
	const char *container = doctor_container(&facts->system);
	char size[CLI_HUMAN_BYTES];

	if (space->f_bsize == 0 || strcmp(facts->mount.type, "tmpfs") != 0 || bytes == 0)
		return doctor_skip(result, "the home is not on a tmpfs with a limit");
	size_text(bytes, size);
	if (bytes > SMALL_BYTES)
		return doctor_pass(result, "%s has %s", facts->mount.point, size);
	doctor_find(result, DOCTOR_WARNING, "%s has only %s%s%s", facts->mount.point, size,
		    container == NULL ? "" : ", as containers have it: ",
		    container == NULL ? "" : container);
	mend_by_larger(facts, result);
}

/* A line of /proc/meminfo, in bytes. */
static uint64_t memory_line(const char *text, const char *name)
{
	const char *value = doctor_line(text, name);

	return value == NULL ? 0 : strtoull(value, NULL, 10) * 1024;
}

void doctor_check_swap(const struct doctor_facts *facts, struct doctor_result *result)
{
	CLI_CLEANUP(cli_cleanup_free)
	char *text = doctor_read(&facts->system, "proc/meminfo");
	uint64_t total = memory_line(text, "SwapTotal:");
	uint64_t free = memory_line(text, "SwapFree:");
	uint64_t used = total > free ? total - free : 0;
	char size[CLI_HUMAN_BYTES];

	if (strcmp(facts->mount.type, "tmpfs") != 0)
		return doctor_skip(result, "the home is not on a tmpfs");
	size_text(total, size);
	if (total == 0)
		return doctor_pass(result, "there is no swap");
	if (percent(used, total) < SWAP_USED_PERCENT)
		return doctor_pass(result, "%u %% of %s of swap are in use", percent(used, total),
				   size);
	doctor_find(result, DOCTOR_WARNING,
		    "%u %% of %s of swap are in use: what waits may lie there",
		    percent(used, total), size);
	/* A mount that is there can't be told. */
	doctor_mend(result, "sudo mkdir -p /run/bus && sudo mount -t tmpfs -o "
			    "size=1G,noswap,mode=1777 bus /run/bus    # since Linux 6.4, then "
			    "PUBSUB_HOME=/run/bus/pubsub");
	doctor_mend(result, "free -h; pubsub-ls -l    # what takes the memory?");
}
