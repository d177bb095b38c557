/* SPDX-License-Identifier: MIT */
/*
 * What is done beside the messages: going on after what was deleted or moved, keeping the order
 * when bells and scans were cut short, sparing descriptors.
 */
#include "fault/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "fault/plain.h"
#include "publish/publisher.h"
#include "store/names.h"
#include "subscribe/channel.h"
#include "unit/check_main.h"

static void path_in_home(const char *name, char *to, size_t size)
{
	snprintf(to, size, "%s/%s", fault_home(), name);
}

static bool is_in_home(const char *name)
{
	char path[800];

	path_in_home(name, path, sizeof path);
	return access(path, F_OK) == 0;
}

/* ---- what somebody deleted or moved ---- */

static void remove_state(void)
{
	char path[400];

	path_in_home(FSI_NAME_STATE, path, sizeof path);
	fault_remove_tree(path);
	ck_assert(!is_in_home(FSI_NAME_STATE));
}

START_TEST(whoever_lived_before_the_state_was_deleted_lets_new_channels_live)
{
	struct fault_scene scene;
	fsps_channel *fresh;
	fsps_bus *bus;

	fault_scene_set(&scene, 1);
	ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 1);
	remove_state();
	bus = fault_bus();
	fresh = fault_channel(bus, FAULT_TOPIC);
	for (unsigned i = 1; i < 4; i++) {
		fault_let_publisher_second_pass(scene.publisher);
		ck_assert_int_ge(fault_publish(scene.publisher, i, NULL), 1);
		ck_assert(is_in_home(fsps_channel_name(fresh)));
		ck_assert_int_eq(fault_fetch(fresh), (int)i);
	}
	fsps_channel_close(fresh);
	fsps_bus_close(bus);
	fault_scene_clear(&scene);
}
END_TEST

START_TEST(a_subscriber_whose_home_was_moved_away_is_told_once_there_is_another)
{
	fsps_bus *bus = fault_bus();
	fsps_channel *channel = fault_channel(bus, FAULT_TOPIC);
	fsps_message *message = NULL;
	char away[400];

	snprintf(away, sizeof away, "%s-away", fault_home());
	ck_assert_int_eq(rename(fault_home(), away), 0);
	/* His home may just be out of reach, and its publishers not. */
	fault_let_second_pass(channel);
	ck_assert_int_eq(fault_fetch(channel), -1);
	ck_assert_int_eq(mkdir(fault_home(), 0700), 0);
	fault_let_second_pass(channel);
	ck_assert_int_eq(fsps_channel_fetch(channel, &message), FSPS_ERR_GONE);
	ck_assert_str_eq(fsps_last_error()->path, fault_home());
	fsps_channel_close(channel);
	fsps_bus_close(bus);
	fault_remove_tree(away);
}
END_TEST

/* ---- order ---- */

START_TEST(a_new_queue_does_not_overtake_what_rang_in_the_old_one)
{
	struct fault_scene scene;
	fsps_channel *channel;
	char queue[800];

	fault_scene_set(&scene, 1);
	channel = scene.channels.list[0];
	ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 1);
	ck_assert_int_eq(fault_fetch_now(channel), 0);
	path_in_home(fsps_channel_name(channel), queue, sizeof queue);
	strcat(queue, "/" FSI_NAME_QUEUE);
	ck_assert_int_eq(unlink(queue), 0);
	fault_let_second_pass(channel);
	ck_assert_int_eq(fault_fetch(channel), -1);
	/* Into the old queue, and into the new one. */
	ck_assert_int_eq(fault_publish(scene.publisher, 1, NULL), 1);
	fault_let_publisher_second_pass(scene.publisher);
	ck_assert_int_eq(fault_publish(scene.publisher, 2, NULL), 1);
	for (int i = 1; i < 3; i++)
		ck_assert_int_eq(fault_fetch_now(channel), i);
	fault_scene_clear(&scene);
}
END_TEST

enum {
	/* One more than a scan keeps, and the ID of a file under another name near the end. */
	IDS = FSI_PENDING_SCANNED_MAX + 1,
	TAKEN_ID = IDS - 10,
};

static void link_name(int directory, const char *name)
{
	if (linkat(directory, "one", directory, name, 0) != 0)
		ck_abort_msg("cannot link %s: %s", name, strerror(errno));
}

/* A directory with all IDs, between two other names: in whatever order they are read, one comes
 * early. Returns it, open. */
static int make_crowd(void)
{
	char name[FAULT_NAME_BYTES];
	int directory;
	int fd;

	ck_assert_int_eq(mkdir(fault_home(), 0700), 0);
	directory = open(fault_home(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(directory, 0);
	fd = openat(directory, "one", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	fsi_member_name_format(name, sizeof name, FSI_PREFIX_TAKEN, "FirstOfThem0", TAKEN_ID);
	link_name(directory, name);
	for (uint64_t id = 1; id <= IDS; id++) {
		(void)fsi_id_format(name, id);
		link_name(directory, name);
	}
	fsi_member_name_format(name, sizeof name, FSI_PREFIX_TAKEN, "LastOfThem00", TAKEN_ID);
	link_name(directory, name);
	return directory;
}

/* All IDs are there, so in order means one after the other. */
static void expect_in_order(struct fsi_pending *pending)
{
	struct fsi_candidate candidate;
	uint64_t next = 1;

	while (fsi_pending_peek(pending, &candidate)) {
		if (candidate.id != next++)
			ck_abort_msg("%llu comes where %llu should",
				     (unsigned long long)candidate.id,
				     (unsigned long long)next - 1);
		fsi_pending_advance(pending);
	}
	ck_assert_uint_gt(next, 1000);
}

START_TEST(a_scan_that_was_cut_hands_out_nothing_from_beyond_the_cut)
{
	static struct fsi_pending pending;
	int directory = make_crowd();

	ck_assert_int_eq(fsi_pending_scan(&pending, directory), 0);
	ck_assert(pending.truncated);
	expect_in_order(&pending);
	fsi_pending_deinit(&pending);
	close(directory);
}
END_TEST

/* ---- descriptors ---- */

/* A quarter of the descriptors is for bells, and a publish needs a few for itself. */
enum {
	CHANNELS = 40,
	DESCRIPTORS_MAX = 64,
	BELLS_MAX = DESCRIPTORS_MAX / 4,
	BESIDES = 6,
	/* It, tmp, and the lock file of the one whose it is. */
	OF_A_SEGMENT = 3,
};

static pid_t start_many_channels(void)
{
	int ready[2];
	char byte;
	pid_t child;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		fsps_bus *bus = fault_bus();

		for (unsigned i = 0; i < CHANNELS; i++)
			(void)fault_channel(bus, FAULT_TOPIC);
		ck_assert_int_eq(write(ready[1], "!", 1), 1);
		for (;;)
			pause();
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return child;
}

static void limit_descriptors(void)
{
	struct rlimit limits;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limits), 0);
	limits.rlim_cur = DESCRIPTORS_MAX;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limits), 0);
}

/* The most descriptors that there were at any call. */
static unsigned most_descriptors;

static int note_descriptors(const char *call, size_t *length)
{
	unsigned count = fault_count_descriptors();

	(void)call;
	(void)length;
	if (count > most_descriptors)
		most_descriptors = count;
	return 0;
}

START_TEST(bells_take_their_share_of_the_descriptors_and_no_more)
{
	pid_t child = start_many_channels();
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher;
	unsigned before;

	limit_descriptors();
	publisher = fault_publisher(bus);
	before = fault_count_descriptors();
	most_descriptors = 0;
	fsi_sys_intercept = note_descriptors;
	if (_i == 0)
		ck_assert_int_eq(fault_publish(publisher, 0, NULL), CHANNELS);
	else
		ck_assert_int_eq(fsps_publisher_matched(publisher, FAULT_TOPIC), CHANNELS);
	fsi_sys_intercept = NULL;
	ck_assert_uint_gt(most_descriptors, before + BELLS_MAX / 2);
	ck_assert_uint_le(most_descriptors,
			  before + BELLS_MAX + BESIDES + (fault_is_fast() ? OF_A_SEGMENT : 0));
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}
END_TEST

/* ---- plain channels ---- */

static unsigned links_done;

/* The second channel is opened without descriptors at first, so that the first one's bell is
 * closed for it; when the bells are to be rung there are none left. */
static int run_out_of_descriptors(const char *call, size_t *length)
{
	static bool failed;

	(void)length;
	links_done += strcmp(call, "linkat") == 0;
	if (strcmp(call, "openat") != 0 || links_done == 0 || (links_done == 1 && failed))
		return 0;
	failed = true;
	return EMFILE;
}

/* And what was linked already is taken back: only the queue is there. */
static void expect_refusals(const fsps_receipt *receipt, const struct plain *plain, int count)
{
	ck_assert_int_eq(fsps_receipt_matched(receipt), count);
	ck_assert_int_eq(fsps_receipt_refused(receipt), count);
	for (int i = 0; i < count; i++) {
		int code = 0;

		ck_assert_int_eq(fsps_receipt_refusal(receipt, i, NULL, &code), FSPS_OK);
		ck_assert_int_eq(code, FSPS_ERR_LIMIT);
		ck_assert_uint_eq(fault_count_names(strrchr(plain[i].path, '/') + 1, ""), 1);
	}
}

START_TEST(plain_channels_that_cannot_be_rung_refuse_and_are_not_taken_for_nobody)
{
	struct plain plain[2];
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher;
	fsps_receipt *receipt = NULL;

	fault_use_files();
	publisher = fault_publisher(bus);
	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	for (unsigned i = 0; i < 2; i++)
		plain_make(&plain[i], i);
	ck_assert_int_eq(fsps_receipt_new(&receipt), FSPS_OK);
	fsi_sys_intercept = run_out_of_descriptors;
	ck_assert_int_eq(fault_publish(publisher, 0, receipt), FSPS_ERR_REFUSED);
	fsi_sys_intercept = NULL;
	ck_assert_uint_eq(links_done, 2);
	expect_refusals(receipt, plain, 2);
	for (unsigned i = 0; i < 2; i++)
		plain_leave(&plain[i]);
	fsps_receipt_free(receipt);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}
END_TEST

START_TEST(a_plain_channel_that_made_its_queue_anew_gets_the_next_message)
{
	struct plain plain;
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = fault_publisher(bus);

	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	plain_make(&plain, 0);
	ck_assert_int_eq(fault_publish(publisher, 0, NULL), 1);
	plain_replace_queue(&plain);
	for (unsigned i = 1; i < 3; i++)
		ck_assert_int_eq(fault_publish(publisher, i, NULL), 1);
	plain_leave(&plain);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}
END_TEST

/* The home changed at this second, as far as its file system can tell. */
static void stamp_home(time_t second)
{
	const struct timespec times[2] = {{.tv_sec = second}, {.tv_sec = second}};

	ck_assert_int_eq(utimensat(AT_FDCWD, fault_home(), times, 0), 0);
}

START_TEST(a_channel_made_in_the_second_of_a_reading_is_found_where_stamps_are_whole_seconds)
{
	struct plain plain[2];
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher;
	uint64_t now_us = fsi_sys_realtime_us();

	fault_use_files();
	publisher = fault_publisher(bus);
	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	/* A tenth of that second has passed. */
	fsi_sys_clock_step_us = 100000 - (int64_t)(now_us % 1000000);
	for (unsigned i = 0; i < 2; i++) {
		plain_make(&plain[i], i);
		stamp_home((time_t)(now_us / 1000000));
		ck_assert_int_eq(fault_publish(publisher, i, NULL), (int)i + 1);
	}
	fsi_sys_clock_step_us = 0;
	for (unsigned i = 0; i < 2; i++)
		plain_leave(&plain[i]);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}
END_TEST

static void add_plain(Suite *suite)
{
	TCase *plain = fault_case(suite, "plain");

	tcase_add_test(plain,
		       plain_channels_that_cannot_be_rung_refuse_and_are_not_taken_for_nobody);
	tcase_add_test(plain, a_plain_channel_that_made_its_queue_anew_gets_the_next_message);
	tcase_add_test(
		plain,
		a_channel_made_in_the_second_of_a_reading_is_found_where_stamps_are_whole_seconds);
}

static Suite *make_suite(void)
{
	Suite *suite = suite_create("upkeep");
	TCase *homes = fault_case(suite, "homes");

	tcase_add_test(homes, whoever_lived_before_the_state_was_deleted_lets_new_channels_live);
	tcase_add_test(homes, a_subscriber_whose_home_was_moved_away_is_told_once_there_is_another);
	tcase_add_test(fault_case(suite, "queues"),
		       a_new_queue_does_not_overtake_what_rang_in_the_old_one);
	tcase_add_test(fault_case(suite, "scans"),
		       a_scan_that_was_cut_hands_out_nothing_from_beyond_the_cut);
	tcase_add_loop_test(fault_case(suite, "descriptors"),
			    bells_take_their_share_of_the_descriptors_and_no_more, 0, 2);
	add_plain(suite);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
