/* SPDX-License-Identifier: MIT */
/* Many messages in one call, and topics that are prepared once. */
#include <limits.h>
#include <stdio.h>

#include "api/lane.h"
#include "api/plain.h"
#include "unit/check_main.h"

enum { COUNT = 500, LENGTH = 64 };

static fsps_bus *bus;
static fsps_publisher *publisher;
static fsps_channel *channel;
static struct fsps_outgoing messages[COUNT];
static unsigned char payloads[COUNT][LENGTH];

/* Messages first to first + COUNT - 1, all on one topic. */
static void prepare_messages(const char *topic, uint32_t first)
{
	for (uint32_t i = 0; i < COUNT; i++) {
		lane_fill(payloads[i], LENGTH, first + i);
		messages[i] = (struct fsps_outgoing){
			.topic = topic, .payload = payloads[i], .payload_len = LENGTH};
	}
}

static void set_up(void)
{
	lane_force(NULL);
	bus = fixture_open_bus();
	publisher = fixture_open_publisher(bus);
	channel = fixture_subscribe(bus, "a");
	prepare_messages("a", 0);
}

static void tear_down(void)
{
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

/* ---- batches ---- */

START_TEST(a_batch_comes_whole_and_in_order)
{
	ck_assert_int_eq(fsps_publish_batch(publisher, messages, COUNT, NULL), COUNT);
	lane_expect_all(channel, 0, COUNT);
	fixture_expect_nothing(channel);
	ck_assert_uint_eq(fixture_stats(channel).from_segments, COUNT);
}
END_TEST

START_TEST(a_small_batch_has_files_of_its_own_and_a_larger_one_a_segment)
{
	ck_assert_int_eq(fsps_publish_batch(publisher, messages, 1, NULL), 1);
	ck_assert_uint_eq(lane_segments(channel), 0);
	ck_assert_int_eq(fsps_publish_batch(publisher, messages + 1, 2, NULL), 2);
	ck_assert_uint_eq(lane_segments(channel), 0);
	ck_assert_int_eq(fsps_publish_batch(publisher, messages + 3, 4, NULL), 4);
	ck_assert_uint_eq(lane_segments(channel), 1);
	lane_expect_all(channel, 0, 7);
}
END_TEST

START_TEST(a_batch_comes_between_the_messages_before_and_after_it)
{
	uint32_t next = 0;

	while (next < 1000) {
		uint32_t count = next % 7;

		ck_assert_int_eq(lane_publish(publisher, "a", next++, 50, NULL), 1);
		prepare_messages("a", next);
		ck_assert_int_eq(fsps_publish_batch(publisher, messages, count, NULL), (int)count);
		next += count;
	}
	lane_expect_all(channel, 0, next);
}
END_TEST

START_TEST(the_ids_of_a_batch_ascend_and_are_those_that_arrive)
{
	fsps_receipt *receipt = NULL;

	ck_assert_int_eq(fsps_receipt_new(&receipt), FSPS_OK);
	ck_assert_int_eq(fsps_publish_batch(publisher, messages, COUNT, receipt), COUNT);
	ck_assert_uint_eq(fsps_receipt_id(receipt), messages[COUNT - 1].id);
	ck_assert_int_eq(fsps_receipt_reached(receipt), 1);
	for (int i = 0; i < COUNT; i++) {
		fsps_message *message = fixture_receive(channel);

		ck_assert_uint_gt(messages[i].id, i == 0 ? 0 : messages[i - 1].id);
		ck_assert_uint_eq(fsps_message_id(message), messages[i].id);
		fsps_message_unref(message);
	}
	fsps_receipt_free(receipt);
}
END_TEST

START_TEST(an_empty_batch_publishes_nothing)
{
	ck_assert_int_eq(fsps_publish_batch(publisher, messages, 0, NULL), 0);
	ck_assert_int_eq(fsps_publish_batch(publisher, NULL, 0, NULL), 0);
	fixture_expect_nothing(channel);
}
END_TEST

START_TEST(a_batch_that_nobody_listens_to_is_published)
{
	prepare_messages("nobody", 0);
	ck_assert_int_eq(fsps_publish_batch(publisher, messages, COUNT, NULL), COUNT);
	fixture_expect_nothing(channel);
}
END_TEST

START_TEST(a_batch_of_several_topics_reaches_each_in_order)
{
	static const char *const topics[] = {"a", "b", "c"};
	fsps_channel *all = fixture_subscribe(bus, "+");
	fsps_channel *b = fixture_subscribe(bus, "b");

	for (int i = 0; i < COUNT; i++)
		messages[i].topic = topics[i % 3];
	ck_assert_int_eq(fsps_publish_batch(publisher, messages, COUNT, NULL), COUNT);
	lane_expect_all(all, 0, COUNT);
	for (uint32_t i = 0; i < COUNT; i += 3)
		lane_expect(channel, i);
	for (uint32_t i = 1; i < COUNT; i += 3)
		lane_expect(b, i);
	fixture_expect_nothing(channel);
	fixture_expect_nothing(b);
	fsps_channel_close(all);
	fsps_channel_close(b);
}
END_TEST

START_TEST(a_batch_stops_at_the_first_message_that_a_channel_refuses)
{
	struct plain_channel plain = plain_subscribe("b");
	fsps_receipt *receipt = NULL;
	const char *name = NULL;
	int code = 0;

	ck_assert_int_eq(fsps_receipt_new(&receipt), FSPS_OK);
	plain_fill(&plain);
	messages[10].topic = "b";
	/* Left there by an earlier use: those that are not tried get none. */
	messages[11].id = messages[12].id = 4711;
	ck_assert_int_eq(fsps_publish_batch(publisher, messages, COUNT, receipt), 10);
	ck_assert_int_eq(fsps_receipt_refused(receipt), 1);
	ck_assert_int_eq(fsps_receipt_refusal(receipt, 0, &name, &code), FSPS_OK);
	ck_assert_str_eq(name, plain.name);
	ck_assert_int_eq(code, FSPS_ERR_FULL);
	ck_assert_int_eq(fsps_last_error()->code, FSPS_ERR_REFUSED);
	ck_assert_uint_eq(messages[11].id, 0);
	ck_assert_uint_eq(messages[12].id, 0);
	lane_expect_all(channel, 0, 10);
	fixture_expect_nothing(channel);
	/* The first one tried is the one that fails. */
	ck_assert_int_eq(fsps_publish_batch(publisher, messages + 10, COUNT - 10, receipt),
			 FSPS_ERR_REFUSED);
	ck_assert_int_eq(fsps_publish_batch(publisher, messages + 11, COUNT - 11, receipt),
			 COUNT - 11);
	lane_expect_all(channel, 11, COUNT - 11);
	fsps_receipt_free(receipt);
	plain_close(&plain);
}
END_TEST

START_TEST(a_batch_stops_at_a_topic_that_is_none)
{
	messages[5].topic = "no topic";
	ck_assert_int_eq(fsps_publish_batch(publisher, messages, COUNT, NULL), 5);
	ck_assert_int_eq(fsps_last_error()->code, FSPS_ERR_TOPIC);
	lane_expect_all(channel, 0, 5);
	fixture_expect_nothing(channel);
}
END_TEST

START_TEST(a_batch_without_what_it_needs_is_refused_whole)
{
	messages[COUNT - 1].payload = NULL;
	ck_assert_int_eq(fsps_publish_batch(publisher, messages, COUNT, NULL), FSPS_ERR_ARGUMENT);
	messages[COUNT - 1].payload_len = 0;
	messages[COUNT - 2].topic = NULL;
	ck_assert_int_eq(fsps_publish_batch(publisher, messages, COUNT, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_publish_batch(NULL, messages, COUNT, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_publish_batch(publisher, NULL, 1, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_publish_batch(publisher, messages, (size_t)INT_MAX + 1, NULL),
			 FSPS_ERR_ARGUMENT);
	fixture_expect_nothing(channel);
}
END_TEST

/* ---- prepared topics ---- */

static fsps_prepared *prepare(const char *topic, const fsps_headers *headers)
{
	fsps_prepared *prepared = NULL;

	ck_assert_int_eq(fsps_prepare(publisher, topic, headers, &prepared), FSPS_OK);
	return prepared;
}

START_TEST(a_prepared_topic_is_published_to_as_any)
{
	fsps_prepared *prepared = prepare("a", NULL);

	for (uint32_t i = 0; i < COUNT; i += 2) {
		ck_assert_int_eq(fsps_publish_prepared(prepared, payloads[i], LENGTH, NULL), 1);
		ck_assert_int_eq(lane_publish(publisher, "a", i + 1, LENGTH, NULL), 1);
	}
	lane_expect_all(channel, 0, COUNT);
	fsps_prepared_free(prepared);
}
END_TEST

START_TEST(a_prepared_topic_keeps_its_headers)
{
	fsps_headers *headers = NULL;
	fsps_prepared *prepared;

	ck_assert_int_eq(fsps_headers_new(&headers), FSPS_OK);
	ck_assert_int_eq(fsps_headers_set_int(headers, "n", 42), FSPS_OK);
	prepared = prepare("a", headers);
	fsps_headers_free(headers);
	for (uint32_t i = 0; i < 10; i++) {
		fsps_message *message;
		int64_t n = 0;

		ck_assert_int_eq(fsps_publish_prepared(prepared, payloads[i], LENGTH, NULL), 1);
		message = fixture_receive(channel);
		ck_assert_int_eq(fsps_headers_get_int(fsps_message_headers(message), "n", &n),
				 FSPS_OK);
		ck_assert_int_eq(n, 42);
		ck_assert_uint_eq(lane_number_of(message), i);
		fsps_message_unref(message);
	}
	fsps_prepared_free(prepared);
}
END_TEST

START_TEST(a_prepared_topic_reaches_whoever_comes_and_goes)
{
	fsps_prepared *prepared = prepare("b", NULL);
	fsps_channel *later;

	ck_assert_int_eq(fsps_publish_prepared(prepared, "x", 1, NULL), 0);
	for (uint32_t i = 0; i < 20; i++) {
		later = fixture_subscribe(bus, "b");
		for (uint32_t k = 0; k < 5; k++)
			ck_assert_int_eq(fsps_publish_prepared(prepared, payloads[k], LENGTH, NULL),
					 1);
		lane_expect_all(later, 0, 5);
		fsps_channel_close(later);
		ck_assert_int_eq(fsps_publish_prepared(prepared, "x", 1, NULL), 0);
	}
	fsps_prepared_free(prepared);
}
END_TEST

START_TEST(what_cannot_be_published_cannot_be_prepared)
{
	fsps_prepared *prepared = NULL;

	ck_assert_int_eq(fsps_prepare(publisher, "no topic", NULL, &prepared), FSPS_ERR_TOPIC);
	ck_assert_int_eq(fsps_prepare(publisher, NULL, NULL, &prepared), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_prepare(NULL, "a", NULL, &prepared), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_prepare(publisher, "a", NULL, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_ptr_null(prepared);
	ck_assert_int_eq(fsps_publish_prepared(NULL, "x", 1, NULL), FSPS_ERR_ARGUMENT);
	prepared = prepare("a", NULL);
	ck_assert_int_eq(fsps_publish_prepared(prepared, NULL, 1, NULL), FSPS_ERR_ARGUMENT);
	fsps_prepared_free(prepared);
	fsps_prepared_free(NULL);
}
END_TEST

static void add_tests_of_batches(TCase *tcase)
{
	tcase_add_test(tcase, a_batch_comes_whole_and_in_order);
	tcase_add_test(tcase, a_small_batch_has_files_of_its_own_and_a_larger_one_a_segment);
	tcase_add_test(tcase, a_batch_comes_between_the_messages_before_and_after_it);
	tcase_add_test(tcase, the_ids_of_a_batch_ascend_and_are_those_that_arrive);
	tcase_add_test(tcase, an_empty_batch_publishes_nothing);
	tcase_add_test(tcase, a_batch_that_nobody_listens_to_is_published);
	tcase_add_test(tcase, a_batch_of_several_topics_reaches_each_in_order);
	tcase_add_test(tcase, a_batch_stops_at_the_first_message_that_a_channel_refuses);
	tcase_add_test(tcase, a_batch_stops_at_a_topic_that_is_none);
	tcase_add_test(tcase, a_batch_without_what_it_needs_is_refused_whole);
}

int main(void)
{
	Suite *suite = suite_create("lane_batch");
	TCase *tcase = fixture_tcase(suite, "lane_batch");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	add_tests_of_batches(tcase);
	tcase_add_test(tcase, a_prepared_topic_is_published_to_as_any);
	tcase_add_test(tcase, a_prepared_topic_keeps_its_headers);
	tcase_add_test(tcase, a_prepared_topic_reaches_whoever_comes_and_goes);
	tcase_add_test(tcase, what_cannot_be_published_cannot_be_prepared);
	return check_main(suite);
}
