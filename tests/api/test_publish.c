/* SPDX-License-Identifier: MIT */
/* Publishing through the public API: what it answers, receipts, refusals, and waiting. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/fixture.h"
#include "api/plain.h"
#include "unit/check_main.h"

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

static int publish(const char *topic, const char *text)
{
	return fsps_publish(publisher, topic, NULL, text, strlen(text), receipt);
}

static void expect_receipt(int matched, int reached, int refused)
{
	ck_assert_int_eq(fsps_receipt_matched(receipt), matched);
	ck_assert_int_eq(fsps_receipt_reached(receipt), reached);
	ck_assert_int_eq(fsps_receipt_refused(receipt), refused);
}

static void expect_refusal(int index, const char *channel_name, int code)
{
	const char *name = NULL;
	int refusal = 0;

	ck_assert_int_eq(fsps_receipt_refusal(receipt, index, &name, &refusal), FSPS_OK);
	ck_assert_str_eq(name, channel_name);
	ck_assert_int_eq(refusal, code);
}

static fsps_publisher *open_waiting(int64_t wait_ms)
{
	struct fsps_publisher_options options = {.size = sizeof options, .wait_ms = wait_ms};
	fsps_publisher *waiting = NULL;

	ck_assert_int_eq(fsps_publisher_open(bus, &options, &waiting), FSPS_OK);
	return waiting;
}

/* ---- arguments ---- */

START_TEST(null_is_an_argument_error)
{
	struct fsps_publisher_options options = {.size = sizeof options};
	fsps_publisher *other = NULL;

	ck_assert_int_eq(fsps_publisher_open(NULL, NULL, &other), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_publisher_open(bus, NULL, NULL), FSPS_ERR_ARGUMENT);
	options.size = 1;
	ck_assert_int_eq(fsps_publisher_open(bus, &options, &other), FSPS_ERR_ARGUMENT);
	options = (struct fsps_publisher_options){.size = sizeof options, .wait_ms = -2};
	ck_assert_int_eq(fsps_publisher_open(bus, &options, &other), FSPS_ERR_ARGUMENT);
	ck_assert_ptr_null(other);
	ck_assert_int_eq(fsps_publish(NULL, "a", NULL, "", 0, receipt), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_publish(publisher, NULL, NULL, "", 0, receipt), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_publish(publisher, "a", NULL, NULL, 1, receipt), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_publisher_matched(NULL, "a"), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_publisher_matched(publisher, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_receipt_new(NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_receipt_refusal(NULL, 0, NULL, NULL), FSPS_ERR_ARGUMENT);
	fsps_receipt_free(NULL);
	fsps_publisher_close(NULL);
}
END_TEST

START_TEST(what_is_no_topic_is_refused_and_named)
{
	static const char *const wrong[] = {"",     "a/b",  "a b",   "a_b",  "a=", "+",
					    "a\n",  "\xc3", "a*",    "a#",   "~",  "a:b",
					    "a\\b", "a,b",  "\"a\"", "a\x7f"};
	char longest[FSPS_TOPIC_MAX + 2];

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		ck_assert_int_eq(publish(wrong[i], "x"), FSPS_ERR_TOPIC);
		ck_assert_ptr_nonnull(strstr(fsps_last_error()->text, "topic"));
		ck_assert_int_eq(fsps_publisher_matched(publisher, wrong[i]), FSPS_ERR_TOPIC);
		ck_assert_int_eq(fsps_publisher_wait_subscribers(publisher, wrong[i], 0, 0),
				 FSPS_ERR_TOPIC);
	}
	memset(longest, 't', sizeof longest);
	longest[FSPS_TOPIC_MAX + 1] = '\0';
	ck_assert_int_eq(publish(longest, "x"), FSPS_ERR_TOPIC);
	longest[FSPS_TOPIC_MAX] = '\0';
	ck_assert_int_eq(publish(longest, "x"), 0);
}
END_TEST

START_TEST(the_longest_topic_and_pattern_reach_each_other)
{
	char pattern[FSPS_PATTERN_MAX + 1];
	char topic[FSPS_TOPIC_MAX + 1];
	fsps_channel *channel;
	fsps_message *message;

	memset(pattern, 'p', sizeof pattern);
	pattern[FSPS_PATTERN_MAX - 1] = '+';
	pattern[FSPS_PATTERN_MAX] = '\0';
	memset(topic, 'p', sizeof topic);
	topic[FSPS_TOPIC_MAX] = '\0';
	channel = fixture_subscribe(bus, pattern);
	ck_assert_int_eq(publish(topic, "x"), 1);
	message = fixture_receive(channel);
	ck_assert_str_eq(fsps_message_topic(message), topic);
	fsps_message_unref(message);
	fsps_channel_close(channel);
}
END_TEST

/* ---- answers and receipts ---- */

START_TEST(a_publish_answers_how_many_channels_have_it)
{
	fsps_channel *one = fixture_subscribe(bus, "a.b");
	fsps_channel *word = fixture_subscribe(bus, "a.=");
	fsps_channel *all = fixture_subscribe(bus, "+");

	ck_assert_int_eq(publish("a.b", "1"), 3);
	expect_receipt(3, 3, 0);
	ck_assert_int_eq(publish("a.bc", "2"), 2);
	ck_assert_int_eq(publish("a.b.c", "3"), 1);
	ck_assert_int_eq(fsps_publisher_matched(publisher, "a.b"), 3);
	ck_assert_int_eq(fsps_publisher_matched(publisher, "z"), 1);
	fixture_expect(one, "1");
	fixture_expect_nothing(one);
	fixture_expect(word, "1");
	fixture_expect(word, "2");
	fixture_expect(all, "1");
	fixture_expect(all, "2");
	fixture_expect(all, "3");
	fsps_channel_close(all);
	ck_assert_int_eq(publish("a.b.c", "4"), 0);
	expect_receipt(0, 0, 0);
	fsps_channel_close(word);
	fsps_channel_close(one);
}
END_TEST

START_TEST(ids_increase_and_stand_in_the_receipt)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");
	fsps_publisher *other = fixture_open_publisher(bus);
	uint64_t last = 0;

	for (int i = 0; i < 1000; i++) {
		fsps_publisher *in_turn = i % 2 == 0 ? publisher : other;
		fsps_message *message;

		ck_assert_int_eq(fsps_publish(in_turn, "a", NULL, "x", 1, receipt), 1);
		ck_assert_uint_gt(fsps_receipt_id(receipt), last);
		last = fsps_receipt_id(receipt);
		message = fixture_receive(channel);
		ck_assert_uint_eq(fsps_message_id(message), last);
		fsps_message_unref(message);
	}
	fsps_publisher_close(other);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_failed_publish_empties_the_receipt)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");

	ck_assert_int_eq(publish("a", "x"), 1);
	ck_assert_int_eq(publish("a_", "x"), FSPS_ERR_TOPIC);
	ck_assert_uint_eq(fsps_receipt_id(receipt), 0);
	expect_receipt(0, 0, 0);
	ck_assert_int_eq(fsps_receipt_refusal(receipt, 0, NULL, NULL), FSPS_ERR_NOT_FOUND);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_message_over_the_limit_reaches_nobody)
{
	/* Magic, version, ID, time, three lengths, topic "a", headers "{}". */
	enum { LIMIT = 1000, AROUND_PAYLOAD = 33 + 1 + 2 };
	struct fsps_bus_options options = {
		.size = sizeof options, .home = fixture_home, .message_bytes_max = LIMIT};
	char payload[LIMIT] = "";
	fsps_channel *channel = fixture_subscribe(bus, "a");
	fsps_publisher *limited = NULL;
	fsps_bus *small = NULL;

	ck_assert_int_eq(fsps_bus_open(&options, &small), FSPS_OK);
	ck_assert_int_eq(fsps_publisher_open(small, NULL, &limited), FSPS_OK);
	ck_assert_int_eq(fsps_publish(limited, "a", NULL, payload, LIMIT - AROUND_PAYLOAD, receipt),
			 1);
	ck_assert_int_eq(
		fsps_publish(limited, "a", NULL, payload, LIMIT - AROUND_PAYLOAD + 1, receipt),
		FSPS_ERR_TOO_LARGE);
	ck_assert_int_eq(fsps_publish(limited, "a", NULL, payload, SIZE_MAX, receipt),
			 FSPS_ERR_TOO_LARGE);
	expect_receipt(0, 0, 0);
	ck_assert_int_eq(fsps_channel_backlog(channel), 1);
	fsps_publisher_close(limited);
	fsps_bus_close(small);
	fsps_channel_close(channel);
}
END_TEST

/* ---- refusals ---- */

START_TEST(a_plain_channel_that_is_full_refuses_and_the_others_have_it)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");
	struct plain_channel plain = plain_subscribe("a");

	plain_fill(&plain);
	ck_assert_int_eq(publish("a", "x"), FSPS_ERR_REFUSED);
	expect_receipt(2, 1, 1);
	ck_assert_uint_ne(fsps_receipt_id(receipt), 0);
	expect_refusal(0, plain.name, FSPS_ERR_FULL);
	ck_assert_int_eq(fsps_receipt_refusal(receipt, 0, NULL, NULL), FSPS_OK);
	ck_assert_int_eq(fsps_receipt_refusal(receipt, 1, NULL, NULL), FSPS_ERR_NOT_FOUND);
	ck_assert_int_eq(fsps_receipt_refusal(receipt, -1, NULL, NULL), FSPS_ERR_NOT_FOUND);
	/* Nothing is left behind in the one that refused. */
	ck_assert_uint_eq(fixture_count(fixture_path("%s", plain.name), ""), 1);
	fixture_expect(channel, "x");
	ck_assert_int_eq(plain_drain(&plain), PLAIN_CAPACITY);
	ck_assert_int_eq(publish("a", "y"), 2);
	expect_receipt(2, 2, 0);
	ck_assert_uint_eq(plain_next(&plain), fsps_receipt_id(receipt));
	plain_close(&plain);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_refusal_is_told_without_a_receipt)
{
	struct plain_channel plain;

	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	plain = plain_subscribe("a");
	plain_fill(&plain);
	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), FSPS_ERR_REFUSED);
	ck_assert_str_eq(fsps_last_error()->path, plain.name);
	ck_assert_ptr_nonnull(strstr(fsps_last_error()->text, plain.name));
	plain_close(&plain);
}
END_TEST

/* Drains the FIFO once a message was put into the channel and taken back. */
static void *drain_after_a_refusal(void *userdata)
{
	const struct plain_channel *plain = userdata;

	(void)fixture_readable(plain->watch_fd, FIXTURE_PATIENCE_MS);
	plain_drain(plain);
	return NULL;
}

START_TEST(a_publisher_that_waits_gets_a_full_channel_when_it_is_read)
{
	fsps_publisher *waiting = open_waiting(FIXTURE_PATIENCE_MS);
	struct plain_channel plain;
	pthread_t reader;

	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	plain = plain_subscribe("a");
	plain_fill(&plain);
	ck_assert_int_eq(pthread_create(&reader, NULL, drain_after_a_refusal, &plain), 0);
	ck_assert_int_eq(fsps_publish(waiting, "a", NULL, "x", 1, receipt), 1);
	expect_receipt(1, 1, 0);
	ck_assert_int_eq(pthread_join(reader, NULL), 0);
	plain_close(&plain);
	fsps_publisher_close(waiting);
}
END_TEST

START_TEST(a_publisher_that_waited_in_vain_is_refused)
{
	fsps_publisher *waiting = open_waiting(100);
	int64_t start_ms = fixture_now_ms();
	struct plain_channel plain;

	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	plain = plain_subscribe("a");
	plain_fill(&plain);
	ck_assert_int_eq(fsps_publish(waiting, "a", NULL, "x", 1, receipt), FSPS_ERR_REFUSED);
	ck_assert_int_ge(fixture_now_ms() - start_ms, 100);
	expect_refusal(0, plain.name, FSPS_ERR_FULL);
	plain_close(&plain);
	fsps_publisher_close(waiting);
}
END_TEST

START_TEST(a_plain_channel_without_a_reader_is_passed_over)
{
	struct plain_channel plain;

	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	plain = plain_create("a", (long)getpid());
	ck_assert_int_eq(publish("a", "x"), 0);
	expect_receipt(0, 0, 0);
	ck_assert_uint_eq(fixture_count(fixture_path("%s", plain.name), ""), 1);
	plain_open(&plain);
	ck_assert_int_eq(publish("a", "x"), 1);
	close(plain.fd);
	close(plain.watch_fd);
	/* Its reader goes while we have its bell open: SIGPIPE would end us here. */
	ck_assert_int_eq(publish("a", "y"), 0);
	ck_assert_uint_eq(fixture_count(fixture_path("%s", plain.name), ""), 2);
}
END_TEST

/* ---- waiting for subscribers ---- */

START_TEST(waiting_for_subscribers_checks_its_arguments)
{
	ck_assert_int_eq(fsps_publisher_wait_subscribers(NULL, "a", 1, 0), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_publisher_wait_subscribers(publisher, NULL, 1, 0), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_publisher_wait_subscribers(publisher, "a", -1, 0), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_publisher_wait_subscribers(publisher, "a", 1, -2), FSPS_ERR_ARGUMENT);
}
END_TEST

START_TEST(waiting_for_subscribers_ends_at_once_or_in_time)
{
	int64_t start_ms = fixture_now_ms();
	fsps_channel *channel;

	ck_assert_int_eq(fsps_publisher_wait_subscribers(publisher, "a", 0, FSPS_FOREVER), 0);
	ck_assert_int_eq(fsps_publisher_wait_subscribers(publisher, "a", 1, 0), FSPS_ERR_TIMEOUT);
	ck_assert_int_eq(fsps_publisher_wait_subscribers(publisher, "a", 1, 150), FSPS_ERR_TIMEOUT);
	ck_assert_int_ge(fixture_now_ms() - start_ms, 150);
	ck_assert(!fixture_exists(fixture_home));
	channel = fixture_subscribe(bus, "+");
	ck_assert_int_eq(fsps_publisher_wait_subscribers(publisher, "a", 1, FSPS_FOREVER), 1);
	fsps_channel_close(channel);
}
END_TEST

static void *subscribe_twice(void *userdata)
{
	fsps_channel **channels = userdata;

	channels[0] = fixture_subscribe(bus, "a");
	channels[1] = fixture_subscribe(bus, "+");
	return NULL;
}

START_TEST(subscribers_are_waited_for_even_where_there_is_no_home)
{
	fsps_channel *channels[2] = {NULL, NULL};
	pthread_t subscriber;

	ck_assert_int_eq(pthread_create(&subscriber, NULL, subscribe_twice, channels), 0);
	ck_assert_int_eq(fsps_publisher_wait_subscribers(publisher, "a", 2, FIXTURE_PATIENCE_MS),
			 2);
	ck_assert_int_eq(pthread_join(subscriber, NULL), 0);
	fsps_channel_close(channels[0]);
	fsps_channel_close(channels[1]);
}
END_TEST

static void add_receipts(Suite *suite)
{
	TCase *tcase = fixture_tcase(suite, "receipts");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, null_is_an_argument_error);
	tcase_add_test(tcase, what_is_no_topic_is_refused_and_named);
	tcase_add_test(tcase, the_longest_topic_and_pattern_reach_each_other);
	tcase_add_test(tcase, a_publish_answers_how_many_channels_have_it);
	tcase_add_test(tcase, ids_increase_and_stand_in_the_receipt);
	tcase_add_test(tcase, a_failed_publish_empties_the_receipt);
	tcase_add_test(tcase, a_message_over_the_limit_reaches_nobody);
}

static void add_refusals(Suite *suite)
{
	TCase *tcase = fixture_tcase(suite, "refusals");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_plain_channel_that_is_full_refuses_and_the_others_have_it);
	tcase_add_test(tcase, a_refusal_is_told_without_a_receipt);
	tcase_add_test(tcase, a_publisher_that_waits_gets_a_full_channel_when_it_is_read);
	tcase_add_test(tcase, a_publisher_that_waited_in_vain_is_refused);
	tcase_add_test(tcase, a_plain_channel_without_a_reader_is_passed_over);
}

static void add_waiting(Suite *suite)
{
	TCase *tcase = fixture_tcase(suite, "waiting");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, waiting_for_subscribers_checks_its_arguments);
	tcase_add_test(tcase, waiting_for_subscribers_ends_at_once_or_in_time);
	tcase_add_test(tcase, subscribers_are_waited_for_even_where_there_is_no_home);
}

int main(void)
{
	Suite *suite = suite_create("publish");

	add_receipts(suite);
	add_refusals(suite);
	add_waiting(suite);
	return check_main(suite);
}
