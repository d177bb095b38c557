/* SPDX-License-Identifier: MIT */
/*
 * Real exhaustion, from nothing at all up to enough: descriptors, sizes of files, memory, blocks
 * and inodes of the home's file system. At each level a process does all there is to do (scarce.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "exhaust/scarce.h"
#include "fault/fault.h"
#include "unit/check_main.h"

/* ---- what a process may have ---- */

static struct rlimit enough[RLIM_NLIMITS];

static bool limit(__rlimit_resource_t resource, rlim_t value)
{
	struct rlimit limits;

	if (getrlimit(resource, &enough[resource]) != 0)
		return false;
	limits = enough[resource];
	limits.rlim_cur = value;
	return setrlimit(resource, &limits) == 0;
}

static bool few_descriptors(unsigned level)
{
	return limit(RLIMIT_NOFILE, fault_count_descriptors() - 1 + level);
}

static void enough_descriptors(void)
{
	(void)setrlimit(RLIMIT_NOFILE, &enough[RLIMIT_NOFILE]);
}

START_TEST(with_few_descriptors_nothing_that_was_accepted_is_lost)
{
	const struct scarcity scarcity = {.begin = few_descriptors, .end = enough_descriptors};

	scarce_run_all(&scarcity, "descriptors", 60);
}
END_TEST

static bool small_files(unsigned level)
{
	return limit(RLIMIT_FSIZE, (rlim_t)level * 4096);
}

/* libcheck writes into a file. */
static void large_files(void)
{
	(void)setrlimit(RLIMIT_FSIZE, &enough[RLIMIT_FSIZE]);
}

START_TEST(with_small_files_only_nobody_is_killed)
{
	const struct scarcity scarcity = {.begin = small_files, .end = large_files};

	scarce_run_all(&scarcity, "pages a file", 64);
}
END_TEST

static bool little_memory(unsigned level)
{
	enum { STEP = 16384, PAGE = 4096 };
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");
	int got = file != NULL ? fscanf(file, "%lu", &pages) : 0;

	if (file != NULL)
		(void)fclose(file);
	return got == 1 && limit(RLIMIT_AS, (rlim_t)pages * PAGE + (rlim_t)level * STEP);
}

static void enough_memory(void)
{
	(void)setrlimit(RLIMIT_AS, &enough[RLIMIT_AS]);
}

START_TEST(with_little_memory_nothing_that_was_accepted_is_lost)
{
	const struct scarcity scarcity = {.begin = little_memory, .end = enough_memory};

	scarce_run_all(&scarcity, "address space", 400);
}
END_TEST

/* ---- what the home's file system has ---- */

static bool mount_home(const char *options)
{
	return mkdir(fault_home(), 0700) == 0 &&
	       mount("none", fault_home(), "tmpfs", 0, options) == 0 &&
	       chmod(fault_home(), 0700) == 0;
}

static void unmount_home(void)
{
	ck_assert_int_eq(umount2(fault_home(), MNT_DETACH), 0);
}

static int make_filler(unsigned number)
{
	char path[400];

	snprintf(path, sizeof path, "%s/filler-%u", fault_home(), number);
	return open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
}

static void remove_fillers(void)
{
	char path[400];

	for (unsigned number = 0;; number++) {
		snprintf(path, sizeof path, "%s/filler-%u", fault_home(), number);
		if (unlink(path) != 0)
			return;
	}
}

static bool few_blocks(unsigned level)
{
	int fd = make_filler(0);
	struct statfs status;
	off_t bytes;
	bool filled;

	if (fd < 0 || statfs(fault_home(), &status) != 0)
		return false;
	bytes = ((off_t)status.f_bfree - (off_t)level) * (off_t)status.f_bsize;
	filled = bytes <= 0 || fallocate(fd, 0, 0, bytes) == 0;
	close(fd);
	return filled;
}

static bool few_inodes(unsigned level)
{
	struct statfs status;

	for (unsigned number = 0;; number++) {
		int fd;

		if (statfs(fault_home(), &status) != 0)
			return false;
		if (status.f_ffree <= level)
			return true;
		fd = make_filler(number);
		if (fd < 0)
			return false;
		close(fd);
	}
}

START_TEST(with_few_blocks_consumers_go_on_and_nothing_that_was_accepted_is_lost)
{
	const struct scarcity scarcity = {
		.begin = few_blocks, .release = remove_fillers, .consumers_go_on = true};

	ck_assert(mount_home("size=1m"));
	scarce_run_all(&scarcity, "blocks", 256);
	unmount_home();
}
END_TEST

START_TEST(with_few_inodes_consumers_go_on_and_nothing_that_was_accepted_is_lost)
{
	const struct scarcity scarcity = {
		.begin = few_inodes, .release = remove_fillers, .consumers_go_on = true};

	ck_assert(mount_home("nr_inodes=100"));
	scarce_run_all(&scarcity, "inodes", 100);
	unmount_home();
}
END_TEST

START_TEST(below_the_watermark_consumers_go_on_and_nothing_that_was_accepted_is_lost)
{
	const struct scarcity scarcity = {
		.begin = few_blocks, .release = remove_fillers, .consumers_go_on = true};

	ck_assert_int_eq(unsetenv("PUBSUB_WATERMARK"), 0);
	ck_assert(mount_home("size=1m"));
	scarce_run_all(&scarcity, "blocks, with the watermark", 256);
	unmount_home();
}
END_TEST

/* Publishes one message from a process' beginning to its end: what a command does. */
static int publish_once(void)
{
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = fault_publisher(bus);
	int r = fault_publish(publisher, 0, NULL);

	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	return r;
}

static uint64_t reserved_blocks(void)
{
	struct fsps_home_info info = {.size = sizeof info};
	fsps_bus *bus = fault_bus();
	struct statfs status;

	ck_assert_int_eq(fsps_home_look(bus, &info), 1);
	ck_assert_int_eq(statfs(fault_home(), &status), 0);
	fsps_bus_close(bus);
	return (info.bytes_reserved + (uint64_t)status.f_bsize - 1) / (uint64_t)status.f_bsize;
}

START_TEST(the_watermark_refuses_from_the_very_block_on_that_it_says)
{
	fsps_bus *bus;
	uint64_t reserved;

	fault_use_files();
	ck_assert_int_eq(unsetenv("PUBSUB_WATERMARK"), 0);
	ck_assert(mount_home("size=1m"));
	bus = fault_bus();
	ck_assert_int_eq(fsps_durable_create(bus, FAULT_TOPIC, "jobs"), 1);
	reserved = reserved_blocks();
	/* A fifth of 256. */
	ck_assert_uint_ge(reserved, 51);
	ck_assert_uint_le(reserved, 52);
	for (int more = -5; more <= 5; more++) {
		int r;

		ck_assert(few_blocks((unsigned)((int)reserved + more)));
		r = publish_once();
		ck_assert_msg(r == (more >= 0 ? 1 : FSPS_ERR_NO_SPACE),
			      "with %d more than reserved: %d", more, r);
		ck_assert(more >= 0 || fsps_last_error()->system_errno == 0);
		remove_fillers();
		ck_assert_int_eq(fsps_channel_purge(bus, FAULT_TOPIC "_jobs"), more >= 0);
	}
	fsps_bus_close(bus);
	unmount_home();
}
END_TEST

/* An address sanitizer needs its own. */
static bool may_limit_memory(void)
{
	return getenv("FSPS_SANITIZER") == NULL;
}

static bool may_mount(void)
{
	char place[] = "/tmp/fsps-scarce-XXXXXX";
	bool may = fault_unshare(CLONE_NEWNS) &&
		   mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		   mkdtemp(place) != NULL && mount("none", place, "tmpfs", 0, "size=64k") == 0;

	if (may)
		(void)umount(place);
	(void)rmdir(place);
	return may;
}

static Suite *make_suite(void)
{
	Suite *suite = suite_create("scarce");
	TCase *process = fault_case(suite, "process");
	TCase *home = fault_case(suite, "home");

	tcase_add_test(process, with_few_descriptors_nothing_that_was_accepted_is_lost);
	tcase_add_test(process, with_small_files_only_nobody_is_killed);
	if (may_limit_memory())
		tcase_add_test(process, with_little_memory_nothing_that_was_accepted_is_lost);
	if (may_mount()) {
		tcase_add_test(
			home,
			with_few_blocks_consumers_go_on_and_nothing_that_was_accepted_is_lost);
		tcase_add_test(
			home,
			with_few_inodes_consumers_go_on_and_nothing_that_was_accepted_is_lost);
		tcase_add_test(
			home,
			below_the_watermark_consumers_go_on_and_nothing_that_was_accepted_is_lost);
		tcase_add_test(home, the_watermark_refuses_from_the_very_block_on_that_it_says);
	} else {
		printf("# no private mount namespace can be made here: four tests less\n");
	}
	return suite;
}

int main(void)
{
	/* To the very edge: tests of the watermark have their own. */
	(void)setenv("PUBSUB_WATERMARK", "100", 1);
	return check_main(make_suite());
}
