/* SPDX-License-Identifier: MIT */
/* Payloads that are built in place: reserved, committed or given up. */
#include <stdio.h>

#include "api/lane_stage.h"
#include "api/plain.h"
#include "unit/check_main.h"

enum { LARGE_MESSAGES = 20, MIB = 1 << 20 };

/* Reserves and builds a message there. */
static unsigned char *build(const char *topic, uint32_t number, size_t length, size_t length_max)
{
	void *payload = NULL;

	ck_assert_int_eq(fsps_reserve(publisher, topic, NULL, length_max, &payload), FSPS_OK);
	ck_assert_uint_eq((uintptr_t)payload % 8, 0);
	memset(payload, 0xff, length_max);
	lane_fill(payload, length, number);
	return payload;
}

START_TEST(a_payload_of_any_length_is_built_aligned_and_comes_as_it_was_built)
{
	static const char *const topics[] = {"a", "ab", "abc.d", "abcd.efg", "abcdefghi"};
	fsps_channel *all = fixture_subscribe(bus, "+");

	for (uint32_t i = 0; i < 2000; i++) {
		const char *topic = topics[i % 5];

		(void)build(topic, i, 4 + i % 700, 4 + i % 700 + i % 11);
		ck_assert_int_eq(fsps_commit(publisher, 4 + i % 700, NULL), i % 5 == 0 ? 2 : 1);
		lane_expect(all, i);
	}
	ck_assert_uint_eq(fixture_stats(all).from_segments, 2000);
	fsps_channel_close(all);
}
END_TEST

START_TEST(before_the_commit_nobody_sees_anything)
{
	ck_assert_int_eq(lane_publish(publisher, "a", 0, 10, NULL), 1);
	lane_expect(channel, 0);
	(void)build("a", 1, 100, 100);
	fixture_expect_nothing(channel);
	ck_assert_int_eq(fsps_channel_backlog(channel), 0);
	ck_assert_int_eq(fsps_commit(publisher, 100, NULL), 1);
	lane_expect(channel, 1);
}
END_TEST

START_TEST(what_was_given_up_leaves_nothing)
{
	for (uint32_t i = 0; i < 500; i++) {
		(void)build("a", 1000 + i, 300, 400);
		fsps_abort(publisher);
		ck_assert_int_eq(fsps_commit(publisher, 300, NULL), FSPS_ERR_ARGUMENT);
		ck_assert_int_eq(lane_publish(publisher, "a", i, 10, NULL), 1);
	}
	lane_expect_all(channel, 0, 500);
	fixture_expect_nothing(channel);
	fsps_abort(publisher);
	fsps_abort(NULL);
}
END_TEST

START_TEST(a_second_reservation_is_busy_and_the_first_one_stays)
{
	void *payload = NULL;

	(void)build("a", 7, 100, 100);
	ck_assert_int_eq(fsps_reserve(publisher, "b", NULL, 10, &payload), FSPS_ERR_BUSY);
	ck_assert_ptr_null(payload);
	ck_assert_int_eq(fsps_commit(publisher, 100, NULL), 1);
	lane_expect(channel, 7);
	(void)build("a", 8, 100, 100);
	ck_assert_int_eq(fsps_commit(publisher, 100, NULL), 1);
	lane_expect(channel, 8);
}
END_TEST

/* So many that the segment in which it is built is full meanwhile, and the next ones. */
START_TEST(what_is_published_meanwhile_comes_before_it)
{
	uint32_t others = (uint32_t)_i;

	(void)build("a", others, 1000, 2000);
	for (uint32_t i = 0; i < others; i++)
		ck_assert_int_eq(lane_publish(publisher, "a", i, 900, NULL), 1);
	ck_assert_int_eq(fsps_commit(publisher, 1000, NULL), 1);
	lane_expect_all(channel, 0, others + 1);
	fixture_expect_nothing(channel);
}
END_TEST

/* The segment that is reserved from is linked, and has nothing yet: its readers must know of it
 * before a frame elsewhere makes them believe that they know all. */
START_TEST(what_is_published_to_others_meanwhile_keeps_the_order)
{
	fsps_channel *all = fixture_subscribe(bus, "+");
	fsps_channel *b = fixture_subscribe(bus, "b");

	ck_assert_int_eq(lane_publish(publisher, "b", 0, 10, NULL), 2);
	lane_expect(all, 0);
	(void)build("a", 2, 10, 10);
	ck_assert_int_eq(lane_publish(publisher, "b", 1, 10, NULL), 2);
	lane_expect(all, 1);
	ck_assert_int_eq(fsps_commit(publisher, 10, NULL), 2);
	ck_assert_int_eq(lane_publish(publisher, "b", 3, 10, NULL), 2);
	lane_expect(all, 2);
	lane_expect(all, 3);
	fsps_channel_close(all);
	fsps_channel_close(b);
}
END_TEST

START_TEST(a_channel_that_comes_meanwhile_gets_it)
{
	fsps_channel *later;

	(void)build("a", 1, 100, 100);
	later = fixture_subscribe(bus, "+");
	ck_assert_int_eq(fsps_commit(publisher, 100, NULL), 2);
	lane_expect(channel, 1);
	lane_expect(later, 1);
	fsps_channel_close(later);
}
END_TEST

START_TEST(a_channel_that_goes_meanwhile_takes_nothing_from_the_others)
{
	fsps_channel *other = fixture_subscribe(bus, "+");

	(void)build("a", 1, 100, 100);
	fsps_channel_close(other);
	ck_assert_int_eq(fsps_commit(publisher, 100, NULL), 1);
	lane_expect(channel, 1);
}
END_TEST

START_TEST(when_all_go_meanwhile_nobody_gets_it)
{
	(void)build("a", 1, 100, 100);
	fsps_channel_close(channel);
	ck_assert_int_eq(fsps_commit(publisher, 100, NULL), 0);
	channel = fixture_subscribe(bus, "a");
	fixture_expect_nothing(channel);
}
END_TEST

START_TEST(a_reservation_before_anybody_listens_reaches_who_does_at_the_commit)
{
	fsps_channel *later;

	(void)build("b", 1, 100, 100);
	later = fixture_subscribe(bus, "b");
	ck_assert_int_eq(fsps_commit(publisher, 100, NULL), 1);
	lane_expect(later, 1);
	fsps_channel_close(later);
}
END_TEST

START_TEST(a_plain_channel_among_the_readers_gets_it_too)
{
	struct plain_channel plain = plain_subscribe("a");
	fsps_receipt *receipt = NULL;

	ck_assert_int_eq(fsps_receipt_new(&receipt), FSPS_OK);
	(void)build("a", 1, 100, 200);
	ck_assert_int_eq(fsps_commit(publisher, 100, receipt), 2);
	lane_expect(channel, 1);
	ck_assert_uint_eq(plain_next(&plain), fsps_receipt_id(receipt));
	fsps_receipt_free(receipt);
	plain_close(&plain);
}
END_TEST

START_TEST(an_empty_payload_can_be_committed)
{
	fsps_message *message;
	void *payload = NULL;
	size_t length = 1;

	ck_assert_int_eq(fsps_reserve(publisher, "a", NULL, 0, &payload), FSPS_OK);
	ck_assert_ptr_nonnull(payload);
	ck_assert_int_eq(fsps_commit(publisher, 0, NULL), 1);
	message = fixture_receive(channel);
	(void)fsps_message_payload(message, &length);
	ck_assert_uint_eq(length, 0);
	fsps_message_unref(message);
}
END_TEST

START_TEST(what_may_not_be_published_may_not_be_reserved)
{
	const size_t too_large = (size_t)17 << 20;
	void *payload = NULL;

	ck_assert_int_eq(fsps_reserve(publisher, "a", NULL, too_large, &payload),
			 FSPS_ERR_TOO_LARGE);
	ck_assert_int_eq(fsps_reserve(publisher, "a", NULL, SIZE_MAX, &payload),
			 FSPS_ERR_TOO_LARGE);
	ck_assert_int_eq(fsps_reserve(publisher, "no topic", NULL, 1, &payload), FSPS_ERR_TOPIC);
	ck_assert_int_eq(fsps_reserve(publisher, NULL, NULL, 1, &payload), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_reserve(publisher, "a", NULL, 1, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_reserve(NULL, "a", NULL, 1, &payload), FSPS_ERR_ARGUMENT);
	ck_assert_ptr_null(payload);
	/* None of these holds a reservation. */
	(void)build("a", 1, 10, 10);
	ck_assert_int_eq(fsps_commit(publisher, 10, NULL), 1);
	lane_expect(channel, 1);
}
END_TEST

START_TEST(more_than_was_reserved_is_refused_and_ends_the_reservation)
{
	(void)build("a", 1, 10, 10);
	ck_assert_int_eq(fsps_commit(publisher, 11, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_commit(publisher, 10, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_commit(NULL, 10, NULL), FSPS_ERR_ARGUMENT);
	fixture_expect_nothing(channel);
}
END_TEST

START_TEST(headers_go_with_it)
{
	fsps_headers *headers = NULL;
	fsps_message *message;
	void *payload = NULL;
	int64_t n = 0;

	ck_assert_int_eq(fsps_headers_new(&headers), FSPS_OK);
	ck_assert_int_eq(fsps_headers_set_int(headers, "n", 42), FSPS_OK);
	ck_assert_int_eq(fsps_reserve(publisher, "a", headers, 100, &payload), FSPS_OK);
	fsps_headers_free(headers);
	ck_assert_uint_eq((uintptr_t)payload % 8, 0);
	lane_fill(payload, 100, 5);
	ck_assert_int_eq(fsps_commit(publisher, 100, NULL), 1);
	message = fixture_receive(channel);
	ck_assert_int_eq(fsps_headers_get_int(fsps_message_headers(message), "n", &n), FSPS_OK);
	ck_assert_int_eq(n, 42);
	ck_assert_uint_eq(lane_number_of(message), 5);
	fsps_message_unref(message);
}
END_TEST

START_TEST(closing_the_publisher_gives_a_reservation_up)
{
	fsps_publisher *other = lane_open_publisher(bus);
	void *payload = NULL;

	ck_assert_int_eq(fsps_reserve(other, "a", NULL, 100, &payload), FSPS_OK);
	fsps_publisher_close(other);
	fixture_expect_nothing(channel);
	ck_assert_uint_eq(fixture_count(fixture_path("tmp"), ""), 0);
}
END_TEST

/* ---- hooks ---- */

static int sign(const struct fsps_publish_event *event, void *userdata)
{
	unsigned *calls = userdata;

	if (event->stage != FSPS_PUBLISH_BEFORE)
		return 0;
	++*calls;
	return fsps_headers_set_int(event->headers, "signed", (int64_t)event->payload_len);
}

START_TEST(hooks_see_what_is_committed_and_may_add_to_it)
{
	unsigned calls = 0;
	int64_t length = 0;

	ck_assert_int_ge(fsps_bus_add_publish_hook(bus, sign, &calls), 0);
	for (uint32_t i = 0; i < 20; i++) {
		fsps_message *message;

		(void)build("a", i, 10 + i, 100);
		ck_assert_int_eq(fsps_commit(publisher, 10 + i, NULL), 1);
		message = fixture_receive(channel);
		ck_assert_int_eq(
			fsps_headers_get_int(fsps_message_headers(message), "signed", &length),
			FSPS_OK);
		ck_assert_int_eq(length, 10 + i);
		ck_assert_uint_eq(lane_number_of(message), i);
		fsps_message_unref(message);
	}
	ck_assert_uint_eq(calls, 20);
}
END_TEST

/* How large the segment is that the last of some messages of 1 MiB went into. write: they are
 * copied into it, else they are reserved and left as they were. */
static size_t segment_of_large(bool write)
{
	static unsigned char bytes[1 << 20];
	struct stat status;

	for (int i = 0; i < LARGE_MESSAGES; i++) {
		void *payload;

		if (write) {
			ck_assert_int_eq(
				fsps_publish(publisher, "a", NULL, bytes, sizeof bytes, NULL), 1);
			continue;
		}
		ck_assert_int_eq(fsps_reserve(publisher, "a", NULL, sizeof bytes, &payload), 0);
		ck_assert_int_eq(fsps_commit(publisher, sizeof bytes, NULL), 1);
	}
	for (int i = 0; i < LARGE_MESSAGES; i++)
		fsps_message_unref(fixture_receive(channel));
	ck_assert_int_eq(lstat(lane_segment_path(channel), &status), 0);
	return (size_t)status.st_size;
}

/* As far as this process gets the processor for as long as it takes. */
START_TEST(payloads_that_nobody_writes_come_to_lie_in_larger_segments)
{
	int64_t end_ms = fixture_now_ms() + 20000;
	size_t largest = 0;

	while (largest < 12 * MIB && fixture_now_ms() < end_ms) {
		size_t bytes = segment_of_large(false);

		largest = bytes > largest ? bytes : largest;
	}
	ck_assert_uint_ge(largest, 12 * MIB);
	ck_assert_uint_le(largest, 16 * MIB);
}
END_TEST

START_TEST(payloads_that_are_written_stay_in_segments_of_four)
{
	for (int i = 0; i < 20; i++)
		ck_assert_uint_le(segment_of_large(true), 5 * MIB);
}
END_TEST

static void add_tests_of_meanwhile(TCase *tcase)
{
	tcase_add_loop_test(tcase, what_is_published_meanwhile_comes_before_it, 0, 200);
	tcase_add_test(tcase, what_is_published_to_others_meanwhile_keeps_the_order);
	tcase_add_test(tcase, a_channel_that_comes_meanwhile_gets_it);
	tcase_add_test(tcase, a_channel_that_goes_meanwhile_takes_nothing_from_the_others);
	tcase_add_test(tcase, when_all_go_meanwhile_nobody_gets_it);
	tcase_add_test(tcase, a_reservation_before_anybody_listens_reaches_who_does_at_the_commit);
}

int main(void)
{
	Suite *suite = suite_create("lane_reserve");
	TCase *tcase = fixture_tcase(suite, "lane_reserve");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_payload_of_any_length_is_built_aligned_and_comes_as_it_was_built);
	tcase_add_test(tcase, before_the_commit_nobody_sees_anything);
	tcase_add_test(tcase, what_was_given_up_leaves_nothing);
	tcase_add_test(tcase, a_second_reservation_is_busy_and_the_first_one_stays);
	add_tests_of_meanwhile(tcase);
	tcase_add_test(tcase, a_plain_channel_among_the_readers_gets_it_too);
	tcase_add_test(tcase, an_empty_payload_can_be_committed);
	tcase_add_test(tcase, what_may_not_be_published_may_not_be_reserved);
	tcase_add_test(tcase, more_than_was_reserved_is_refused_and_ends_the_reservation);
	tcase_add_test(tcase, headers_go_with_it);
	tcase_add_test(tcase, closing_the_publisher_gives_a_reservation_up);
	tcase_add_test(tcase, hooks_see_what_is_committed_and_may_add_to_it);
	tcase_add_test(tcase, payloads_that_nobody_writes_come_to_lie_in_larger_segments);
	tcase_add_test(tcase, payloads_that_are_written_stay_in_segments_of_four);
	return check_main(suite);
}
