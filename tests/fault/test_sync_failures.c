/* SPDX-License-Identifier: MIT */
/*
 * Publishers with the option sync whose disk fails: what becomes of the message, and who is told.
 * What failed is never written through a second time: the kernel may call that a success.
 */
#include "fault/sync.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fault/durable.h"
#include "unit/check_main.h"

/* ---- files and directories ---- */

static void fail_file(bool no_nameless)
{
	struct stage stage;

	set(&stage, 3, 0);
	disk.no_nameless = no_nameless;
	renew(0, 2, EIO);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_int_eq(fault_publish(stage.publisher, i, stage.receipt), FSPS_ERR_IO);
		ck_assert_int_eq(fsps_last_error()->system_errno, EIO);
		ck_assert_int_eq(fsps_receipt_reached(stage.receipt), 0);
		/* Nothing was linked anywhere, and the file is gone. */
		ck_assert_uint_eq(disk.calls, i + 1);
		ck_assert_uint_eq(disk.files[i].st_nlink, no_nameless);
		ck_assert_uint_eq(fault_count_names("tmp", FSI_PREFIX_INTENT), 0);
		expect_nowhere(&stage);
	}
	ck_assert_int_eq(fault_publish(stage.publisher, 2, stage.receipt), 3);
	ck_assert_uint_eq(disk.calls, 6);
	expect_no_file_twice();
	expect_everywhere(&stage, 2);
	fsi_sys_intercept = NULL;
	fsps_receipt_free(stage.receipt);
	fsps_publisher_close(stage.publisher);
	fsps_bus_close(stage.bus);
	fault_channels_close(&stage.channels);
}

START_TEST(a_file_that_fails_is_dropped_and_the_next_one_is_another)
{
	fail_file(false);
}
END_TEST

START_TEST(so_is_an_intent)
{
	fail_file(true);
}
END_TEST

START_TEST(who_waits_for_space_on_the_disk_writes_another_file)
{
	struct stage stage;

	set(&stage, 1, FSPS_FOREVER);
	renew(0, 2, ENOSPC);
	ck_assert_int_eq(fault_publish(stage.publisher, 0, stage.receipt), 1);
	/* Three files, one directory. */
	ck_assert_uint_eq(disk.calls, 4);
	ck_assert_uint_eq(count_directories(), 1);
	expect_no_file_twice();
	expect_everywhere(&stage, 0);
	clear(&stage);
}
END_TEST

/* The channel whose directory is that file. */
static const char *channel_of(const struct stage *stage, const struct stat *file)
{
	for (unsigned i = 0; i < stage->channels.count; i++) {
		const char *name = fsps_channel_name(stage->channels.list[i]);
		struct stat status;
		char path[700];

		snprintf(path, sizeof path, "%s/%s", fault_home(), name);
		ck_assert_int_eq(stat(path, &status), 0);
		if (status.st_ino == file->st_ino)
			return name;
	}
	ck_abort_msg("a directory that is no channel's");
}

/* ENOSPC and others are no reason either to link a second time. */
static const int errors[] = {EIO, ENOSPC, EDQUOT, EROFS};

static void expect_refusals(const struct stage *stage, unsigned first, unsigned below)
{
	ck_assert_int_eq(fsps_receipt_refused(stage->receipt), (int)(below - first));
	for (unsigned i = first; i < below; i++) {
		const char *channel = NULL;
		int code = 0;

		ck_assert_int_eq(
			fsps_receipt_refusal(stage->receipt, (int)(i - first), &channel, &code),
			FSPS_OK);
		ck_assert_int_eq(code, FSPS_ERR_IO);
		ck_assert_str_eq(channel, channel_of(stage, &disk.files[i]));
	}
}

static void fail_directories(unsigned first, unsigned below, int error, int64_t wait_ms)
{
	struct stage stage;

	set(&stage, 3, wait_ms);
	renew(first, below, error);
	ck_assert_int_eq(fault_publish(stage.publisher, 0, stage.receipt), FSPS_ERR_REFUSED);
	ck_assert_int_eq(fsps_receipt_matched(stage.receipt), 3);
	ck_assert_int_eq(fsps_receipt_reached(stage.receipt), 3 - (int)(below - first));
	expect_refusals(&stage, first, below);
	expect_order(" writev fsync linkat fsync write");
	ck_assert_uint_eq(disk.calls, 4);
	expect_no_file_twice();
	expect_everywhere(&stage, 0);
	clear(&stage);
}

START_TEST(a_directory_that_fails_is_named_in_the_receipt_and_rung_nevertheless)
{
	unsigned channel = (unsigned)_i % 3;

	fail_directories(1 + channel, 2 + channel, errors[_i / 3], 0);
	fail_directories(1 + channel, 2 + channel, errors[_i / 3], FSPS_FOREVER);
}
END_TEST

START_TEST(so_are_all_when_all_fail)
{
	fail_directories(1, 4, EIO, 0);
}
END_TEST

/* Between its link and the look for its directory. */
static struct durable *to_remove;

static int remove_before_opening(const char *call, size_t *length)
{
	if (strcmp(call, "openat") == 0 && to_remove != NULL && disk.last != NULL &&
	    strcmp(disk.last, "linkat") == 0) {
		durable_remove(to_remove);
		to_remove = NULL;
	}
	return intercept(call, length);
}

START_TEST(a_directory_that_is_gone_by_then_is_no_failure)
{
	struct durable durable;
	struct stage stage;

	set(&stage, 1, 0);
	durable_make(&durable);
	to_remove = &durable;
	fsi_sys_intercept = remove_before_opening;
	ck_assert_int_eq(fault_publish(stage.publisher, 0, stage.receipt), 2);
	ck_assert_ptr_null(to_remove);
	ck_assert_uint_eq(count_directories(), 1);
	expect_everywhere(&stage, 0);
	clear(&stage);
}
END_TEST

/* ---- other users ---- */

enum { ALICE = 54321, BOB = 54322 };

/* Alice's, which Bob may put something into, and not read. */
static void make_box(char *path, size_t size, const char *rest, bool with_control)
{
	char inner[700];

	snprintf(path, size, "%s/" FAULT_TOPIC "_%s", fault_home(), rest);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	snprintf(inner, sizeof inner, "%s/queue", path);
	ck_assert_int_eq(mkfifo(inner, 0622), 0);
	ck_assert_int_eq(chmod(inner, 0622), 0);
	ck_assert_int_eq(chown(inner, ALICE, ALICE), 0);
	if (with_control) {
		snprintf(inner, sizeof inner, "%s/.c", path);
		close(open(inner, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
		ck_assert_int_eq(chown(inner, ALICE, ALICE), 0);
	}
	ck_assert_int_eq(chown(path, ALICE, ALICE), 0);
	ck_assert_int_eq(chmod(path, 01733), 0);
}

START_TEST(anothers_drop_box_that_is_durable_refuses_before_anything_is_linked)
{
	const struct fsps_publisher_options options = {.size = sizeof options, .sync = 1};
	char live[400];
	char durable[400];
	char queue[410];
	const char *channel = NULL;
	fsps_publisher *publisher = NULL;
	fsps_receipt *receipt = NULL;
	int code = 0;
	fsps_bus *bus;
	int reader;

	strcpy(live, fault_home());
	ck_assert_int_eq(mkdir(live, 0700), 0);
	ck_assert_int_eq(chmod(live, 01777), 0);
	/* What it is in, too. */
	*strrchr(live, '/') = '\0';
	ck_assert_int_eq(chmod(live, 0755), 0);
	make_box(durable, sizeof durable, "jobs", true);
	snprintf(live, sizeof live, "Alive0000000_%ld", (long)getpid());
	make_box(live, sizeof live, strdupa(live), true);
	snprintf(queue, sizeof queue, "%s/queue", live);
	reader = open(queue, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_eq(seteuid(BOB), 0);
	bus = fault_bus();
	ck_assert_int_eq(fsps_publisher_open(bus, &options, &publisher), FSPS_OK);
	ck_assert_int_eq(fsps_receipt_new(&receipt), FSPS_OK);
	fsi_sys_intercept = intercept;
	ck_assert_int_eq(fault_publish(publisher, 0, receipt), FSPS_ERR_REFUSED);
	ck_assert_int_eq(fsps_receipt_reached(receipt), 1);
	ck_assert_int_eq(fsps_receipt_refused(receipt), 1);
	ck_assert_int_eq(fsps_receipt_refusal(receipt, 0, &channel, &code), FSPS_OK);
	ck_assert_int_eq(code, FSPS_ERR_PERMISSION);
	ck_assert_str_eq(channel, FAULT_TOPIC "_jobs");
	fsi_sys_intercept = NULL;
	fsps_receipt_free(receipt);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	ck_assert_int_eq(seteuid(0), 0);
	/* Its queue and control block; of the live one also the message. */
	ck_assert_uint_eq(fault_count_names(FAULT_TOPIC "_jobs", ""), 2);
	ck_assert_uint_eq(fault_count_names(strrchr(live, '/') + 1, ""), 3);
	close(reader);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("sync-failures");
	TCase *failures = fault_case(suite, "failures");

	tcase_add_test(failures, a_file_that_fails_is_dropped_and_the_next_one_is_another);
	tcase_add_test(failures, so_is_an_intent);
	tcase_add_test(failures, who_waits_for_space_on_the_disk_writes_another_file);
	tcase_add_loop_test(failures,
			    a_directory_that_fails_is_named_in_the_receipt_and_rung_nevertheless, 0,
			    12);
	tcase_add_test(failures, so_are_all_when_all_fail);
	tcase_add_test(failures, a_directory_that_is_gone_by_then_is_no_failure);
	if (geteuid() == 0)
		tcase_add_test(failures,
			       anothers_drop_box_that_is_durable_refuses_before_anything_is_linked);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
