/* SPDX-License-Identifier: MIT */
/*
 * SIGKILL at every kernel call of what a durable channel's reader does, and of its making and its
 * removal. Whoever reads next gets all that was not settled; what was settled comes again only
 * where it lay in a segment.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "fault/story.h"
#include "fault/work.h"
#include "store/names.h"
#include "unit/check_main.h"

/* Of the story that is told; a child's work takes no argument. */
static struct {
	struct work_book *book;
	bool shared;
	int delivery;
	enum work_repeats repeats;
} scene;

static void scene_set(bool shared, int delivery)
{
	scene.book = work_book_new();
	scene.shared = shared;
	scene.delivery = delivery;
	scene.repeats = shared ? WORK_ONE_FRAME_MORE : WORK_FRAMES_ONCE_MORE;
}

static void scene_clear(void)
{
	work_book_free(scene.book);
}

static bool channel_exists(void)
{
	struct stat status;
	char path[400];

	snprintf(path, sizeof path, "%s/" WORK_CHANNEL, fault_home());
	return stat(path, &status) == 0;
}

/* ---- coming to be, and going ---- */

static void create(struct story *story)
{
	fsps_bus *bus = fault_bus();

	fault_plan_start(&story->plan);
	scene.book->result = fsps_durable_create(bus, FAULT_TOPIC, WORK_NAME);
	fsps_bus_close(bus);
}

START_TEST(creating_a_channel_killed_anywhere)
{
	struct story *story = story_begin();
	bool killed = true;

	scene_set(false, FSPS_AT_LEAST_ONCE);
	fault_set_nameless(_i == 0);
	for (unsigned at = 0; killed; at++) {
		fault_remove_tree(fault_home());
		work_book_clear(scene.book);
		killed = story_run(story, create, at);
		if (scene.book->result == 1)
			ck_assert(channel_exists());
		fault_visit();
		fault_expect_clean(channel_exists(), 0);
		work_publish();
		work_book_clear(scene.book);
		work_check(scene.book, scene.shared, WORK_NO_REPEATS);
		work_expect_clean();
	}
	ck_assert_int_eq(scene.book->result, 0);
	story_expect_calls(story, "renameat2", 1);
	story_expect_calls(story, "mkfifoat", 1);
	ck_assert_uint_ge(story->plan.calls, 35);
	scene_clear();
	story_end(story);
}
END_TEST

static void remove_channel(struct story *story)
{
	fsps_bus *bus = fault_bus();

	fault_plan_start(&story->plan);
	scene.book->result = fsps_durable_remove(bus, WORK_CHANNEL, 0);
	fsps_bus_close(bus);
	story->answered = 1;
}

START_TEST(removing_a_channel_killed_anywhere)
{
	struct story *story = story_begin();
	bool killed = true;

	scene_set(false, FSPS_AT_LEAST_ONCE);
	for (unsigned at = 0; killed; at++) {
		work_publish();
		work_book_clear(scene.book);
		killed = story_run(story, remove_channel, at);
		if (channel_exists()) {
			ck_assert_uint_eq(story->answered, 0);
			work_check(scene.book, scene.shared, WORK_NO_REPEATS);
			work_remove();
		}
		fault_visit();
		fault_expect_clean(0, 0);
	}
	ck_assert_int_eq(scene.book->result, FSPS_OK);
	story_expect_calls(story, "renameat2", 1);
	story_expect_calls(story, "unlinkat", fault_count_files(WORK_MESSAGES) + 1 + 3);
	scene_clear();
	story_end(story);
}
END_TEST

/* ---- work ---- */

static void work(struct story *story)
{
	fsps_bus *bus = fault_bus();
	fsps_channel *channel;

	fault_plan_start(&story->plan);
	channel = work_attach(bus, scene.shared, scene.delivery);
	work_do_all(scene.book, channel);
	scene.book->closing = true;
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

/* Whoever leaves in order has not failed: what was in work is as it was. */
static void check_uncounted(void)
{
	struct work_book again = {.closing = true};

	work_recover(&again, scene.shared);
	for (unsigned i = WORK_LEAVE; i < WORK_MESSAGES; i += WORK_WAYS) {
		ck_assert_uint_eq(again.entries[i].handed_out, 1);
		ck_assert_uint_eq(again.entries[i].attempt, scene.book->entries[i].attempt);
	}
	work_collect_dead((unsigned[WORK_MESSAGES]){0});
}

static void work_killed_everywhere(struct story *story)
{
	bool killed = true;

	for (unsigned at = 0; killed; at++) {
		work_publish();
		work_book_clear(scene.book);
		killed = story_run(story, work, at);
		work_check(scene.book, scene.shared, killed ? scene.repeats : WORK_NO_REPEATS);
		work_expect_clean();
	}
	for (unsigned i = 0; i < WORK_MESSAGES; i++)
		ck_assert_uint_ge(scene.book->entries[i].handed_out, 1);
	work_publish();
	work_book_clear(scene.book);
	ck_assert(!story_run(story, work, UINT32_MAX));
	check_uncounted();
}

START_TEST(a_reader_alone_killed_anywhere)
{
	struct story *story = story_begin();
	unsigned files = fault_count_files(WORK_MESSAGES);

	scene_set(false, FSPS_AT_LEAST_ONCE);
	fault_set_nameless(_i == 0);
	work_killed_everywhere(story);
	/* The claims, what comes again, and dead letters. */
	story_expect_calls(story, "renameat2", files + 2);
	story_expect_calls(story, "unlinkat", 5);
	ck_assert_uint_ge(story->plan.calls, 100);
	scene_clear();
	story_end(story);
}
END_TEST

START_TEST(a_worker_of_a_group_killed_anywhere)
{
	struct story *story = story_begin();

	scene_set(true, FSPS_AT_LEAST_ONCE);
	fault_set_nameless(_i == 0);
	work_killed_everywhere(story);
	/* Claims; what failed and was left comes again, what was extended, what was rejected. */
	story_expect_calls(story, "renameat2", WORK_MESSAGES + 8);
	story_expect_calls(story, "unlinkat", 6);
	ck_assert_uint_ge(story->plan.calls, 150);
	scene_clear();
	story_end(story);
}
END_TEST

/* ---- at most once ---- */

static void take_all(struct story *story)
{
	fsps_bus *bus = fault_bus();
	fsps_channel *channel;
	fsps_message *message;

	fault_plan_start(&story->plan);
	channel = work_attach(bus, false, FSPS_AT_MOST_ONCE);
	while ((message = work_take(scene.book, channel)) != NULL)
		fsps_message_unref(message);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

/* A batch of frames is passed before its first one is handed out. */
static void check_taken_once(bool killed)
{
	unsigned files = fault_count_files(WORK_MESSAGES);
	struct work_book again = {.closing = true};
	unsigned lost = 0;

	work_recover(&again, scene.shared);
	for (unsigned i = 0; i < WORK_MESSAGES; i++) {
		unsigned found = scene.book->entries[i].handed_out + again.entries[i].handed_out;

		fault_assert(found <= 1, "message %u comes twice", i);
		if (i < files)
			lost += 1 - found;
	}
	ck_assert_uint_le(lost, killed);
	work_expect_clean();
}

START_TEST(a_reader_at_most_once_killed_anywhere)
{
	struct story *story = story_begin();
	bool killed = true;

	scene_set(false, FSPS_AT_MOST_ONCE);
	for (unsigned at = 0; killed; at++) {
		work_publish();
		work_book_clear(scene.book);
		killed = story_run(story, take_all, at);
		check_taken_once(killed);
	}
	for (unsigned i = 0; i < WORK_MESSAGES; i++)
		ck_assert_uint_eq(scene.book->entries[i].handed_out, 1);
	/* The place ahead, files, the segment. */
	story_expect_calls(story, "renameat2", 1);
	story_expect_calls(story, "unlinkat", fault_count_files(WORK_MESSAGES) + 1);
	scene_clear();
	story_end(story);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("work-kill");
	TCase *life = fault_case(suite, "life");
	TCase *alone = fault_case(suite, "alone");
	TCase *group = fault_case(suite, "group");
	TCase *once = fault_case(suite, "once");

	/* With nameless files and without. */
	tcase_add_loop_test(life, creating_a_channel_killed_anywhere, 0, 2);
	tcase_add_test(life, removing_a_channel_killed_anywhere);
	tcase_add_loop_test(alone, a_reader_alone_killed_anywhere, 0, 2);
	tcase_add_loop_test(group, a_worker_of_a_group_killed_anywhere, 0, 2);
	tcase_add_test(once, a_reader_at_most_once_killed_anywhere);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
