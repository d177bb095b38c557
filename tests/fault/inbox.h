/* SPDX-License-Identifier: MIT */
/*
 * Stages for inboxes: a home with the durable channel FAULT_TOPIC "_jobs" that nobody reads, a
 * publisher that does what formix-pubsub's does, and a look at where its messages are.
 */
#ifndef TESTS_FAULT_INBOX_H
#define TESTS_FAULT_INBOX_H

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bytes.h"
#include "fault/durable.h"
#include "fault/fault.h"
#include "recover/inbox.h"
#include "recover/sweep.h"
#include "store/home.h"
#include "subscribe/inbox.h"

enum {
	/* Numbers of messages are below this. */
	STAGE_NUMBERS = 4000,
	STAGE_TOLD_MAX = 4000,
};

#define STAGE_INBOX FAULT_TOPIC "_jobs.in"
/* IDs are numbers of the messages on top of this. */
#define STAGE_ID UINT64_C(1795000000000000)

struct stage {
	struct fsi_home *home;
	struct durable durable;
	int channel_fd;
	struct fsi_inbox inbox;
	/* What was told of arrivals. */
	uint64_t told[STAGE_TOLD_MAX];
	unsigned told_count;
};

/* Root may list what it likes; the tests are about those who may not. Of this process only. */
static inline void stage_be_like_others(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[2];
	const unsigned away = 1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH;

	ck_assert_int_eq(syscall(SYS_capget, &head, caps), 0);
	caps[0].effective &= ~away;
	caps[0].permitted &= ~away;
	ck_assert_int_eq(syscall(SYS_capset, &head, caps), 0);
}

static inline void stage_path(char *to, size_t size, const char *directory, const char *name)
{
	snprintf(to, size, "%s/%s/%s", fault_home(), directory, name);
}

static inline struct fsi_home *stage_open_home(void)
{
	static const struct fsi_log silent;
	struct fsi_home *home = NULL;

	ck_assert_int_eq(fsi_home_open(&(struct fsi_home_terms){.path = fault_home(),
								.identity = "stage",
								.log = &silent},
				       true, &home),
			 1);
	ck_assert_int_eq(fsi_home_enter(home), 0);
	return home;
}

static inline int stage_open_channel(void)
{
	char path[600];
	int fd;

	stage_path(path, sizeof path, FAULT_TOPIC "_jobs", "");
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static inline void stage_set(struct stage *stage)
{
	char path[600];

	stage_be_like_others();
	*stage = (struct stage){.home = stage_open_home()};
	fsi_inbox_init(&stage->inbox);
	durable_make(&stage->durable);
	stage->channel_fd = stage_open_channel();
	stage_path(path, sizeof path, FSI_NAME_STAGING, "");
	ck_assert(mkdir(path, 0700) == 0 || errno == EEXIST);
}

static inline void stage_clear(struct stage *stage)
{
	fsi_inbox_close(&stage->inbox, stage->home, stage->channel_fd);
	close(stage->channel_fd);
	durable_remove(&stage->durable);
	fsi_home_unref(stage->home);
}

static inline int stage_hold(struct stage *stage)
{
	return fsi_inbox_open(&stage->inbox, stage->home, FAULT_TOPIC, "jobs");
}

/* The holder dies: the kernel closes what it had open. */
static inline void stage_die(struct stage *stage)
{
	fsi_inbox_forget(&stage->inbox);
}

static inline void stage_note(uint64_t id, void *userdata)
{
	struct stage *stage = userdata;

	ck_assert_uint_lt(stage->told_count, STAGE_TOLD_MAX);
	stage->told[stage->told_count++] = id;
}

static inline int stage_move(struct stage *stage, bool scan)
{
	return fsi_inbox_move(&stage->inbox, stage->home, stage->channel_fd, scan, stage_note,
			      stage);
}

/* ---- publishing as formix-pubsub does ---- */

static inline void stage_write(const char *path, unsigned number)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fprintf(file, "%u", number);
	ck_assert_int_eq(fclose(file), 0);
}

/* Links message `number` into a directory of the home, under the ID given. Returns whether that
 * could be done. */
static inline bool stage_link(const char *directory, unsigned number, uint64_t id)
{
	char staged[600];
	char path[700];
	char name[32];
	bool linked;

	snprintf(name, sizeof name, "%llu", (unsigned long long)id);
	stage_path(staged, sizeof staged, FSI_NAME_STAGING, name);
	stage_write(staged, number);
	stage_path(path, sizeof path, directory, name);
	linked = link(staged, path) == 0;
	ck_assert_int_eq(unlink(staged), 0);
	return linked;
}

/* Rings, if somebody listens. */
static inline bool stage_ring(const char *directory, uint64_t id)
{
	unsigned char record[8];
	char path[700];
	bool rung;
	int fd;

	stage_path(path, sizeof path, directory, FSI_NAME_QUEUE);
	fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	fsi_put_u64(record, id);
	rung = write(fd, record, sizeof record) == sizeof record;
	close(fd);
	return rung;
}

/* What formix-pubsub takes for our channel, its number of underscores: "" if there is none. */
static inline void stage_find_inbox(char *to, size_t size)
{
	DIR *names = opendir(fault_home());
	const struct dirent *entry;

	to[0] = '\0';
	ck_assert_ptr_nonnull(names);
	while ((entry = readdir(names)) != NULL)
		if (strncmp(entry->d_name, STAGE_INBOX "_", sizeof STAGE_INBOX) == 0)
			snprintf(to, size, "%s", entry->d_name);
	closedir(names);
}

/* A whole publish. Returns whether it was linked. */
static inline bool stage_publish(unsigned number, bool ring)
{
	char inbox[FSI_NAME_BYTES];

	stage_find_inbox(inbox, sizeof inbox);
	if (inbox[0] == '\0' || !stage_link(inbox, number, STAGE_ID + number))
		return false;
	if (ring)
		(void)stage_ring(inbox, STAGE_ID + number);
	return true;
}

/* ---- where the messages are ---- */

static inline bool stage_is_message(const char *name)
{
	char member[FSI_MEMBER_LEN + 1];
	uint64_t id;

	return fsi_id_parse(name, &id) ||
	       fsi_member_name_parse(name, FSI_PREFIX_TAKEN, member, &id);
}

/* How often each number is in the durable channel. */
static inline void stage_count(unsigned *counts)
{
	char path[600];
	DIR *names;
	const struct dirent *entry;

	memset(counts, 0, STAGE_NUMBERS * sizeof *counts);
	stage_path(path, sizeof path, FAULT_TOPIC "_jobs", "");
	names = opendir(path);
	ck_assert_ptr_nonnull(names);
	while ((entry = readdir(names)) != NULL) {
		unsigned number;
		FILE *file;

		if (!stage_is_message(entry->d_name))
			continue;
		stage_path(path, sizeof path, FAULT_TOPIC "_jobs", entry->d_name);
		file = fopen(path, "r");
		ck_assert_ptr_nonnull(file);
		ck_assert_int_eq(fscanf(file, "%u", &number), 1);
		fclose(file);
		ck_assert_uint_lt(number, STAGE_NUMBERS);
		counts[number]++;
	}
	closedir(names);
}

/* Messages 0 to below - 1 are in the durable channel, each once, and nothing of an inbox is left.
 */
static inline void stage_expect(unsigned below)
{
	static unsigned counts[STAGE_NUMBERS];

	stage_count(counts);
	for (unsigned i = 0; i < STAGE_NUMBERS; i++)
		ck_assert_msg(counts[i] == (i < below), "message %u is there %u times", i,
			      counts[i]);
	ck_assert_uint_eq(fault_count_names(".", STAGE_INBOX), 0);
	ck_assert_uint_eq(fault_count_names(".", FSI_PREFIX_BUILDING), 0);
	ck_assert_uint_eq(fault_count_names(".", FSI_PREFIX_REMOVING), 0);
}

static inline void stage_sweep(struct stage *stage)
{
	fault_let_sweep();
	fsi_recover_sweep(stage->home);
}

#endif
