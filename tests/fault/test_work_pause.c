/* SPDX-License-Identifier: MIT */
/*
 * A process that works on a durable channel stops at any kernel call, another one does all that it
 * has to do, and the first one goes on: nothing is lost, and nobody gets what another one has.
 */
#include <unistd.h>

#include "base/sys.h"
#include "fault/story.h"
#include "fault/work.h"
#include "store/names.h"
#include "subscribe/channel.h"
#include "unit/check_main.h"

/* Of the story that is told; a child's work takes no argument. */
static struct {
	/* What the one that stops did, and what the other one did. */
	struct work_book *first;
	struct work_book *other;
	bool shared;
} scene;

static void scene_set(bool shared)
{
	scene.first = work_book_new();
	scene.other = work_book_new();
	scene.shared = shared;
}

static void scene_clear(void)
{
	work_book_free(scene.first);
	work_book_free(scene.other);
}

/* What the other one does. */
typedef void (*others_work)(void);

/* Pauses the first one at each of its calls. */
static void pause_everywhere(struct story *story, story_work first, others_work other,
			     void (*check)(bool paused))
{
	bool paused = true;

	for (unsigned at = 0; paused; at++) {
		pid_t child;

		work_publish();
		work_book_clear(scene.first);
		work_book_clear(scene.other);
		paused = story_pause(story, first, at, &child);
		other();
		if (paused)
			story_go_on(story, child);
		check(paused);
	}
}

/* Both of all that there is, whoever had it. */
static unsigned count_done(unsigned number)
{
	return (unsigned)scene.first->entries[number].acked +
	       (unsigned)scene.other->entries[number].acked;
}

static unsigned count_handed_out(unsigned number)
{
	return scene.first->entries[number].handed_out + scene.other->entries[number].handed_out;
}

/* ---- two workers ---- */

static void take_all(struct work_book *book, fsps_channel *channel)
{
	fsps_message *message;

	while ((message = work_take(book, channel)) != NULL)
		work_acknowledge(book, channel, message);
}

static void count_one(unsigned number, void *userdata)
{
	(void)number;
	(*(unsigned *)userdata)++;
}

/* Whoever has found nothing may sleep: what waits by now has woken it. */
static void expect_no_oversleeping(fsps_channel *channel)
{
	unsigned waiting = 0;

	fault_each_message(WORK_CHANNEL, count_one, &waiting);
	fault_assert(waiting == 0 || fault_is_readable(channel), "%u messages are slept over",
		     waiting);
}

static void work(struct story *story)
{
	fsps_bus *bus = fault_bus();
	fsps_channel *channel;

	fault_plan_start(&story->plan);
	channel = work_attach(bus, true, FSPS_AT_LEAST_ONCE);
	(void)fsps_channel_fd(channel);
	take_all(scene.first, channel);
	expect_no_oversleeping(channel);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

static void work_beside(void)
{
	fsps_bus *bus = fault_bus();
	fsps_channel *channel = work_attach(bus, true, FSPS_AT_LEAST_ONCE);

	take_all(scene.other, channel);
	fault_let_second_pass(channel);
	take_all(scene.other, channel);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

/* Each of them is done once. One that was at the unpacking, or that went before it had found all,
 * leaves the rest. */
static void check_each_once(bool paused)
{
	struct work_book rest = {.closing = true};

	(void)paused;
	work_recover(&rest, true);
	for (unsigned i = 0; i < WORK_MESSAGES; i++) {
		fault_assert(count_done(i) + rest.entries[i].acked == 1,
			     "message %u was done %u times", i,
			     count_done(i) + rest.entries[i].acked);
		fault_assert(count_handed_out(i) + rest.entries[i].handed_out == 1,
			     "message %u was handed out twice", i);
	}
	work_expect_clean();
}

START_TEST(of_two_workers_one_stops_anywhere)
{
	struct story *story = story_begin();

	scene_set(true);
	pause_everywhere(story, work, work_beside, check_each_once);
	ck_assert_uint_ge(story->plan.calls, 80);
	scene_clear();
	story_end(story);
}
END_TEST

/* ---- past the deadline ---- */

static void work_after_the_deadline(void)
{
	fsi_sys_clock_step_us = 60 * 1000000;
	work_beside();
	fsi_sys_clock_step_us = 0;
}

/* Whoever is late is told so: only one of the two has done it in the channel's eyes. */
static void check_late(bool paused)
{
	struct work_book rest = {.closing = true};

	(void)paused;
	work_recover(&rest, true);
	for (unsigned i = 0; i < WORK_MESSAGES; i++) {
		fault_assert(count_done(i) + rest.entries[i].acked == 1,
			     "message %u was done %u times", i,
			     count_done(i) + rest.entries[i].acked);
		if (count_handed_out(i) > 1)
			ck_assert_uint_eq(scene.first->entries[i].late, 1);
	}
	work_expect_clean();
}

START_TEST(a_worker_stops_anywhere_past_its_deadline)
{
	struct story *story = story_begin();

	scene_set(true);
	pause_everywhere(story, work, work_after_the_deadline, check_late);
	scene_clear();
	story_end(story);
}
END_TEST

/* ---- one reader alone, and one that wants to be ---- */

static void work_alone(struct story *story)
{
	const struct fsps_channel_options options = work_options(false, FSPS_AT_LEAST_ONCE);
	fsps_channel *channel = NULL;
	fsps_bus *bus = fault_bus();

	fault_plan_start(&story->plan);
	scene.first->result = fsps_channel_open(bus, FAULT_TOPIC, &options, &channel);
	if (channel != NULL) {
		(void)fsps_channel_fd(channel);
		take_all(scene.first, channel);
		expect_no_oversleeping(channel);
	}
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

static void try_to_work(void)
{
	const struct fsps_channel_options options = work_options(false, FSPS_AT_LEAST_ONCE);
	fsps_channel *channel = NULL;
	fsps_bus *bus = fault_bus();

	scene.other->result = fsps_channel_open(bus, FAULT_TOPIC, &options, &channel);
	if (channel != NULL) {
		take_all(scene.other, channel);
		fault_let_second_pass(channel);
		take_all(scene.other, channel);
	}
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

static void check_alone(bool paused)
{
	ck_assert(scene.first->result == FSPS_OK || scene.first->result == FSPS_ERR_BUSY);
	ck_assert(scene.other->result == FSPS_OK || scene.other->result == FSPS_ERR_BUSY);
	ck_assert(scene.first->result == FSPS_OK || scene.other->result == FSPS_OK);
	check_each_once(paused);
}

START_TEST(a_reader_alone_stops_anywhere_while_another_tries_to_attach)
{
	struct story *story = story_begin();

	scene_set(false);
	pause_everywhere(story, work_alone, try_to_work, check_alone);
	ck_assert_uint_ge(story->plan.calls, 60);
	scene_clear();
	story_end(story);
}
END_TEST

/* ---- taking over ---- */

static void die_with_all(void)
{
	struct work_book book = {.closing = true};
	fsps_bus *bus = fault_bus();
	fsps_channel *channel = work_attach(bus, true, FSPS_AT_LEAST_ONCE);
	fsps_message *message;

	while ((message = work_take(&book, channel)) != NULL)
		fsps_message_unref(message);
	work_abandon(channel);
	fsps_bus_close(bus);
}

static void sweep_and_work(struct story *story)
{
	die_with_all();
	fault_let_sweep();
	work(story);
}

static void sweep_beside(void)
{
	fault_let_sweep();
	work_beside();
}

START_TEST(one_who_takes_over_stops_anywhere_while_another_does_so_too)
{
	struct story *story = story_begin();

	scene_set(true);
	pause_everywhere(story, sweep_and_work, sweep_beside, check_each_once);
	scene_clear();
	story_end(story);
}
END_TEST

/* ---- from outside ---- */

static void publish_beside(void)
{
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = fault_publisher(bus);

	ck_assert_int_eq(fault_publish(publisher, 0, NULL), 1);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

/* Message 0 was published twice, all others once. */
static void check_published(bool paused)
{
	struct work_book rest = {.closing = true};

	(void)paused;
	work_recover(&rest, scene.shared);
	for (unsigned i = 0; i < WORK_MESSAGES; i++)
		fault_assert(count_handed_out(i) + rest.entries[i].handed_out == 1 + (i == 0),
			     "message %u was handed out %u times", i,
			     count_handed_out(i) + rest.entries[i].handed_out);
	work_expect_clean();
}

START_TEST(a_reader_stops_anywhere_while_somebody_publishes)
{
	struct story *story = story_begin();

	scene_set(_i == 1);
	pause_everywhere(story, _i == 1 ? work : work_alone, publish_beside, check_published);
	scene_clear();
	story_end(story);
}
END_TEST

static void work_until_gone(struct story *story)
{
	const struct fsps_channel_options options = work_options(true, FSPS_AT_LEAST_ONCE);
	fsps_channel *channel = NULL;
	fsps_message *message = NULL;
	fsps_bus *bus = fault_bus();
	int r;

	fault_plan_start(&story->plan);
	r = fsps_channel_open(bus, FAULT_TOPIC, &options, &channel);
	scene.first->result = r;
	fault_assert(r == FSPS_OK || r == FSPS_ERR_GONE, "attach: %s", fsps_last_error()->text);
	while (channel != NULL && (r = fsps_channel_fetch(channel, &message)) == 1) {
		int settled = fsps_message_ack(channel, message);

		ck_assert(settled == FSPS_OK || settled == FSPS_ERR_EXPIRED);
		fsps_message_unref(message);
	}
	ck_assert(r == 0 || r == FSPS_ERR_GONE);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

static void remove_with(int flags)
{
	fsps_bus *bus = fault_bus();

	scene.other->result = fsps_durable_remove(bus, WORK_CHANNEL, flags);
	fsps_bus_close(bus);
}

static void remove_by_force(void)
{
	remove_with(FSPS_DURABLE_FORCE);
}

static void remove_if_unread(void)
{
	remove_with(0);
}

/* One that had not attached yet makes it again. */
static void check_removed(bool paused)
{
	(void)paused;
	ck_assert_int_eq(scene.other->result, FSPS_OK);
	fault_visit();
	if (fault_count_names(".", WORK_CHANNEL) > 0)
		work_remove();
	fault_expect_clean(0, 0);
}

/* Whoever attaches has it; one that went before he had it is made again. */
static void check_removed_or_read(bool paused)
{
	(void)paused;
	ck_assert_int_eq(scene.first->result, FSPS_OK);
	ck_assert(scene.other->result == FSPS_OK || scene.other->result == FSPS_ERR_BUSY);
	fault_visit();
	if (fault_count_names(".", WORK_CHANNEL) > 0)
		work_remove();
	fault_expect_clean(0, 0);
}

START_TEST(a_worker_stops_anywhere_while_the_channel_is_removed)
{
	struct story *story = story_begin();

	scene_set(true);
	pause_everywhere(story, work_until_gone, _i == 0 ? remove_by_force : remove_if_unread,
			 _i == 0 ? check_removed : check_removed_or_read);
	scene_clear();
	story_end(story);
}
END_TEST

static void purge_beside(void)
{
	fsps_bus *bus = fault_bus();
	int64_t r = fsps_channel_purge(bus, WORK_CHANNEL);

	ck_assert(r >= 0 || r == FSPS_ERR_BUSY);
	scene.other->result = (int)r;
	fsps_bus_close(bus);
}

/* What the purge did not count was handed out, once. */
static void check_purged(bool paused)
{
	struct work_book rest = {.closing = true};
	unsigned handed_out = 0;

	(void)paused;
	work_recover(&rest, scene.shared);
	for (unsigned i = 0; i < WORK_MESSAGES; i++) {
		unsigned found = count_handed_out(i) + rest.entries[i].handed_out;

		ck_assert_uint_le(found, 1);
		handed_out += found;
	}
	if (scene.other->result >= 0)
		ck_assert_uint_eq(handed_out, WORK_MESSAGES - (unsigned)scene.other->result);
	work_expect_clean();
}

START_TEST(a_reader_stops_anywhere_while_somebody_purges)
{
	struct story *story = story_begin();

	scene_set(_i == 1);
	pause_everywhere(story, _i == 1 ? work : work_alone, purge_beside, check_purged);
	scene_clear();
	story_end(story);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("work-pause");
	TCase *workers = fault_case(suite, "workers");
	TCase *late = fault_case(suite, "late");
	TCase *alone = fault_case(suite, "alone");
	TCase *over = fault_case(suite, "take-over");
	TCase *removal = fault_case(suite, "removal");
	TCase *outside = fault_case(suite, "outside");

	tcase_add_test(workers, of_two_workers_one_stops_anywhere);
	tcase_add_test(late, a_worker_stops_anywhere_past_its_deadline);
	tcase_add_test(alone, a_reader_alone_stops_anywhere_while_another_tries_to_attach);
	tcase_add_test(over, one_who_takes_over_stops_anywhere_while_another_does_so_too);
	/* Alone, and of a group. */
	tcase_add_loop_test(outside, a_reader_stops_anywhere_while_somebody_publishes, 0, 2);
	/* By force, and only if nobody reads. */
	tcase_add_loop_test(removal, a_worker_stops_anywhere_while_the_channel_is_removed, 0, 2);
	tcase_add_loop_test(outside, a_reader_stops_anywhere_while_somebody_purges, 0, 2);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
