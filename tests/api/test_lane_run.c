/* SPDX-License-Identifier: MIT */
/*
 * Frames that follow one another are taken with little to look at, and into messages whose memory
 * is used again. Whatever comes between two of them must be noticed all the same, and a message
 * that somebody has must stay his.
 */
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "api/lane_stage.h"
#include "unit/check_main.h"

/* A burst is longer than a run, and what is read of it before something happens lies within one. */
enum { LENGTH = 100, BURST = 200, PART = 10, HELD = 100, THREADS = 4 };

static void publish_burst(uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		ck_assert_int_eq(lane_publish(publisher, "a", first + i, LENGTH, NULL), 1);
}

static void expect_nothing(void)
{
	fsps_message *message = NULL;

	ck_assert_int_eq(fsps_channel_fetch(channel, &message), 0);
}

/* ---- what comes between ---- */

START_TEST(messages_of_many_lengths_and_topics_come_as_they_were_published)
{
	static const char *const topics[] = {"a", "b", "a.longer.topic.than.eight", "c"};
	fsps_channel *all = fixture_subscribe(bus, "+");

	for (uint32_t i = 0; i < BURST; i++)
		ck_assert_int_ge(lane_publish(publisher, topics[i / PART % 4], i, 4 + i % 50, NULL),
				 1);
	for (uint32_t i = 0; i < BURST; i++) {
		fsps_message *message = fixture_receive(all);

		ck_assert_uint_eq(lane_number_of(message), i);
		ck_assert_str_eq(fsps_message_topic(message), topics[i / PART % 4]);
		fsps_message_unref(message);
	}
	fsps_channel_close(all);
}
END_TEST

START_TEST(a_message_with_headers_has_them_and_those_around_it_have_none)
{
	fsps_headers *headers = NULL;

	ck_assert_int_eq(fsps_headers_new(&headers), FSPS_OK);
	ck_assert_int_eq(fsps_headers_set_int(headers, "n", 1), FSPS_OK);
	for (uint32_t i = 0; i < BURST; i++)
		ck_assert_int_eq(fsps_publish(publisher, "a", i == PART ? headers : NULL, &i,
					      sizeof i, NULL),
				 1);
	for (uint32_t i = 0; i < BURST; i++) {
		fsps_message *message = fixture_receive(channel);

		ck_assert_mem_eq(fsps_message_payload(message, NULL), &i, sizeof i);
		ck_assert_uint_eq(fsps_headers_count(fsps_message_headers(message)), i == PART);
		fsps_message_unref(message);
	}
	fsps_headers_free(headers);
}
END_TEST

static int drop_all(const fsps_message *message, const char *channel_name, void *userdata)
{
	(void)message;
	(void)channel_name;
	(void)userdata;
	return 1;
}

START_TEST(a_hook_sees_all_that_is_handed_out_after_it_was_added)
{
	publish_burst(0, BURST);
	lane_expect_all(channel, 0, PART);
	ck_assert_int_eq(fsps_bus_add_deliver_hook(bus, drop_all, NULL), FSPS_OK);
	expect_nothing();
	ck_assert_uint_eq(fixture_stats(channel).dropped, BURST - PART);
	ck_assert_uint_eq(fixture_stats(channel).delivered, PART);
}
END_TEST

/* How often another publisher's message came than the last time, and whose that was. */
struct turns {
	size_t count;
	uint32_t whose;
};

static int drop_and_note_turn(const fsps_message *message, const char *channel_name, void *userdata)
{
	struct turns *turns = userdata;
	uint32_t whose = lane_number_of(message) / BURST;

	(void)channel_name;
	turns->count += whose != turns->whose;
	turns->whose = whose;
	return 1;
}

START_TEST(publishers_take_turns_of_many_messages_that_a_hook_drops)
{
	fsps_publisher *other = lane_open_publisher(bus);
	struct turns turns = {0};

	publish_burst(0, BURST);
	for (uint32_t i = 0; i < BURST; i++)
		ck_assert_int_eq(lane_publish(other, "a", BURST + i, LENGTH, NULL), 1);
	ck_assert_int_eq(fsps_bus_add_deliver_hook(bus, drop_and_note_turn, &turns), FSPS_OK);
	expect_nothing();
	ck_assert_uint_eq(fixture_stats(channel).dropped, 2 * BURST);
	ck_assert_uint_ge(turns.count, 1);
	ck_assert_uint_le(turns.count, 2 * BURST / PART);
	fsps_publisher_close(other);
}
END_TEST

static int64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

START_TEST(a_time_to_live_holds_for_all_that_is_handed_out_after_it_was_set)
{
	struct fsps_limits limits = {.size = sizeof limits};
	int64_t end_ms;

	publish_burst(0, BURST);
	lane_expect_all(channel, 0, PART);
	ck_assert_int_eq(fsps_channel_get_limits(bus, fsps_channel_name(channel), &limits),
			 FSPS_OK);
	limits.ttl_ms = 1;
	ck_assert_int_eq(fsps_channel_set_limits(bus, fsps_channel_name(channel), &limits),
			 FSPS_OK);
	/* By the clock that readers go by, which may be that much behind. */
	for (end_ms = wall_ms() + 20; wall_ms() <= end_ms;)
		;
	expect_nothing();
	ck_assert_uint_eq(fixture_stats(channel).expired, BURST - PART);
}
END_TEST

START_TEST(what_is_read_is_counted_at_once)
{
	publish_burst(0, BURST);
	for (uint32_t i = 0; i < BURST; i++) {
		lane_expect(channel, i);
		ck_assert_uint_eq(fixture_stats(channel).delivered, i + 1);
		ck_assert_uint_eq(fixture_stats(channel).from_segments, i + 1);
		ck_assert_uint_eq(fixture_info(bus).backlog, BURST - i - 1);
	}
}
END_TEST

/* ---- whose a message is ---- */

START_TEST(any_number_of_messages_may_be_held_and_given_back_in_any_order)
{
	fsps_message *held[HELD];

	for (uint32_t round = 0; round < PART; round++) {
		publish_burst(0, HELD);
		for (uint32_t i = 0; i < HELD; i++)
			held[i] = fixture_receive(channel);
		for (uint32_t i = 0; i < HELD; i++) {
			uint32_t index = i * 37 % HELD;

			ck_assert_uint_eq(lane_number_of(held[index]), index);
			fsps_message_unref(held[index]);
		}
	}
	expect_nothing();
}
END_TEST

START_TEST(messages_that_are_held_outlive_their_channel)
{
	fsps_message *held[HELD];

	publish_burst(0, HELD);
	for (uint32_t i = 0; i < HELD; i++)
		held[i] = fixture_receive(channel);
	fsps_channel_close(channel);
	for (uint32_t i = 0; i < HELD; i++) {
		ck_assert_uint_eq(lane_number_of(held[i]), i);
		fsps_message_unref(held[i]);
	}
	channel = fixture_subscribe(bus, "a");
}
END_TEST

START_TEST(each_of_several_references_keeps_a_message)
{
	fsps_message *first;

	publish_burst(0, BURST);
	lane_expect(channel, 0);
	first = fixture_receive(channel);
	ck_assert_ptr_eq(fsps_message_ref(first), first);
	fsps_message_unref(first);
	lane_expect_all(channel, 2, BURST - 2);
	ck_assert_uint_eq(lane_number_of(first), 1);
	fsps_message_unref(first);
}
END_TEST

/* Sums up the first bytes of all that it gets; all threads share the channel. */
static void *consume(void *argument)
{
	fsps_message *held[3] = {NULL};
	uint64_t *sum = argument;

	for (size_t i = 0;; i = (i + 1) % 3) {
		fsps_message *message = NULL;
		uint32_t number;

		if (fsps_channel_receive(channel, 0, &message) != 1)
			break;
		memcpy(&number, fsps_message_payload(message, NULL), sizeof number);
		*sum += number + 1;
		fsps_message_unref(held[i]);
		held[i] = message;
	}
	for (size_t i = 0; i < 3; i++)
		fsps_message_unref(held[i]);
	return NULL;
}

START_TEST(threads_share_what_comes_and_each_message_is_one_threads)
{
	pthread_t threads[THREADS];
	uint64_t sums[THREADS] = {0};
	uint64_t sum = 0;

	publish_burst(0, 50 * BURST);
	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, consume, &sums[i]), 0);
	for (size_t i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
		sum += sums[i];
	}
	ck_assert_uint_eq(sum, UINT64_C(50) * BURST * (50 * BURST + 1) / 2);
}
END_TEST

START_TEST(a_forked_child_is_told_so_and_what_it_holds_stays_readable)
{
	fsps_message *message;
	int status = 0;
	pid_t child;

	publish_burst(0, BURST);
	lane_expect(channel, 0);
	message = fixture_receive(channel);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		fsps_message *next = NULL;
		bool right = fsps_channel_fetch(channel, &next) == FSPS_ERR_FORKED &&
			     lane_number_of(message) == 1;

		fsps_message_unref(message);
		_exit(right ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	lane_expect_all(channel, 2, BURST - 2);
	ck_assert_uint_eq(lane_number_of(message), 1);
	fsps_message_unref(message);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lane_run");
	TCase *tcase = fixture_tcase(suite, "lane_run");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, messages_of_many_lengths_and_topics_come_as_they_were_published);
	tcase_add_test(tcase, a_message_with_headers_has_them_and_those_around_it_have_none);
	tcase_add_test(tcase, a_hook_sees_all_that_is_handed_out_after_it_was_added);
	tcase_add_test(tcase, publishers_take_turns_of_many_messages_that_a_hook_drops);
	tcase_add_test(tcase, a_time_to_live_holds_for_all_that_is_handed_out_after_it_was_set);
	tcase_add_test(tcase, what_is_read_is_counted_at_once);
	tcase_add_test(tcase, any_number_of_messages_may_be_held_and_given_back_in_any_order);
	tcase_add_test(tcase, messages_that_are_held_outlive_their_channel);
	tcase_add_test(tcase, each_of_several_references_keeps_a_message);
	tcase_add_test(tcase, threads_share_what_comes_and_each_message_is_one_threads);
	tcase_add_test(tcase, a_forked_child_is_told_so_and_what_it_holds_stays_readable);
	return check_main(suite);
}
