/* SPDX-License-Identifier: MIT */
/*
 * SIGKILL at every kernel call of a channel's life, of the making of a home, of a sweep and of a
 * look: what is left the next visitor clears away.
 */
#include "fault/fault.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault/story.h"
#include "store/names.h"
#include "unit/check_main.h"

/* ---- a channel's life ---- */

static void open_and_close(struct story *story)
{
	fsps_bus *bus = fault_bus();
	fsps_channel *channel;

	fault_plan_start(&story->plan);
	channel = fault_channel(bus, FAULT_TOPIC);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

/* Publishes to the one who lives: the dead don't count. */
static void publish_to_one(fsps_channel *channel)
{
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = fault_publisher(bus);

	ck_assert_int_eq(fault_publish(publisher, 7, NULL), 1);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	ck_assert_int_eq(fault_fetch(channel), 7);
	ck_assert_int_eq(fault_fetch(channel), -1);
}

START_TEST(opening_and_closing_a_channel_killed_anywhere)
{
	struct story *story = story_begin();
	struct fault_channels witness;
	bool killed = true;

	fault_set_nameless(_i == 0);
	fault_channels_open(&witness, 1);
	for (unsigned at = 0; killed; at++) {
		killed = story_run(story, open_and_close, at);
		publish_to_one(witness.list[0]);
		fault_visit();
		fault_expect_clean(1, 1);
	}
	story_expect_calls(story, "renameat2", 2);
	story_expect_calls(story, "mkfifoat", 1);
	story_expect_calls(story, "flock", 1);
	ck_assert_uint_ge(story->plan.calls, 45);
	fault_channels_close(&witness);
	story_end(story);
}
END_TEST

START_TEST(making_a_home_killed_anywhere)
{
	struct story *story = story_begin();
	bool killed = true;

	fault_set_nameless(_i == 0);
	for (unsigned at = 0; killed; at++) {
		struct fault_channels witness;

		fault_remove_tree(fault_home());
		killed = story_run(story, open_and_close, at);
		fault_channels_open(&witness, 1);
		publish_to_one(witness.list[0]);
		fault_visit();
		fault_expect_clean(1, 1);
		fault_channels_close(&witness);
		fault_expect_clean(0, 0);
	}
	story_expect_calls(story, "mkdirat", 3);
	story_expect_calls(story, "fallocate", _i == 0 ? 2 : 1);
	ck_assert_uint_ge(story->plan.calls, 55);
	story_end(story);
}
END_TEST

/* ---- clearing up, and looking on ---- */

static void make_file(int directory, const char *name)
{
	int fd = openat(directory, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void make_trash(int home, const char *name)
{
	int fd;

	ck_assert_int_eq(mkdirat(home, name, 0700), 0);
	fd = openat(home, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	make_file(fd, "1");
	make_file(fd, "2");
	close(fd);
}

/* One of each kind of thing that the dead leave behind. */
static void make_remains(void)
{
	int home = open(fault_home(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_ge(home, 0);
	(void)fault_make_dead_subscriber(2);
	(void)mkdirat(home, FSI_NAME_STAGING, 0700);
	make_file(home, FSI_NAME_STAGING "/" FSI_PREFIX_INTENT "DeadMember00-17");
	make_trash(home, FSI_PREFIX_BUILDING "DeadMember00-1");
	make_trash(home, FSI_PREFIX_REMOVING "DeadMember00-2");
	close(home);
}

static void sweep_killed_everywhere(story_work work, bool nameless)
{
	struct story *story = story_begin();
	struct fault_channels witness;
	bool killed = true;

	fault_set_nameless(nameless);
	fault_channels_open(&witness, 1);
	for (unsigned at = 0; killed; at++) {
		make_remains();
		fault_let_sweep();
		killed = story_run(story, work, at);
		fault_drain(witness.list[0], STORY_MESSAGES, (unsigned[STORY_MESSAGES]){0});
		fault_visit();
		fault_expect_clean(1, 1);
	}
	/* The remains: three files of each channel, two of each other directory, the intent, the
	 * lock file; and each directory. */
	story_expect_calls(story, "unlinkat", 2 * 2 + 2 * 2 + 2 + 4);
	story_expect_calls(story, "renameat2", 3);
	ck_assert_uint_ge(story->plan.calls, 90);
	fault_channels_close(&witness);
	story_end(story);
}

START_TEST(a_sweep_by_a_subscriber_killed_anywhere)
{
	sweep_killed_everywhere(open_and_close, _i == 0);
}
END_TEST

START_TEST(a_sweep_by_a_publisher_killed_anywhere)
{
	sweep_killed_everywhere(story_publish, _i == 0);
}
END_TEST

static int see_item(const struct fsps_sweep_item *item, void *userdata)
{
	struct story *story = userdata;

	(void)item;
	story->answered++;
	return 0;
}

static void sweep_all(struct story *story)
{
	const struct fsps_sweep_options options = {
		.size = sizeof options, .callback = see_item, .userdata = story};
	fsps_bus *bus = fault_bus();

	fault_plan_start(&story->plan);
	story->answers[0] = fsps_home_sweep(bus, &options, NULL);
	fsps_bus_close(bus);
}

/* All of it at once, and told of. */
START_TEST(a_sweep_that_is_asked_for_killed_anywhere)
{
	struct story *story = story_begin();
	struct fault_channels witness;
	bool killed = true;

	fault_channels_open(&witness, 1);
	for (unsigned at = 0; killed; at++) {
		make_remains();
		story->answered = 0;
		killed = story_run(story, sweep_all, at);
		publish_to_one(witness.list[0]);
		fault_visit();
		fault_expect_clean(1, 1);
	}
	/* Two channels, the intent, two directories and the lock file. */
	ck_assert_int_eq(story->answers[0], 6);
	ck_assert_uint_eq(story->answered, 6);
	story_expect_calls(story, "renameat2", 3);
	ck_assert_uint_ge(story->plan.calls, 90);
	fault_channels_close(&witness);
	story_end(story);
}
END_TEST

static int see_nothing(const struct fsps_channel_info *info, void *userdata)
{
	(void)info;
	(void)userdata;
	return 0;
}

static void look_on(struct story *story)
{
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = fault_publisher(bus);

	fault_plan_start(&story->plan);
	story->answers[0] = fsps_bus_list(bus, see_nothing, NULL);
	story->answers[1] = fsps_publisher_wait_subscribers(publisher, FAULT_TOPIC, 2, 0);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

START_TEST(listing_and_waiting_for_subscribers_killed_anywhere)
{
	struct story *story = story_begin();
	struct fault_channels channels;
	bool killed = true;

	fault_channels_open(&channels, 2);
	for (unsigned at = 0; killed; at++) {
		killed = story_run(story, look_on, at);
		fault_expect_clean(2, 1);
	}
	ck_assert_int_eq(story->answers[0], 2);
	ck_assert_int_eq(story->answers[1], 2);
	ck_assert_uint_ge(story->plan.calls, 40);
	fault_channels_close(&channels);
	story_end(story);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("kill-remains");
	TCase *life = fault_case(suite, "life");
	TCase *sweep = fault_case(suite, "sweep");

	tcase_add_loop_test(life, opening_and_closing_a_channel_killed_anywhere, 0, 2);
	tcase_add_loop_test(life, making_a_home_killed_anywhere, 0, 2);
	tcase_add_loop_test(sweep, a_sweep_by_a_subscriber_killed_anywhere, 0, 2);
	tcase_add_loop_test(sweep, a_sweep_by_a_publisher_killed_anywhere, 0, 2);
	tcase_add_test(sweep, a_sweep_that_is_asked_for_killed_anywhere);
	tcase_add_test(sweep, listing_and_waiting_for_subscribers_killed_anywhere);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
