/* SPDX-License-Identifier: MIT */
/*
 * Durable channels of the test's own making: a directory with a queue and a control block, which
 * nobody reads and whose maker is no member of the home.
 */
#ifndef TESTS_FAULT_DURABLE_H
#define TESTS_FAULT_DURABLE_H

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault/fault.h"
#include "store/control.h"

struct durable {
	char name[64];
	char path[400];
	char queue[410];
	struct fsi_control *control;
};

/* Makes one for FAULT_TOPIC in the home that is there: out of sight, then it gets its name. */
static inline void durable_make(struct durable *durable)
{
	const struct fsi_control_birth birth = {.kind = FSI_CONTROL_DURABLE,
						.member = "NobodyKnows0",
						.identity = "",
						.limit_bytes = UINT64_MAX};
	char hidden[400];
	int fd;

	snprintf(durable->name, sizeof durable->name, FAULT_TOPIC "_jobs");
	snprintf(durable->path, sizeof durable->path, "%s/%s", fault_home(), durable->name);
	snprintf(durable->queue, sizeof durable->queue, "%s/queue", durable->path);
	snprintf(hidden, sizeof hidden, "%s/.hidden", fault_home());
	ck_assert_int_eq(mkdir(hidden, 0700), 0);
	fd = open(hidden, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(mkfifoat(fd, "queue", 0600), 0);
	ck_assert_int_eq(fsi_control_create(fd, FSI_NAME_CONTROL, &birth, &durable->control), 0);
	close(fd);
	ck_assert_int_eq(rename(hidden, durable->path), 0);
}

/* With all that is in it. */
static inline void durable_remove(struct durable *durable)
{
	fsi_control_unmap(durable->control);
	durable->control = NULL;
	fault_remove_tree(durable->path);
}

/* Messages that it has in files. */
static inline unsigned durable_count_files(const struct durable *durable)
{
	/* IDs are microseconds of this century. */
	return fault_count_names(durable->name, "1");
}

static inline unsigned durable_count_segments(const struct durable *durable)
{
	return fault_count_names(durable->name, FSI_PREFIX_SEGMENT);
}

static inline void durable_note(unsigned number, void *userdata)
{
	unsigned *counts = userdata;

	counts[number]++;
}

/* It has messages 0 to below - 1, each once. below: up to 64. */
static inline void durable_expect(const struct durable *durable, unsigned below)
{
	unsigned counts[64] = {0};

	ck_assert_uint_le(below, 64);
	fault_each_message(durable->name, durable_note, counts);
	for (unsigned i = 0; i < 64; i++)
		ck_assert_msg(counts[i] == (i < below), "message %u is there %u times", i,
			      counts[i]);
}

#endif
