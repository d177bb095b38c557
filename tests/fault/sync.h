/* SPDX-License-Identifier: MIT */
/*
 * A disk for publishers with the option sync: fsync() itself is ours here, notes which files it is
 * asked for, and fails when it is told to. Homes are in memory, whose file numbers are never used
 * twice; the library is not told so. For one source file of a program.
 */
#ifndef TESTS_FAULT_SYNC_H
#define TESTS_FAULT_SYNC_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sys.h"
#include "fault/fault.h"

/* ---- the disk ---- */

enum { FILES_MAX = 64 };

static struct {
	/* The call of fsync to fail, counted from 0, and those after it; with what. */
	unsigned fail_from;
	unsigned fail_below;
	int error;
	/* The files that it was called for. */
	unsigned calls;
	struct stat files[FILES_MAX];
	/* The calls that a publish is made of, each run of the same one once. */
	char order[256];
	const char *last;
	/* The first link is refused with that. */
	int link_error;
	bool no_nameless;
	bool tells_memory;
} disk;

int fsync(int fd)
{
	unsigned call = disk.calls++;

	ck_assert_uint_lt(call, FILES_MAX);
	ck_assert_int_eq(fstat(fd, &disk.files[call]), 0);
	if (call >= disk.fail_from && call < disk.fail_below) {
		errno = disk.error;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

static inline void note(const char *call)
{
	static const char *const noted[] = {"writev", "fsync", "linkat", "write"};

	for (size_t i = 0; i < sizeof noted / sizeof noted[0]; i++) {
		if (strcmp(call, noted[i]) != 0 || disk.last == noted[i])
			continue;
		disk.last = noted[i];
		strcat(strcat(disk.order, " "), call);
	}
}

static inline int intercept(const char *call, size_t *length)
{
	int error = 0;

	(void)length;
	note(call);
	if (strcmp(call, "fstatfs") == 0)
		return disk.tells_memory ? 0 : ENOSYS;
	if (strcmp(call, "open_unnamed") == 0)
		return disk.no_nameless ? EOPNOTSUPP : 0;
	if (strcmp(call, "linkat") == 0) {
		error = disk.link_error;
		disk.link_error = 0;
	}
	return error;
}

/* Forgets what was noted, and fails from then on from such a call to below another one. */
static inline void renew(unsigned fail_from, unsigned fail_below, int error)
{
	disk.fail_from = fail_from;
	disk.fail_below = fail_below;
	disk.error = error;
	disk.calls = 0;
	disk.order[0] = '\0';
	disk.last = NULL;
}

static inline void expect_order(const char *order)
{
	ck_assert_str_eq(disk.order, order);
}

/* How many of the files that were written through are directories. */
static inline unsigned count_directories(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < disk.calls; i++)
		count += S_ISDIR(disk.files[i].st_mode);
	return count;
}

static inline void expect_no_file_twice(void)
{
	for (unsigned i = 0; i < disk.calls; i++)
		for (unsigned j = 0; j < i; j++)
			ck_assert_msg(disk.files[i].st_ino != disk.files[j].st_ino,
				      "calls %u and %u are for the same file", j, i);
}

/* ---- a publisher that writes through ---- */

struct stage {
	struct fault_channels channels;
	fsps_bus *bus;
	fsps_publisher *publisher;
	fsps_receipt *receipt;
};

static inline void set(struct stage *stage, unsigned channels, int64_t wait_ms)
{
	const struct fsps_publisher_options options = {
		.size = sizeof options, .wait_ms = wait_ms, .sync = 1};

	fault_channels_open(&stage->channels, channels);
	stage->bus = fault_bus();
	ck_assert_int_eq(fsps_publisher_open(stage->bus, &options, &stage->publisher), FSPS_OK);
	ck_assert_int_eq(fsps_receipt_new(&stage->receipt), FSPS_OK);
	fsi_sys_intercept = intercept;
	renew(0, 0, 0);
}

static inline void clear(struct stage *stage)
{
	fsi_sys_intercept = NULL;
	fsps_receipt_free(stage->receipt);
	fsps_publisher_close(stage->publisher);
	fsps_bus_close(stage->bus);
	fault_expect_clean(stage->channels.count, 1);
	fault_channels_close(&stage->channels);
}

/* Each channel has that message, was rung for it, and has nothing else. */
static inline void expect_everywhere(const struct stage *stage, int number)
{
	for (unsigned i = 0; i < stage->channels.count; i++) {
		ck_assert_int_eq(fault_fetch_now(stage->channels.list[i]), number);
		ck_assert_int_eq(fault_fetch_now(stage->channels.list[i]), -1);
	}
}

static inline void expect_nowhere(const struct stage *stage)
{
	for (unsigned i = 0; i < stage->channels.count; i++) {
		fault_let_scan(stage->channels.list[i]);
		ck_assert_int_eq(fault_fetch(stage->channels.list[i]), -1);
	}
}

#endif
