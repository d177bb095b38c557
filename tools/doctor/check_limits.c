/* SPDX-License-Identifier: MIT */
/* Checks what the kernel allows us, and how much of that is used. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "doctor/checks.h"

enum {
	/* Fewer are used up by a few dozen channels: four each, eight a durable one, and one for
	 * each segment. */
	FILES_LEAST = 256,
	FILES_GOOD = 4096,
	NEARLY_PERCENT = 80,
	/* A new pipe has 16 pages, or as many as its user may still have. */
	PIPE_PAGES = 16,
	PIPE_BYTES = 65536,
	/* capabilities(7): who has one of these has no limit of pipe pages. */
	CAPABILITY_ADMIN = 21,
	CAPABILITY_RESOURCE = 24,
};

/* Of a limit in use; 0 where there is none. */
static uint64_t percent(uint64_t used, uint64_t limit)
{
	return limit == 0 || limit == UINT64_MAX ? 0
						 : (uint64_t)((double)used * 100 / (double)limit);
}

/* ---- open files ---- */

void doctor_check_open_files(const struct doctor_facts *facts, struct doctor_result *result)
{
	uint64_t soft;
	uint64_t hard;

	doctor_open_files(&facts->system, "self", &soft, &hard);
	if (soft == 0)
		return doctor_skip(result, "/proc/self/limits can't be read");
	if (soft >= FILES_LEAST)
		return doctor_pass(result, "a process may open %" PRIu64, soft);
	doctor_find(result, DOCTOR_WARNING, "a process may open %" PRIu64 " files only", soft);
	if (hard > soft)
		doctor_mend(result, "ulimit -n %" PRIu64,
			    hard > FILES_GOOD ? (uint64_t)FILES_GOOD : hard);
	doctor_mend(result, "sudo systemctl edit UNIT    # [Service] LimitNOFILE=%d", FILES_GOOD);
}

/* How much a channel's process has used of what it may open; 0: that can't be seen. */
static uint64_t files_used_by(const struct doctor_facts *facts,
			      const struct fsps_channel_info *info)
{
	uint64_t soft;
	uint64_t hard;
	char pid[32];

	if (info->alive != FSPS_ALIVE_YES || info->pid <= 0)
		return 0;
	snprintf(pid, sizeof pid, "%" PRId64, info->pid);
	doctor_open_files(&facts->system, pid, &soft, &hard);
	return percent(doctor_descriptors_of(&facts->system, info->pid), soft);
}

void doctor_check_open_files_used(const struct doctor_facts *facts, struct doctor_result *result)
{
	struct doctor_names names = {0};
	uint64_t most = 0;

	if (doctor_channels_unknown(&facts->channels, result))
		return;
	for (size_t i = 0; i < facts->channels.count; i++) {
		uint64_t used = files_used_by(facts, &facts->channels.list[i]);

		if (used > most)
			most = used;
		if (used >= NEARLY_PERCENT)
			doctor_names_add(&names, &facts->channels.list[i]);
	}
	if (names.count == 0)
		return doctor_pass(result, "no reader has used more than %" PRIu64 " %% of its own",
				   most);
	doctor_find(result, DOCTOR_WARNING,
		    "process %" PRId64 " has open %" PRIu64 " %% of the files that it may; it "
		    "reads from %s",
		    names.first[0]->pid, files_used_by(facts, names.first[0]),
		    doctor_names_text(&names).text);
	doctor_mend(result, "sudo prlimit --pid %" PRId64 " --nofile=%d:", names.first[0]->pid,
		    FILES_GOOD);
}

/* ---- pipes: the bells of channels ---- */

static bool has_no_pipe_limit(const struct doctor_facts *facts)
{
	uint64_t bits = UINT64_C(1) << CAPABILITY_ADMIN | UINT64_C(1) << CAPABILITY_RESOURCE;

	return (facts->system.capabilities & bits) != 0;
}

void doctor_check_pipe_pages(const struct doctor_facts *facts, struct doctor_result *result)
{
	uint64_t pages = facts->usage.pipes * PIPE_PAGES;
	uint64_t limit;

	if (has_no_pipe_limit(facts))
		return doctor_skip(result, "there is no such limit for us");
	if (!doctor_read_number(&facts->system, "proc/sys/fs/pipe-user-pages-soft", &limit))
		return doctor_skip(result, "fs.pipe-user-pages-soft can't be read");
	if (percent(pages, limit) < NEARLY_PERCENT)
		return doctor_pass(result, "%" PRIu64 " pipes of ours, %" PRIu64 " %% of the limit",
				   facts->usage.pipes, percent(pages, limit));
	doctor_find(result, DOCTOR_WARNING,
		    "%" PRIu64 " pipes of ours take %" PRIu64 " %% of %" PRIu64
		    " pages: from there on bells are small",
		    facts->usage.pipes, percent(pages, limit), limit);
	doctor_mend(result, "sudo sysctl fs.pipe-user-pages-soft=%" PRIu64, 4 * limit);
}

void doctor_check_pipe_size(const struct doctor_facts *facts, struct doctor_result *result)
{
	uint64_t bytes;

	if (!doctor_read_number(&facts->system, "proc/sys/fs/pipe-max-size", &bytes))
		return doctor_skip(result, "fs.pipe-max-size can't be read");
	if (bytes >= PIPE_BYTES)
		return doctor_pass(result, "a pipe may have %" PRIu64 " bytes", bytes);
	doctor_find(result, DOCTOR_WARNING, "a pipe may have %" PRIu64 " bytes only: small bells",
		    bytes);
	doctor_mend(result, "sudo sysctl fs.pipe-max-size=%d", 16 * PIPE_BYTES);
}

/* ---- inotify: what tells publishers of new channels ---- */

static void judge_inotify(const struct doctor_facts *facts, const char *name, uint64_t used,
			  struct doctor_result *result)
{
	char path[128];
	uint64_t limit;

	snprintf(path, sizeof path, "proc/sys/fs/inotify/%s", name);
	if (!doctor_read_number(&facts->system, path, &limit))
		return doctor_skip(result, "fs.inotify.%s can't be read", name);
	if (limit > 0 && percent(used, limit) < NEARLY_PERCENT)
		return doctor_pass(result, "%" PRIu64 " of %" PRIu64 " are in use", used, limit);
	doctor_find(result, DOCTOR_WARNING, "%" PRIu64 " of fs.inotify.%s=%" PRIu64 " are in use",
		    used, name, limit);
	doctor_mend(result, "sudo sysctl fs.inotify.%s=%" PRIu64, name,
		    limit < 256 ? (uint64_t)1024 : 4 * limit);
}

void doctor_check_inotify_instances(const struct doctor_facts *facts, struct doctor_result *result)
{
	judge_inotify(facts, "max_user_instances", facts->usage.inotify_instances, result);
}

void doctor_check_inotify_watches(const struct doctor_facts *facts, struct doctor_result *result)
{
	judge_inotify(facts, "max_user_watches", facts->usage.inotify_watches, result);
}
