/* SPDX-License-Identifier: MIT */
/*
 * What goes wrong between two calls, in seconds as they pass: bells that nobody rang, files that
 * somebody deleted, clocks that somebody set, readers that stop or die.
 */
#include "fault/fault.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/sys.h"
#include "publish/publisher.h"
#include "store/names.h"
#include "subscribe/channel.h"
#include "unit/check_main.h"

enum {
	/* What is looked after once a second may take two, and a busy machine its time. */
	PATIENCE_MS = 5000,
	BELL_RECORDS = 8192,
};

/* Waits for a message, as a subscriber does. */
static int receive(fsps_channel *channel)
{
	fsps_message *message = NULL;
	int r = fsps_channel_receive(channel, PATIENCE_MS, &message);
	int number;

	ck_assert_msg(r == 1, "receive: %d, %s", r, r < 0 ? fsps_last_error()->text : "timeout");
	number = (int)fault_number_of(message);
	fsps_message_unref(message);
	return number;
}

static void path_in_channel(const struct fault_scene *scene, const char *name, char *to,
			    size_t size)
{
	snprintf(to, size, "%s/%s/%s", fault_home(), fsps_channel_name(scene->channels.list[0]),
		 name);
}

/* ---- bells ---- */

START_TEST(a_message_that_nobody_rang_for_comes_by_itself)
{
	char name[FAULT_NAME_BYTES];
	struct fault_scene scene;
	fsps_channel *channel;

	fault_use_files();
	fault_scene_set(&scene, 1);
	channel = scene.channels.list[0];
	fault_hide_message(&scene, name);
	fault_show_message(&scene, name);
	ck_assert_int_eq(fault_fetch_now(channel), -1);
	if (_i == 1)
		fault_fill_bell(channel);
	ck_assert_int_eq(receive(channel), 0);
	fault_scene_clear(&scene);
}
END_TEST

START_TEST(garbage_in_the_bell_is_passed_over)
{
	static const uint64_t garbage[] = {1,
					   12345,
					   FSI_ID_LIMIT - 1,
					   FSI_ID_LIMIT,
					   FSI_ID_LIMIT + 1,
					   UINT64_MAX,
					   UINT64_C(1) << 63};
	struct fault_scene scene;

	fault_scene_set(&scene, 1);
	for (unsigned i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
		fault_ring(scene.channels.list[0], garbage[i]);
		ck_assert_int_eq(fault_publish(scene.publisher, i, NULL), 1);
		ck_assert_int_eq(fault_fetch_now(scene.channels.list[0]), (int)i);
		/* And what was there before: now it is stale. */
		fault_ring(scene.channels.list[0], scene.publisher->receipt.id);
		ck_assert_int_eq(fault_fetch_now(scene.channels.list[0]), -1);
	}
	fault_scene_clear(&scene);
}
END_TEST

START_TEST(a_backlog_beyond_the_bell_comes_whole_and_in_order)
{
	enum { MESSAGES = 20000 };
	struct fault_scene scene;

	fault_scene_set(&scene, 1);
	for (unsigned i = 0; i < MESSAGES; i++)
		if (fault_publish(scene.publisher, i, NULL) != 1)
			ck_abort_msg("message %u: %s", i, fsps_last_error()->text);
	ck_assert_int_eq(fsps_channel_backlog(scene.channels.list[0]), MESSAGES);
	for (int i = 0; i < MESSAGES; i++)
		if (fault_fetch_now(scene.channels.list[0]) != i)
			ck_abort_msg("message %d did not come in its turn", i);
	ck_assert_int_eq(fault_fetch_now(scene.channels.list[0]), -1);
	fault_scene_clear(&scene);
}
END_TEST

struct echo {
	fsps_publisher *publisher;
	unsigned count;
};

/* For each message that comes, another one comes. */
static int echo(fsps_message *message, void *userdata)
{
	struct echo *echo = userdata;

	(void)message;
	ck_assert_int_eq(fault_publish(echo->publisher, 0, NULL), 1);
	return ++echo->count == 100;
}

START_TEST(handling_what_waits_ends_though_more_comes)
{
	struct fault_scene scene;
	struct echo state = {.count = 0};

	fault_scene_set(&scene, 1);
	state.publisher = scene.publisher;
	ck_assert_int_eq(fsps_subscribe(scene.channels.list[0], echo, &state, 0), 0);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 1);
	ck_assert_int_eq(fsps_subscribe(scene.channels.list[0], echo, &state, 0), 3);
	ck_assert_int_eq(fsps_channel_backlog(scene.channels.list[0]), 3);
	fault_scene_clear(&scene);
}
END_TEST

/* ---- what somebody deleted ---- */

START_TEST(a_subscriber_whose_queue_was_deleted_goes_on)
{
	char path[800];
	struct fault_scene scene;

	fault_scene_set(&scene, 1);
	ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 1);
	ck_assert_int_eq(receive(scene.channels.list[0]), 0);
	path_in_channel(&scene, FSI_NAME_QUEUE, path, sizeof path);
	ck_assert_int_eq(unlink(path), 0);
	/* Into the queue that is gone, into none, and into the new one. */
	for (unsigned i = 1; i < 4; i++) {
		ck_assert_int_eq(fault_publish(scene.publisher, i, NULL), 1);
		ck_assert_int_eq(receive(scene.channels.list[0]), (int)i);
		fault_let_publisher_second_pass(scene.publisher);
	}
	fault_let_second_pass(scene.channels.list[0]);
	ck_assert_int_eq(fault_fetch(scene.channels.list[0]), -1);
	ck_assert_int_eq(access(path, F_OK), 0);
	fault_scene_clear(&scene);
}
END_TEST

START_TEST(a_subscriber_whose_channel_or_home_was_deleted_is_told)
{
	fsps_message *message = NULL;
	char path[800];
	struct fault_scene scene;

	fault_scene_set(&scene, 1);
	path_in_channel(&scene, "", path, sizeof path);
	fault_remove_tree(_i == 0 ? fault_home() : path);
	ck_assert_int_eq(fsps_channel_receive(scene.channels.list[0], PATIENCE_MS, &message),
			 FSPS_ERR_GONE);
	ck_assert_int_eq(fsps_last_error()->code, FSPS_ERR_GONE);
	ck_assert_ptr_null(message);
	ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 0);
	fault_scene_clear(&scene);
}
END_TEST

static void remove_lock_files(void)
{
	char path[400];
	DIR *names;
	struct dirent *entry;

	snprintf(path, sizeof path, "%s/" FSI_NAME_STATE, fault_home());
	names = opendir(path);
	ck_assert_ptr_nonnull(names);
	while ((entry = readdir(names)) != NULL)
		if (strncmp(entry->d_name, FSI_PREFIX_MEMBER, strlen(FSI_PREFIX_MEMBER)) == 0)
			ck_assert_int_eq(unlinkat(dirfd(names), entry->d_name, 0), 0);
	closedir(names);
	fault_expect_clean(1, 0);
}

START_TEST(a_lock_file_that_was_deleted_is_made_again_and_the_channel_stays)
{
	struct fault_scene scene;

	fault_scene_set(&scene, 1);
	remove_lock_files();
	fault_let_second_pass(scene.channels.list[0]);
	ck_assert_int_eq(fault_fetch(scene.channels.list[0]), -1);
	fault_expect_clean(1, 1);
	fault_visit();
	fault_expect_clean(1, 1);
	ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 1);
	ck_assert_int_eq(fault_fetch_now(scene.channels.list[0]), 0);
	fault_scene_clear(&scene);
	fault_expect_clean(0, 0);
}
END_TEST

/* To others the one without a lock file is dead. That its channel was removed it is told. */
START_TEST(a_lock_file_that_was_deleted_costs_the_channel_if_a_publisher_comes_first)
{
	fsps_message *message = NULL;
	struct fault_scene scene;

	fault_scene_set(&scene, 1);
	remove_lock_files();
	ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 0);
	fault_let_second_pass(scene.channels.list[0]);
	ck_assert_int_eq(fsps_channel_fetch(scene.channels.list[0], &message), FSPS_ERR_GONE);
	fault_scene_clear(&scene);
	fault_visit();
	fault_expect_clean(0, 0);
}
END_TEST

/* ---- clocks ---- */

static void publish_across_a_step(struct fault_scene *scene, int64_t step_us, uint64_t *last_id)
{
	fsi_sys_clock_step_us = step_us;
	for (unsigned i = 0; i < 5; i++) {
		ck_assert_int_eq(fault_publish(scene->publisher, i, NULL), 1);
		ck_assert_uint_gt(scene->publisher->receipt.id, *last_id);
		*last_id = scene->publisher->receipt.id;
	}
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(fault_fetch_now(scene->channels.list[0]), i);
}

START_TEST(ids_increase_across_clock_steps)
{
	const int64_t day = INT64_C(86400) * 1000000;
	const int64_t steps[] = {0, day, -day, 0, 400 * day, -400 * day, 1000 * day, 0};
	uint64_t last_id = 0;
	uint64_t now;
	struct fault_scene scene;

	fault_scene_set(&scene, 1);
	ck_assert_int_eq(fsps_publisher_matched(scene.publisher, FAULT_TOPIC), 1);
	if (_i == 1) {
		fsi_counter_close(&scene.publisher->home->counter);
		scene.publisher->home->state_refused = true;
	}
	for (unsigned i = 0; i < sizeof steps / sizeof steps[0]; i++)
		publish_across_a_step(&scene, steps[i], &last_id);
	/* A day's step forward is believed, more than a year is not. */
	now = fsi_sys_realtime_us();
	ck_assert_uint_lt(last_id, now + (uint64_t)(2 * day));
	fault_scene_clear(&scene);
}
END_TEST

START_TEST(a_home_is_swept_though_somebody_set_the_clock)
{
	static const int64_t year = INT64_C(365) * 86400 * 1000000;
	struct fault_scene scene;

	fault_scene_set(&scene, 1);
	fsi_sys_clock_step_us = _i == 0 ? year : -year;
	(void)fault_make_dead_subscriber(2);
	fault_visit();
	fault_expect_clean(1, 1);
	ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 1);
	ck_assert_int_eq(fault_fetch_now(scene.channels.list[0]), 0);
	fsi_sys_clock_step_us = 0;
	fault_scene_clear(&scene);
}
END_TEST

/* ---- the dead ---- */

/* A subscriber that never reads. Returns its process ID once it is there. */
static pid_t start_idle_subscriber(void)
{
	int ready[2];
	char byte;
	pid_t child;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		(void)fault_channel(fault_bus(), FAULT_TOPIC);
		ck_assert_int_eq(write(ready[1], "!", 1), 1);
		for (;;)
			pause();
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return child;
}

static void kill_subscriber(pid_t child)
{
	int status;

	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
}

START_TEST(the_last_reader_dies_with_a_full_bell)
{
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = fault_publisher(bus);
	pid_t child = start_idle_subscriber();

	for (unsigned i = 0; i < BELL_RECORDS + 100; i++)
		if (fault_publish(publisher, i, NULL) != 1)
			ck_abort_msg("message %u: %s", i, fsps_last_error()->text);
	kill_subscriber(child);
	fault_let_publisher_second_pass(publisher);
	fault_let_sweep();
	ck_assert_int_eq(fault_publish(publisher, 0, NULL), 0);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	/* A publisher does not stay for all of a large backlog; the next who comes by does. */
	fault_visit();
	fault_visit();
	fault_expect_clean(0, 0);
}
END_TEST

/* Of the dead nothing is left; for who lives there may be a segment, and its publisher keeps some
 * to use them again. */
static void expect_nothing_lasting(const struct fault_scene *scene, unsigned descriptors)
{
	enum { IN_USE = 3, OF_A_SEGMENT = 2 };

	ck_assert_uint_eq(fault_count_names(".", FAULT_TOPIC), 1);
	ck_assert_uint_eq(fault_count_names(".", ".x-"), 0);
	ck_assert_uint_le(fault_count_names(fsps_channel_name(scene->channels.list[0]), ".s-"), 1);
	ck_assert_uint_le(fault_count_names(FSI_NAME_STAGING, ""), FSI_SEGMENTS_KEPT_MAX + 1);
	ck_assert_uint_le(fault_count_descriptors(),
			  descriptors + FSI_SEGMENTS_KEPT_MAX + IN_USE * OF_A_SEGMENT);
}

START_TEST(dead_subscribers_cost_a_publisher_nothing_lasting)
{
	struct fault_scene scene;
	unsigned descriptors;

	fault_scene_set(&scene, 1);
	ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 1);
	ck_assert_int_eq(fault_fetch_now(scene.channels.list[0]), 0);
	descriptors = fault_count_descriptors();
	for (unsigned i = 0; i < 20; i++) {
		pid_t child = start_idle_subscriber();

		ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 2);
		kill_subscriber(child);
		fault_let_publisher_second_pass(scene.publisher);
		fault_let_sweep();
		ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 1);
		ck_assert_int_eq(fault_fetch_now(scene.channels.list[0]), 0);
		ck_assert_int_eq(fault_fetch_now(scene.channels.list[0]), 0);
		expect_nothing_lasting(&scene, descriptors);
	}
	fsps_publisher_close(scene.publisher);
	scene.publisher = NULL;
	ck_assert_int_eq(fault_fetch_now(scene.channels.list[0]), -1);
	/* Whoever has made segments is a member, as whoever has channels. */
	fault_expect_clean(1, 2);
	fault_scene_clear(&scene);
}
END_TEST

START_TEST(a_dead_subscriber_is_cleared_away_by_the_next_one)
{
	fsps_channel *channel;
	fsps_bus *bus = fault_bus();

	kill_subscriber(start_idle_subscriber());
	fault_let_sweep();
	channel = fault_channel(bus, FAULT_TOPIC);
	fault_expect_clean(1, 1);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("mishaps");
	TCase *bells = fault_case(suite, "bells");
	TCase *handling = fault_case(suite, "handling");
	TCase *files = fault_case(suite, "files");
	TCase *clocks = fault_case(suite, "clocks");
	TCase *dead = fault_case(suite, "dead");

	tcase_add_loop_test(bells, a_message_that_nobody_rang_for_comes_by_itself, 0, 2);
	tcase_add_test(bells, garbage_in_the_bell_is_passed_over);
	tcase_add_test(bells, a_backlog_beyond_the_bell_comes_whole_and_in_order);
	tcase_add_test(handling, handling_what_waits_ends_though_more_comes);
	tcase_add_test(files, a_subscriber_whose_queue_was_deleted_goes_on);
	tcase_add_loop_test(files, a_subscriber_whose_channel_or_home_was_deleted_is_told, 0, 2);
	tcase_add_test(files, a_lock_file_that_was_deleted_is_made_again_and_the_channel_stays);
	tcase_add_test(files,
		       a_lock_file_that_was_deleted_costs_the_channel_if_a_publisher_comes_first);
	tcase_add_loop_test(clocks, ids_increase_across_clock_steps, 0, 2);
	tcase_add_loop_test(clocks, a_home_is_swept_though_somebody_set_the_clock, 0, 2);
	tcase_add_test(dead, the_last_reader_dies_with_a_full_bell);
	tcase_add_test(dead, dead_subscribers_cost_a_publisher_nothing_lasting);
	tcase_add_test(dead, a_dead_subscriber_is_cleared_away_by_the_next_one);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
