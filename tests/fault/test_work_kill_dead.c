/* SPDX-License-Identifier: MIT */
/*
 * SIGKILL at every kernel call of whoever takes over what the dead have left in a durable channel,
 * and of what is done with a channel from outside: purging it, replaying and discarding its dead
 * letters. And messages that kill whoever takes them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault/story.h"
#include "fault/work.h"
#include "store/names.h"
#include "unit/check_main.h"

/* Of the story that is told; a child's work takes no argument. */
static struct {
	struct work_book *book;
	bool shared;
} scene;

static void scene_set(bool shared)
{
	scene.book = work_book_new();
	scene.shared = shared;
}

static void scene_clear(void)
{
	work_book_free(scene.book);
}

/* ---- taking over from the dead ---- */

/* Dies with all that it has taken. */
static void take_and_die(struct story *story)
{
	fsps_bus *bus = fault_bus();
	fsps_channel *channel = work_attach(bus, scene.shared, FSPS_AT_LEAST_ONCE);

	(void)story;
	while (work_take(scene.book, channel) != NULL)
		;
	_exit(EXIT_SUCCESS);
}

static void make_dead(struct story *story, story_work work_of_the_dead)
{
	pid_t child = story_start(story, work_of_the_dead, UINT32_MAX);
	int status;

	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}

static void take_over(struct story *story)
{
	fsps_bus *bus = fault_bus();

	fault_plan_start(&story->plan);
	fsps_channel_close(work_attach(bus, scene.shared, FSPS_AT_LEAST_ONCE));
	fsps_bus_close(bus);
}

static void sweep(struct story *story)
{
	fault_plan_start(&story->plan);
	fault_visit();
}

static void take_and_leave(struct story *story)
{
	fsps_bus *bus = fault_bus();
	fsps_channel *channel;

	fault_plan_start(&story->plan);
	channel = work_attach(bus, scene.shared, FSPS_AT_LEAST_ONCE);
	fsps_message_unref(work_take(scene.book, channel));
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

/* Of what becomes of the claims and places of one who died, nothing is lost, and only what is being
 * written out of a segment at the moment comes twice. */
static void check_taken_over(bool killed)
{
	struct work_book again = {.closing = true};
	unsigned twice = 0;

	work_recover(&again, scene.shared);
	for (unsigned i = 0; i < WORK_MESSAGES; i++) {
		fault_assert(again.entries[i].handed_out >= 1, "message %u is lost", i);
		fault_assert(again.entries[i].attempt >= 2, "message %u: attempt %u", i,
			     again.entries[i].attempt);
		twice += again.entries[i].handed_out - 1;
	}
	ck_assert_uint_le(twice, killed && !scene.shared);
	work_expect_clean();
}

static void take_over_killed_everywhere(story_work work_of_the_next, bool shared)
{
	struct story *story = story_begin();
	bool killed = true;

	scene_set(shared);
	for (unsigned at = 0; killed; at++) {
		work_publish();
		work_book_clear(scene.book);
		make_dead(story, take_and_die);
		fault_let_sweep();
		killed = story_run(story, work_of_the_next, at);
		/* A sweep looks at all that the dead have, a reader may do so later. */
		if (work_of_the_next == sweep && !killed)
			ck_assert_uint_eq(fault_count_names(WORK_CHANNEL, FSI_PREFIX_CLAIMED), 0);
		check_taken_over(killed);
	}
	story_expect_calls(story, "renameat2", 1);
	scene_clear();
	story_end(story);
}

START_TEST(attaching_after_the_dead_killed_anywhere)
{
	take_over_killed_everywhere(take_over, _i == 1);
}
END_TEST

START_TEST(fetching_after_the_dead_killed_anywhere)
{
	take_over_killed_everywhere(take_and_leave, _i == 1);
}
END_TEST

START_TEST(sweeping_after_the_dead_killed_anywhere)
{
	take_over_killed_everywhere(sweep, _i == 1);
}
END_TEST

/* Nothing of it is left to those who settle alone. */
START_TEST(a_reader_at_most_once_gets_what_the_dead_had)
{
	struct work_book again = {.closing = true};
	struct story *story = story_begin();
	fsps_bus *bus = fault_bus();
	fsps_channel *channel;
	fsps_message *message;

	scene_set(_i == 1);
	work_publish();
	make_dead(story, take_and_die);
	channel = work_attach(bus, false, FSPS_AT_MOST_ONCE);
	fault_let_second_pass(channel);
	while ((message = work_take(&again, channel)) != NULL)
		fsps_message_unref(message);
	for (unsigned i = 0; i < WORK_MESSAGES; i++)
		fault_assert(again.entries[i].handed_out == 1, "message %u comes %u times", i,
			     again.entries[i].handed_out);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
	scene_clear();
	story_end(story);
}
END_TEST

/* ---- messages that kill ---- */

static void take_one_and_die(struct story *story)
{
	fsps_bus *bus = fault_bus();
	fsps_channel *channel = work_attach(bus, scene.shared, FSPS_AT_LEAST_ONCE);
	fsps_message *message = work_take(scene.book, channel);

	(void)story;
	_exit(message != NULL && fault_number_of(message) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void publish_one(void)
{
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher;

	fsps_channel_close(work_attach(bus, false, FSPS_AT_LEAST_ONCE));
	publisher = fault_publisher(bus);
	ck_assert_int_eq(fault_publish(publisher, 0, NULL), 1);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

static int check_letter(const struct fsps_dead_letter *letter, void *userdata)
{
	(void)userdata;
	ck_assert_str_eq(letter->reason, "died");
	ck_assert_uint_eq(letter->attempts, 5);
	ck_assert_uint_eq(fault_number_of(letter->message), 0);
	return 0;
}

START_TEST(a_message_that_kills_whoever_takes_it_becomes_a_dead_letter)
{
	struct work_book again = {.closing = true};
	struct story *story = story_begin();
	fsps_bus *bus = fault_bus();

	scene_set(_i == 1);
	publish_one();
	for (unsigned attempt = 1; attempt <= 5; attempt++) {
		ck_assert_uint_eq(fault_count_names(WORK_CHANNEL, FSI_PREFIX_DEAD), 0);
		make_dead(story, take_one_and_die);
		ck_assert_uint_eq(scene.book->entries[0].attempt, attempt);
	}
	work_recover(&again, scene.shared);
	ck_assert_uint_eq(again.entries[0].handed_out, 0);
	ck_assert_int_eq(fsps_dead_list(bus, WORK_CHANNEL, check_letter, NULL), 1);
	fsps_bus_close(bus);
	scene_clear();
	story_end(story);
}
END_TEST

/* ---- from outside ---- */

static void purge(struct story *story)
{
	fsps_bus *bus = fault_bus();

	fault_plan_start(&story->plan);
	scene.book->result = (int)fsps_channel_purge(bus, WORK_CHANNEL);
	fsps_bus_close(bus);
	story->answered = 1;
}

START_TEST(purging_killed_anywhere)
{
	struct story *story = story_begin();
	bool killed = true;

	scene_set(false);
	for (unsigned at = 0; killed; at++) {
		struct work_book again = {.closing = true};

		work_publish();
		killed = story_run(story, purge, at);
		work_recover(&again, scene.shared);
		for (unsigned i = 0; i < WORK_MESSAGES; i++)
			ck_assert_uint_le(again.entries[i].handed_out, story->answered == 0);
		work_expect_clean();
	}
	ck_assert_int_eq(scene.book->result, WORK_MESSAGES);
	story_expect_calls(story, "unlinkat", fault_count_files(WORK_MESSAGES) + 1);
	scene_clear();
	story_end(story);
}
END_TEST

/* ---- dead letters ---- */

/* Two of them, of messages 0 and 1; the others are done. */
static void make_dead_letters(char names[2][FSI_NAME_BYTES])
{
	struct work_book book = {.closing = true};
	fsps_bus *bus = fault_bus();
	fsps_channel *channel;
	fsps_message *message;

	work_publish();
	channel = work_attach(bus, false, FSPS_AT_LEAST_ONCE);
	while ((message = work_take(&book, channel)) != NULL) {
		unsigned number = fault_number_of(message);

		if (number < 2) {
			ck_assert_int_eq(fsps_message_reject(channel, message, "never"), FSPS_OK);
			snprintf(names[number], FSI_NAME_BYTES, FSI_PREFIX_DEAD "rejected-1-%llu",
				 (unsigned long long)fsps_message_id(message));
			fsps_message_unref(message);
		} else {
			work_acknowledge(&book, channel, message);
		}
	}
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

static char letters[2][FSI_NAME_BYTES];

static void replay_and_discard(struct story *story)
{
	fsps_bus *bus = fault_bus();

	fault_plan_start(&story->plan);
	story->answers[0] = fsps_dead_replay(bus, WORK_CHANNEL, letters[0]);
	story->answered = 1;
	story->answers[1] = fsps_dead_discard(bus, WORK_CHANNEL, letters[1]);
	story->answered = 2;
	fsps_bus_close(bus);
}

START_TEST(replaying_and_discarding_killed_anywhere)
{
	struct story *story = story_begin();
	bool killed = true;

	scene_set(false);
	for (unsigned at = 0; killed; at++) {
		struct work_book again = {.closing = true};
		unsigned dead[WORK_MESSAGES] = {0};

		make_dead_letters(letters);
		killed = story_run(story, replay_and_discard, at);
		for (unsigned i = 0; i < story->answered; i++)
			ck_assert_int_eq(story->answers[i], FSPS_OK);
		work_recover(&again, scene.shared);
		work_collect_dead(dead);
		ck_assert_uint_eq(again.entries[0].handed_out + dead[0], 1);
		ck_assert_uint_le(again.entries[0].attempt, 1);
		ck_assert_uint_le(dead[0], story->answered < 1);
		ck_assert_uint_le(dead[1], story->answered < 2);
		work_expect_clean();
	}
	story_expect_calls(story, "renameat2", 1);
	story_expect_calls(story, "unlinkat", 3);
	scene_clear();
	story_end(story);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("work-kill-dead");
	TCase *dead = fault_case(suite, "dead");
	TCase *swept = fault_case(suite, "swept");
	TCase *once = fault_case(suite, "once");
	TCase *poison = fault_case(suite, "poison");
	TCase *outside = fault_case(suite, "outside");

	/* Alone and of a group. */
	tcase_add_loop_test(dead, attaching_after_the_dead_killed_anywhere, 0, 2);
	tcase_add_loop_test(dead, fetching_after_the_dead_killed_anywhere, 0, 2);
	tcase_add_loop_test(swept, sweeping_after_the_dead_killed_anywhere, 0, 2);
	tcase_add_loop_test(once, a_reader_at_most_once_gets_what_the_dead_had, 0, 2);
	tcase_add_loop_test(poison, a_message_that_kills_whoever_takes_it_becomes_a_dead_letter, 0,
			    2);
	tcase_add_test(outside, purging_killed_anywhere);
	tcase_add_test(outside, replaying_and_discarding_killed_anywhere);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
