/* SPDX-License-Identifier: MIT */
/* Checks what the kernel allows us, and how much of that is used. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cleanup.h"
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

/* How much of what it may open a process has. */
struct use {
	uint64_t percent;
	uint64_t soft;
	uint64_t hard;
};

/* 0 percent: that can't be seen. */
static struct use use_of(const struct doctor_facts *facts, int64_t pid)
{
	struct use use = {0};
	char text[32];

	snprintf(text, sizeof text, "%" PRId64, pid);
	doctor_open_files(&facts->system, text, &use.soft, &use.hard);
	use.percent = percent(doctor_descriptors_of(&facts->system, pid), use.soft);
	return use;
}

static int compare_readers(const void *one, const void *other)
{
	const struct fsps_channel_info *a = *(const struct fsps_channel_info *const *)one;
	const struct fsps_channel_info *b = *(const struct fsps_channel_info *const *)other;

	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return strcmp(a->name, b->name);
}

/* Channels whose process lives, those of one process together: a process with thousands of them,
 * and so with thousands of open files, is looked at once. NULL: no memory. */
static const struct fsps_channel_info **readers_of(const struct doctor_channels *channels,
						   size_t *ret_count)
{
	const struct fsps_channel_info **readers =
		calloc(channels->count + 1, sizeof(struct fsps_channel_info *));
	size_t count = 0;

	for (size_t i = 0; readers != NULL && i < channels->count; i++) {
		if (channels->list[i].alive == FSPS_ALIVE_YES && channels->list[i].pid > 0)
			readers[count++] = &channels->list[i];
	}
	if (count > 0)
		qsort(readers, count, sizeof(struct fsps_channel_info *), compare_readers);
	*ret_count = count;
	return readers;
}

/* Those whose process has used nearly all of it, and the most that any has. */
struct crowded {
	struct doctor_names names;
	struct use first;
	uint64_t most_percent;
};

static struct crowded crowded_of(const struct doctor_facts *facts,
				 const struct fsps_channel_info *const *readers, size_t count)
{
	struct crowded crowded = {.most_percent = 0};
	struct use use = {0};

	for (size_t i = 0; i < count; i++) {
		if (i == 0 || readers[i]->pid != readers[i - 1]->pid)
			use = use_of(facts, readers[i]->pid);
		if (use.percent > crowded.most_percent)
			crowded.most_percent = use.percent;
		if (use.percent < NEARLY_PERCENT)
			continue;
		if (crowded.names.count == 0)
			crowded.first = use;
		doctor_names_add(&crowded.names, readers[i]);
	}
	return crowded;
}

/* A limit that is no lower than the one that is there, which may be large already. */
static void mend_use(struct doctor_result *result, int64_t pid, const struct use *use)
{
	uint64_t soft = use->soft < FILES_GOOD / 4 ? (uint64_t)FILES_GOOD : 4 * use->soft;
	/* "N:" leaves the hard limit alone. */
	const char *after = soft <= use->hard ? ":" : "";

	doctor_mend(result, "sudo prlimit --pid %" PRId64 " --nofile=%" PRIu64 "%s", pid, soft,
		    after);
}

void doctor_check_open_files_used(const struct doctor_facts *facts, struct doctor_result *result)
{
	size_t count;
	CLI_CLEANUP(cli_cleanup_free)
	const struct fsps_channel_info **readers = readers_of(&facts->channels, &count);
	struct crowded crowded;

	if (doctor_channels_unknown(&facts->channels, result))
		return;
	if (readers == NULL)
		return doctor_skip(result, "no memory");
	crowded = crowded_of(facts, readers, count);
	if (crowded.names.count == 0)
		return doctor_pass(result, "no reader has used more than %" PRIu64 " %% of its own",
				   crowded.most_percent);
	doctor_find(result, DOCTOR_WARNING,
		    "process %" PRId64 " has open %" PRIu64 " %% of the files that it may; it "
		    "reads from %s",
		    crowded.names.first[0]->pid, crowded.first.percent,
		    doctor_names_text(&crowded.names).text);
	mend_use(result, crowded.names.first[0]->pid, &crowded.first);
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
