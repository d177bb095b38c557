/* SPDX-License-Identifier: MIT */
/*
 * Limits of a channel as its publishers meet them: how many messages and bytes may wait, and what
 * becomes of one that finds the channel full, by each policy. In files and in segments alike.
 */
#include <string.h>

#include "api/lane.h"
#include "unit/check_main.h"

enum { MESSAGES = 200, LENGTH = 1000 };

static fsps_bus *bus;
static fsps_publisher *publisher;
static fsps_receipt *receipt;

static void set_up(void)
{
	bus = fixture_open_bus();
	publisher = fixture_open_publisher(bus);
	ck_assert_int_eq(fsps_receipt_new(&receipt), FSPS_OK);
}

static void tear_down(void)
{
	fsps_receipt_free(receipt);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

static fsps_channel *open_limited(uint64_t messages, uint64_t bytes, int when_full)
{
	const struct fsps_channel_options options = {.size = sizeof options,
						     .limit_messages = messages,
						     .limit_bytes = bytes,
						     .when_full = when_full};
	fsps_channel *channel = NULL;

	ck_assert_int_eq(fsps_channel_open(bus, "a", &options, &channel), FSPS_OK);
	return channel;
}

static int publish(uint32_t number)
{
	return lane_publish(publisher, "a", number, LENGTH, receipt);
}

static void expect_miss(const fsps_channel *channel, int code)
{
	const char *name = NULL;
	int found = 0;

	ck_assert_int_eq(fsps_receipt_refusal(receipt, 0, &name, &found), FSPS_OK);
	ck_assert_str_eq(name, fsps_channel_name(channel));
	ck_assert_int_eq(found, code);
}

/* Publishes until the channel does not take one; answers how many it took. */
static uint32_t fill(uint32_t first, int expected)
{
	uint32_t number = first;
	int r;

	while ((r = publish(number)) == 1)
		ck_assert_uint_lt(number++ - first, 1000000);
	ck_assert_int_eq(r, expected);
	return number - first;
}

/* ---- messages ---- */

START_TEST(no_more_messages_wait_than_the_channel_allows)
{
	fsps_channel *channel = open_limited(MESSAGES, 0, FSPS_FULL_DEFAULT);
	uint32_t taken = fill(0, FSPS_ERR_REFUSED);

	ck_assert_uint_eq(taken, MESSAGES);
	expect_miss(channel, FSPS_ERR_FULL);
	ck_assert_int_eq(fsps_channel_backlog(channel), MESSAGES);
	ck_assert_uint_eq(fixture_info(bus).refused, 1);
	ck_assert_uint_eq(fixture_info(bus).limit_messages, MESSAGES);
	lane_expect_all(channel, 0, MESSAGES);
	fixture_expect_nothing(channel);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(each_message_that_is_taken_out_makes_room_for_one)
{
	fsps_channel *channel = open_limited(MESSAGES, 0, FSPS_FULL_REFUSE);
	uint32_t taken = fill(0, FSPS_ERR_REFUSED);

	for (uint32_t i = 0; i < 50; i++) {
		lane_expect(channel, i);
		ck_assert_int_eq(publish(taken + i), 1);
		ck_assert_int_eq(publish(taken + i), FSPS_ERR_REFUSED);
	}
	lane_expect_all(channel, 50, MESSAGES);
	fixture_expect_nothing(channel);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_limit_of_one_message_is_one_message)
{
	fsps_channel *channel = open_limited(1, 0, FSPS_FULL_REFUSE);

	for (uint32_t i = 0; i < 20; i++) {
		ck_assert_int_eq(publish(i), 1);
		ck_assert_int_eq(publish(i), FSPS_ERR_REFUSED);
		lane_expect(channel, i);
	}
	fixture_expect_nothing(channel);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(several_publishers_do_not_go_beyond_the_limit_together)
{
	enum { PUBLISHERS = 5 };
	fsps_channel *channel = open_limited(MESSAGES, 0, FSPS_FULL_REFUSE);
	fsps_publisher *publishers[PUBLISHERS];
	uint32_t taken = 0;
	int full = 0;

	for (int i = 0; i < PUBLISHERS; i++)
		publishers[i] = fixture_open_publisher(bus);
	for (uint32_t round = 0; full < PUBLISHERS; round++) {
		full = 0;
		for (int i = 0; i < PUBLISHERS; i++) {
			int r = fixture_publish(publishers[i], "a", "x");

			ck_assert(r == 1 || r == FSPS_ERR_REFUSED);
			taken += r == 1;
			full += r != 1;
		}
	}
	ck_assert_uint_le(taken, MESSAGES);
	/* What each has set apart for itself it may use. */
	ck_assert_uint_ge(taken, MESSAGES * 3 / 4);
	ck_assert_int_eq(fsps_channel_backlog(channel), taken);
	for (int i = 0; i < PUBLISHERS; i++)
		fsps_publisher_close(publishers[i]);
	/* Closed, they have given back what they did not use. */
	ck_assert_uint_eq(fill(0, FSPS_ERR_REFUSED), MESSAGES - taken);
	fsps_channel_close(channel);
}
END_TEST

/* ---- bytes ---- */

START_TEST(no_more_bytes_wait_than_the_channel_allows)
{
	enum { LIMIT = 1 << 20, LONG = 5000 };
	fsps_channel *channel = open_limited(0, LIMIT, FSPS_FULL_REFUSE);
	uint32_t number = 0;
	int r;

	while ((r = lane_publish(publisher, "a", number, LONG, receipt)) == 1)
		number++;
	ck_assert_int_eq(r, FSPS_ERR_REFUSED);
	expect_miss(channel, FSPS_ERR_FULL);
	ck_assert_uint_le(fixture_info(bus).held_bytes, LIMIT);
	/* As files they take two pages each; in segments what they are long. */
	ck_assert_uint_ge(number, (LIMIT - LIMIT / 4) / 8192);
	lane_expect_all(channel, 0, number);
	fixture_expect_nothing(channel);
	ck_assert_uint_eq(fixture_info(bus).held_bytes, 0);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_message_larger_than_the_limit_comes_in_when_nothing_waits)
{
	enum { LIMIT = 8192, LONG = 100000 };
	fsps_channel *channel = open_limited(0, LIMIT, FSPS_FULL_REFUSE);

	for (uint32_t i = 0; i < 5; i++) {
		ck_assert_int_eq(lane_publish(publisher, "a", i, LONG, receipt), 1);
		ck_assert_int_eq(lane_publish(publisher, "a", i, LONG, receipt), FSPS_ERR_REFUSED);
		lane_expect(channel, i);
		fixture_expect_nothing(channel);
	}
	fsps_channel_close(channel);
}
END_TEST

/* ---- policies ---- */

START_TEST(one_that_drops_what_is_new_fails_no_publish_and_says_so)
{
	fsps_channel *channel = open_limited(MESSAGES, 0, FSPS_FULL_DROP_NEW);
	fsps_channel *other = fixture_subscribe(bus, "+");

	for (uint32_t i = 0; i < MESSAGES; i++)
		ck_assert_int_eq(publish(i), 2);
	for (uint32_t i = MESSAGES; i < MESSAGES + 30; i++) {
		ck_assert_int_eq(publish(i), 1);
		ck_assert_int_eq(fsps_receipt_matched(receipt), 2);
		ck_assert_int_eq(fsps_receipt_refused(receipt), 0);
		ck_assert_int_eq(fsps_receipt_dropped(receipt), 1);
		expect_miss(channel, FSPS_ERR_DROPPED);
	}
	lane_expect_all(channel, 0, MESSAGES);
	fixture_expect_nothing(channel);
	lane_expect_all(other, 0, MESSAGES + 30);
	fsps_channel_close(other);
	ck_assert_uint_eq(fixture_info(bus).dropped_new, 30);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_batch_goes_on_past_a_channel_that_drops_what_is_new)
{
	enum { COUNT = MESSAGES + 56 };
	fsps_channel *channel = open_limited(MESSAGES, 0, FSPS_FULL_DROP_NEW);
	static struct fsps_outgoing messages[COUNT];
	uint32_t dropped = 0;

	for (uint32_t i = 0; i < COUNT; i++)
		messages[i] =
			(struct fsps_outgoing){.topic = "a", .payload = "x", .payload_len = 1};
	ck_assert_int_eq(fsps_publish_batch(publisher, messages, COUNT, receipt), COUNT);
	for (uint32_t i = 0; i < COUNT; i++)
		dropped += (uint32_t)messages[i].dropped;
	ck_assert_uint_eq(dropped, COUNT - MESSAGES);
	ck_assert_int_eq(fsps_channel_backlog(channel), MESSAGES);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(one_that_drops_the_oldest_takes_each_and_has_the_latest)
{
	enum { ALL = 3 * MESSAGES };
	fsps_channel *channel = open_limited(MESSAGES, 0, FSPS_FULL_DROP_OLDEST);
	fsps_message *message;

	for (uint32_t i = 0; i < ALL; i++) {
		ck_assert_int_eq(publish(i), 1);
		ck_assert_int_eq(fsps_receipt_dropped(receipt), 0);
	}
	ck_assert_int_eq(fsps_channel_backlog(channel), MESSAGES);
	ck_assert_uint_eq(fixture_info(bus).dropped_oldest, ALL - MESSAGES);
	message = fixture_receive(channel);
	ck_assert_uint_eq(lane_number_of(message), ALL - MESSAGES);
	ck_assert_uint_eq(fsps_message_missed(message), ALL - MESSAGES);
	fsps_message_unref(message);
	lane_expect_all(channel, ALL - MESSAGES + 1, MESSAGES - 1);
	fixture_expect_nothing(channel);
	ck_assert_uint_eq(fixture_stats(channel).missed, ALL - MESSAGES);
	fsps_channel_close(channel);
}
END_TEST

/* The number of the first message that comes, with all that follow it up to the last. */
static uint32_t expect_latest(fsps_channel *channel, uint32_t last)
{
	fsps_message *message = fixture_receive(channel);
	uint32_t first = lane_number_of(message);

	ck_assert_uint_eq(fsps_message_missed(message), first);
	fsps_message_unref(message);
	lane_expect_all(channel, first + 1, last - first);
	fixture_expect_nothing(channel);
	return first;
}

START_TEST(one_that_drops_the_oldest_of_many_keeps_most_of_its_limit)
{
	enum { LIMIT = 4096, ALL = 20000 };
	fsps_channel *channel = open_limited(LIMIT, 0, FSPS_FULL_DROP_OLDEST);
	uint32_t first;

	for (uint32_t i = 0; i < ALL; i++)
		ck_assert_int_eq(publish(i), 1);
	first = expect_latest(channel, ALL - 1);
	ck_assert_uint_ge(first, ALL - LIMIT);
	/* Segments go whole. */
	ck_assert_uint_le(first, ALL - LIMIT * 3 / 4);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(one_that_drops_the_oldest_by_bytes_keeps_most_of_its_limit)
{
	enum { LIMIT = 1 << 20, ALL = 5000 };
	fsps_channel *channel = open_limited(0, LIMIT, FSPS_FULL_DROP_OLDEST);
	uint32_t first;

	for (uint32_t i = 0; i < ALL; i++) {
		ck_assert_int_eq(publish(i), 1);
		if (i % 500 == 0)
			ck_assert_uint_le(fixture_info(bus).held_bytes, LIMIT);
	}
	first = expect_latest(channel, ALL - 1);
	/* A file takes at least a page. */
	ck_assert_uint_le(first, ALL - LIMIT / 4096 * 3 / 4);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(one_that_drops_the_oldest_of_a_reader_in_its_midst_tells_the_gap)
{
	enum { LIMIT = 1 << 20, ALL = 8000, READ = 100 };
	fsps_channel *channel = open_limited(0, LIMIT, FSPS_FULL_DROP_OLDEST);
	uint32_t expected = READ;
	uint64_t missed = 0;

	for (uint32_t i = 0; i < READ; i++)
		ck_assert_int_eq(publish(i), 1);
	lane_expect_all(channel, 0, READ / 2);
	for (uint32_t i = READ; i < ALL; i++)
		ck_assert_int_eq(publish(i), 1);
	expected = READ / 2;
	while (expected < ALL) {
		fsps_message *message = fixture_receive(channel);

		missed += fsps_message_missed(message);
		ck_assert_uint_eq(lane_number_of(message), expected + fsps_message_missed(message));
		expected = lane_number_of(message) + 1;
		fsps_message_unref(message);
	}
	fixture_expect_nothing(channel);
	ck_assert_uint_gt(missed, 0);
	ck_assert_uint_eq(missed, fixture_info(bus).dropped_oldest);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(one_that_asks_to_be_waited_for_is_for_its_time)
{
	const struct fsps_channel_options options = {.size = sizeof options,
						     .limit_messages = 3,
						     .when_full = FSPS_FULL_BLOCK,
						     .block_ms = 200};
	fsps_channel *channel = NULL;
	int64_t begun;

	ck_assert_int_eq(fsps_channel_open(bus, "a", &options, &channel), FSPS_OK);
	for (uint32_t i = 0; i < 3; i++)
		ck_assert_int_eq(publish(i), 1);
	begun = fixture_now_ms();
	ck_assert_int_eq(publish(3), FSPS_ERR_REFUSED);
	ck_assert_int_ge(fixture_now_ms() - begun, 200);
	expect_miss(channel, FSPS_ERR_FULL);
	lane_expect(channel, 0);
	begun = fixture_now_ms();
	ck_assert_int_eq(publish(3), 1);
	ck_assert_int_lt(fixture_now_ms() - begun, 200);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_channel_that_drops_is_not_waited_for)
{
	const struct fsps_publisher_options options = {.size = sizeof options,
						       .wait_ms = FSPS_FOREVER};
	fsps_channel *channel = open_limited(2, 0, FSPS_FULL_DROP_NEW);
	fsps_publisher *patient = NULL;

	ck_assert_int_eq(fsps_publisher_open(bus, &options, &patient), FSPS_OK);
	ck_assert_int_eq(fixture_publish(patient, "a", "0"), 1);
	ck_assert_int_eq(fixture_publish(patient, "a", "1"), 1);
	ck_assert_int_eq(fixture_publish(patient, "a", "2"), 0);
	fsps_publisher_close(patient);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_channel_that_refuses_is_waited_for_by_who_chose_to)
{
	const struct fsps_publisher_options options = {.size = sizeof options, .wait_ms = 100};
	fsps_channel *channel = open_limited(2, 0, FSPS_FULL_REFUSE);
	fsps_publisher *patient = NULL;
	int64_t begun = fixture_now_ms();

	ck_assert_int_eq(fsps_publisher_open(bus, &options, &patient), FSPS_OK);
	ck_assert_int_eq(fixture_publish(patient, "a", "0"), 1);
	ck_assert_int_eq(fixture_publish(patient, "a", "1"), 1);
	ck_assert_int_eq(fixture_publish(patient, "a", "2"), FSPS_ERR_REFUSED);
	ck_assert_int_ge(fixture_now_ms() - begun, 100);
	fsps_publisher_close(patient);
	fsps_channel_close(channel);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("limit");
	TCase *tcase = fixture_tcase(suite, "limit");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, no_more_messages_wait_than_the_channel_allows);
	tcase_add_test(tcase, each_message_that_is_taken_out_makes_room_for_one);
	tcase_add_test(tcase, a_limit_of_one_message_is_one_message);
	tcase_add_test(tcase, several_publishers_do_not_go_beyond_the_limit_together);
	tcase_add_test(tcase, no_more_bytes_wait_than_the_channel_allows);
	tcase_add_test(tcase, a_message_larger_than_the_limit_comes_in_when_nothing_waits);
	tcase_add_test(tcase, one_that_drops_what_is_new_fails_no_publish_and_says_so);
	tcase_add_test(tcase, a_batch_goes_on_past_a_channel_that_drops_what_is_new);
	tcase_add_test(tcase, one_that_drops_the_oldest_takes_each_and_has_the_latest);
	tcase_add_test(tcase, one_that_drops_the_oldest_of_many_keeps_most_of_its_limit);
	tcase_add_test(tcase, one_that_drops_the_oldest_by_bytes_keeps_most_of_its_limit);
	tcase_add_test(tcase, one_that_drops_the_oldest_of_a_reader_in_its_midst_tells_the_gap);
	tcase_add_test(tcase, one_that_asks_to_be_waited_for_is_for_its_time);
	tcase_add_test(tcase, a_channel_that_drops_is_not_waited_for);
	tcase_add_test(tcase, a_channel_that_refuses_is_waited_for_by_who_chose_to);
	return check_main(suite);
}
