/* SPDX-License-Identifier: MIT */
/*
 * When messages go into segments, who gets them, and that the order of a publisher's messages is
 * the same whichever way each of them takes.
 */
#include <stdio.h>
#include <unistd.h>

#include "api/lane.h"
#include "api/plain.h"
#include "unit/check_main.h"

static fsps_bus *bus;

static void set_up(void)
{
	lane_force(NULL);
	bus = fixture_open_bus();
}

static void tear_down(void)
{
	fsps_bus_close(bus);
}

/* ---- the switch ---- */

START_TEST(the_first_three_messages_have_files_of_their_own_and_the_fourth_a_segment)
{
	fsps_publisher *publisher = fixture_open_publisher(bus);
	fsps_channel *channel = fixture_subscribe(bus, "a");

	for (uint32_t i = 0; i < 3; i++) {
		ck_assert_int_eq(lane_publish(publisher, "a", i, 100, NULL), 1);
		ck_assert_uint_eq(lane_files(channel), i + 1);
		ck_assert_uint_eq(lane_segments(channel), 0);
	}
	ck_assert_uint_eq(fixture_count(fixture_path("tmp"), ""), 0);
	ck_assert_int_eq(lane_publish(publisher, "a", 3, 100, NULL), 1);
	ck_assert_uint_eq(lane_files(channel), 3);
	ck_assert_uint_eq(lane_segments(channel), 1);
	lane_expect_all(channel, 0, 4);
	ck_assert_uint_eq(fixture_stats(channel).from_segments, 1);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
}
END_TEST

/* As often as a command is run in a loop. */
START_TEST(a_publisher_that_publishes_once_never_makes_a_segment)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");

	for (uint32_t i = 0; i < 20; i++) {
		fsps_publisher *publisher = fixture_open_publisher(bus);

		ck_assert_int_eq(lane_publish(publisher, "a", i, 100, NULL), 1);
		fsps_publisher_close(publisher);
	}
	ck_assert_uint_eq(lane_files(channel), 20);
	ck_assert_uint_eq(lane_segments(channel), 0);
	lane_expect_all(channel, 0, 20);
	ck_assert_uint_eq(fixture_stats(channel).from_segments, 0);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(messages_that_nobody_listens_to_do_not_bring_the_switch_nearer)
{
	fsps_publisher *publisher = fixture_open_publisher(bus);
	fsps_channel *channel = fixture_subscribe(bus, "a");

	for (uint32_t i = 0; i < 10; i++)
		ck_assert_int_eq(lane_publish(publisher, "nobody", i, 100, NULL), 0);
	ck_assert_int_eq(lane_publish(publisher, "a", 0, 100, NULL), 1);
	ck_assert_uint_eq(lane_segments(channel), 0);
	lane_expect(channel, 0);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(each_lane_can_be_asked_for_in_the_environment)
{
	static const char *const lanes[] = {"plain", "fast"};
	fsps_channel *channel = fixture_subscribe(bus, "a");
	fsps_publisher *publisher;

	lane_force(lanes[_i]);
	publisher = fixture_open_publisher(bus);
	for (uint32_t i = 0; i < 50; i++)
		ck_assert_int_eq(lane_publish(publisher, "a", i, 100, NULL), 1);
	ck_assert_uint_eq(lane_files(channel), _i == 0 ? 50 : 0);
	lane_expect_all(channel, 0, 50);
	ck_assert_uint_eq(fixture_stats(channel).from_segments, _i == 0 ? 0 : 50);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(messages_before_and_after_the_switch_come_in_order)
{
	fsps_publisher *publisher = fixture_open_publisher(bus);
	fsps_channel *early = fixture_subscribe(bus, "a");
	fsps_channel *late = fixture_subscribe(bus, "=");

	for (uint32_t i = 0; i < 2000; i++) {
		ck_assert_int_eq(lane_publish(publisher, "a", i, 100, NULL), 2);
		/* One reads along, the other finds all at the end. */
		lane_expect(early, i);
	}
	lane_expect_all(late, 0, 2000);
	fixture_expect_nothing(early);
	fixture_expect_nothing(late);
	fsps_publisher_close(publisher);
	fsps_channel_close(early);
	fsps_channel_close(late);
}
END_TEST

START_TEST(when_all_is_read_and_the_publisher_is_gone_nothing_is_left)
{
	fsps_publisher *publisher = fixture_open_publisher(bus);
	fsps_channel *channel = fixture_subscribe(bus, "a");

	for (uint32_t i = 0; i < 3000; i++)
		ck_assert_int_eq(lane_publish(publisher, "a", i, 100, NULL), 1);
	fsps_publisher_close(publisher);
	lane_expect_all(channel, 0, 3000);
	fixture_expect_nothing(channel);
	ck_assert_uint_eq(lane_segments(channel) + lane_files(channel), 0);
	ck_assert_uint_eq(fixture_count(fixture_path("tmp"), ""), 0);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_message_larger_than_a_segment_usually_is_comes_whole)
{
	fsps_publisher *publisher = lane_open_publisher(bus);
	fsps_channel *channel = fixture_subscribe(bus, "a");

	for (uint32_t i = 0; i < 40; i++) {
		ck_assert_int_eq(lane_publish(publisher, "a", i, 4 + i * 26000, NULL), 1);
		if (i % 5 == 4)
			lane_expect_all(channel, i - 4, 5);
	}
	ck_assert_uint_eq(fixture_stats(channel).from_segments, 40);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
}
END_TEST

/* ---- who comes and goes ---- */

START_TEST(a_channel_that_comes_later_gets_what_is_published_from_then_on)
{
	fsps_publisher *publisher = lane_open_publisher(bus);
	fsps_channel *first = fixture_subscribe(bus, "a");
	fsps_channel *second;

	for (uint32_t i = 0; i < 10; i++)
		ck_assert_int_eq(lane_publish(publisher, "a", i, 100, NULL), 1);
	second = fixture_subscribe(bus, "a");
	for (uint32_t i = 10; i < 20; i++)
		ck_assert_int_eq(lane_publish(publisher, "a", i, 100, NULL), 2);
	lane_expect_all(first, 0, 20);
	lane_expect_all(second, 10, 10);
	fixture_expect_nothing(second);
	fsps_publisher_close(publisher);
	fsps_channel_close(first);
	fsps_channel_close(second);
}
END_TEST

START_TEST(a_channel_that_goes_is_no_longer_reached_and_the_others_lose_nothing)
{
	fsps_publisher *publisher = lane_open_publisher(bus);
	fsps_channel *first = fixture_subscribe(bus, "a");
	fsps_channel *second = fixture_subscribe(bus, "a");

	for (uint32_t i = 0; i < 10; i++)
		ck_assert_int_eq(lane_publish(publisher, "a", i, 100, NULL), 2);
	fsps_channel_close(second);
	for (uint32_t i = 10; i < 20; i++)
		ck_assert_int_eq(lane_publish(publisher, "a", i, 100, NULL), 1);
	fsps_channel_close(first);
	ck_assert_int_eq(lane_publish(publisher, "a", 20, 100, NULL), 0);
	first = fixture_subscribe(bus, "a");
	ck_assert_int_eq(lane_publish(publisher, "a", 21, 100, NULL), 1);
	lane_expect(first, 21);
	fsps_publisher_close(publisher);
	fsps_channel_close(first);
}
END_TEST

/* ---- mixed sets ---- */

/* The next message of a plain channel: its record and its file. */
static void expect_file(const struct plain_channel *plain, uint64_t id)
{
	uint64_t rung = plain_next(plain);

	ck_assert_uint_eq(rung, id);
	ck_assert(fixture_exists(fixture_path("%s/%llu", plain->name, (unsigned long long)rung)));
}

START_TEST(plain_and_fast_channels_of_one_publish_each_get_all_in_order)
{
	enum { COUNT = 300 };
	fsps_channel *channels[2] = {fixture_subscribe(bus, "a"), fixture_subscribe(bus, "+")};
	struct plain_channel plain = plain_subscribe("a");
	fsps_publisher *publisher = fixture_open_publisher(bus);
	fsps_receipt *receipt = NULL;
	uint64_t ids[COUNT];

	ck_assert_int_eq(fsps_receipt_new(&receipt), FSPS_OK);
	for (uint32_t i = 0; i < COUNT; i++) {
		ck_assert_int_eq(lane_publish(publisher, "a", i, 100, receipt), 3);
		ck_assert_int_eq(fsps_receipt_matched(receipt), 3);
		ck_assert_int_eq(fsps_receipt_reached(receipt), 3);
		ck_assert_int_eq(fsps_receipt_refused(receipt), 0);
		ids[i] = fsps_receipt_id(receipt);
	}
	for (uint32_t i = 0; i < COUNT; i++) {
		for (int c = 0; c < 2; c++) {
			fsps_message *message = fixture_receive(channels[c]);

			ck_assert_uint_eq(lane_number_of(message), i);
			ck_assert_uint_eq(fsps_message_id(message), ids[i]);
			fsps_message_unref(message);
		}
		expect_file(&plain, ids[i]);
	}
	ck_assert_uint_gt(fixture_stats(channels[0]).from_segments, 290);
	ck_assert_uint_gt(fixture_stats(channels[1]).from_segments, 290);
	fsps_receipt_free(receipt);
	fsps_publisher_close(publisher);
	plain_close(&plain);
	fsps_channel_close(channels[0]);
	fsps_channel_close(channels[1]);
}
END_TEST

START_TEST(a_plain_channel_that_is_full_is_named_and_the_fast_ones_go_on)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");
	struct plain_channel plain = plain_subscribe("a");
	fsps_publisher *publisher = lane_open_publisher(bus);
	fsps_receipt *receipt = NULL;
	const char *name = NULL;
	int code = 0;

	ck_assert_int_eq(fsps_receipt_new(&receipt), FSPS_OK);
	plain_fill(&plain);
	for (uint32_t i = 0; i < 10; i++) {
		ck_assert_int_eq(lane_publish(publisher, "a", i, 100, receipt), FSPS_ERR_REFUSED);
		ck_assert_int_eq(fsps_receipt_matched(receipt), 2);
		ck_assert_int_eq(fsps_receipt_reached(receipt), 1);
		ck_assert_int_eq(fsps_receipt_refusal(receipt, 0, &name, &code), FSPS_OK);
		ck_assert_str_eq(name, plain.name);
		ck_assert_int_eq(code, FSPS_ERR_FULL);
	}
	lane_expect_all(channel, 0, 10);
	ck_assert_uint_eq(fixture_stats(channel).from_segments, 10);
	fsps_receipt_free(receipt);
	fsps_publisher_close(publisher);
	plain_close(&plain);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_plain_channel_alone_gets_files_however_many)
{
	/* Who makes the home. */
	fsps_channel *other = fixture_subscribe(bus, "other");
	struct plain_channel plain = plain_subscribe("a");
	fsps_publisher *publisher = lane_open_publisher(bus);
	fsps_receipt *receipt = NULL;

	ck_assert_int_eq(fsps_receipt_new(&receipt), FSPS_OK);
	for (uint32_t i = 0; i < 100; i++) {
		ck_assert_int_eq(lane_publish(publisher, "a", i, 100, receipt), 1);
		expect_file(&plain, fsps_receipt_id(receipt));
	}
	ck_assert_uint_eq(fixture_count(fixture_path("%s", plain.name), ".s-"), 0);
	ck_assert_uint_eq(fixture_count(fixture_path("tmp"), ".s-"), 0);
	fsps_receipt_free(receipt);
	fsps_publisher_close(publisher);
	plain_close(&plain);
	fsps_channel_close(other);
}
END_TEST

static void add_tests_of_the_switch(TCase *tcase)
{
	tcase_add_test(tcase,
		       the_first_three_messages_have_files_of_their_own_and_the_fourth_a_segment);
	tcase_add_test(tcase, a_publisher_that_publishes_once_never_makes_a_segment);
	tcase_add_test(tcase, messages_that_nobody_listens_to_do_not_bring_the_switch_nearer);
	tcase_add_loop_test(tcase, each_lane_can_be_asked_for_in_the_environment, 0, 2);
	tcase_add_test(tcase, messages_before_and_after_the_switch_come_in_order);
	tcase_add_test(tcase, when_all_is_read_and_the_publisher_is_gone_nothing_is_left);
	tcase_add_test(tcase, a_message_larger_than_a_segment_usually_is_comes_whole);
}

int main(void)
{
	Suite *suite = suite_create("lane");
	TCase *tcase = fixture_tcase(suite, "lane");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	add_tests_of_the_switch(tcase);
	tcase_add_test(tcase, a_channel_that_comes_later_gets_what_is_published_from_then_on);
	tcase_add_test(tcase, a_channel_that_goes_is_no_longer_reached_and_the_others_lose_nothing);
	tcase_add_test(tcase, plain_and_fast_channels_of_one_publish_each_get_all_in_order);
	tcase_add_test(tcase, a_plain_channel_that_is_full_is_named_and_the_fast_ones_go_on);
	tcase_add_test(tcase, a_plain_channel_alone_gets_files_however_many);
	return check_main(suite);
}
