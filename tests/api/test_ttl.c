/* SPDX-License-Identifier: MIT */
/*
 * How long a message may wait: by its header, by its channel, by the lesser of the two. What is
 * older is never handed out, whoever reads and however, and is counted; what was handed out once
 * comes again however old it is.
 *
 * Each test waits until the clock has passed what it published, some milliseconds.
 */
#include <time.h>

#include "api/work.h"
#include "unit/check_main.h"

enum {
	TTL_MS = 5,
	/* How far the clock that a reader goes by may be behind. */
	TICK_MS = 20,
	MESSAGES = 40,
};

static fsps_bus *bus;
static fsps_publisher *publisher;

static void set_up(void)
{
	bus = fixture_open_bus();
	publisher = fixture_open_publisher(bus);
}

static void tear_down(void)
{
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

static int64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* What was published before is older than TTL_MS after this. */
static void grow_old(void)
{
	int64_t end_ms = wall_ms() + TTL_MS + TICK_MS;

	while (wall_ms() <= end_ms)
		;
}

static void publish_with(const fsps_headers *headers, const char *text)
{
	ck_assert_int_eq(fsps_publish(publisher, "a", headers, text, strlen(text), NULL), 1);
}

/* With a time to live of its own. */
static void publish_mortal(int64_t ttl_ms, const char *text)
{
	fsps_headers *headers = NULL;

	ck_assert_int_eq(fsps_headers_new(&headers), FSPS_OK);
	ck_assert_int_eq(fsps_headers_set_int(headers, FSPS_HEADER_TTL_MS, ttl_ms), FSPS_OK);
	publish_with(headers, text);
	fsps_headers_free(headers);
}

static fsps_channel *open_with_ttl(int64_t ttl_ms)
{
	const struct fsps_channel_options options = {.size = sizeof options, .ttl_ms = ttl_ms};
	fsps_channel *channel = NULL;

	ck_assert_int_eq(fsps_channel_open(bus, "a", &options, &channel), FSPS_OK);
	return channel;
}

/* How many expired in the home's only channel since it was created. */
static uint64_t count_expired(void)
{
	return fixture_info(bus).expired;
}

static void set_ttl(const fsps_channel *channel, int64_t ttl_ms)
{
	struct fsps_limits limits = {.size = sizeof limits};

	ck_assert_int_eq(fsps_channel_get_limits(bus, fsps_channel_name(channel), &limits),
			 FSPS_OK);
	limits.ttl_ms = ttl_ms;
	ck_assert_int_eq(fsps_channel_set_limits(bus, fsps_channel_name(channel), &limits),
			 FSPS_OK);
}

/* ---- by header and by channel ---- */

START_TEST(what_is_older_than_its_channel_allows_is_not_handed_out)
{
	fsps_channel *channel = open_with_ttl(TTL_MS);

	for (int i = 0; i < MESSAGES; i++)
		fixture_publish(publisher, "a", "old");
	grow_old();
	fixture_expect_nothing(channel);
	ck_assert_uint_eq(fixture_stats(channel).expired, MESSAGES);
	ck_assert_uint_eq(fixture_stats(channel).delivered, 0);
	ck_assert_uint_eq(count_expired(), MESSAGES);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(what_is_older_than_its_header_allows_is_passed_over)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");

	for (int i = 0; i < MESSAGES; i++) {
		publish_mortal(TTL_MS, "old");
		if (i % 2 == 0)
			fixture_publish(publisher, "a", "lasting");
	}
	grow_old();
	for (int i = 0; i < MESSAGES; i += 2)
		fixture_expect(channel, "lasting");
	fixture_expect_nothing(channel);
	ck_assert_uint_eq(fixture_stats(channel).expired, MESSAGES);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(the_lesser_time_to_live_counts)
{
	const int64_t hour_ms = 3600000;
	fsps_channel *channel = open_with_ttl(hour_ms);

	publish_mortal(TTL_MS, "old by its header");
	publish_mortal(2 * hour_ms, "young");
	grow_old();
	fixture_expect(channel, "young");
	set_ttl(channel, TTL_MS);
	publish_mortal(hour_ms, "old by its channel");
	grow_old();
	fixture_expect_nothing(channel);
	ck_assert_uint_eq(fixture_stats(channel).expired, 2);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_header_that_is_no_time_is_no_limit)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");
	fsps_headers *headers = NULL;

	ck_assert_int_eq(fsps_headers_new(&headers), FSPS_OK);
	ck_assert_int_eq(fsps_headers_set_string(headers, FSPS_HEADER_TTL_MS, "1"), FSPS_OK);
	publish_with(headers, "a string");
	ck_assert_int_eq(fsps_headers_set_double(headers, FSPS_HEADER_TTL_MS, 1.0), FSPS_OK);
	publish_with(headers, "a double");
	ck_assert_int_eq(fsps_headers_set_null(headers, FSPS_HEADER_TTL_MS), FSPS_OK);
	publish_with(headers, "null");
	fsps_headers_free(headers);
	publish_mortal(0, "zero");
	publish_mortal(-1, "negative");
	publish_mortal(INT64_MAX, "endless");
	grow_old();
	fixture_expect(channel, "a string");
	fixture_expect(channel, "a double");
	fixture_expect(channel, "null");
	fixture_expect(channel, "zero");
	fixture_expect(channel, "negative");
	fixture_expect(channel, "endless");
	fsps_channel_close(channel);
}
END_TEST

/* ---- whoever reads ---- */

static const struct {
	int shared;
	int delivery;
} readers[] = {
	{.delivery = FSPS_AT_LEAST_ONCE},
	{.delivery = FSPS_AT_MOST_ONCE},
	{.shared = 1},
};

enum { READERS = sizeof readers / sizeof readers[0] };

static fsps_channel *open_reader(int which)
{
	struct fsps_channel_options options = work_options();

	options.shared = readers[which].shared;
	options.delivery = readers[which].delivery;
	return work_open_with(bus, &options);
}

START_TEST(a_durable_channel_hands_out_nothing_too_old)
{
	fsps_channel *channel = open_reader(_i);
	fsps_message *message;

	for (int i = 0; i < MESSAGES; i++)
		publish_mortal(TTL_MS, "old");
	fixture_publish(publisher, "a", "lasting");
	grow_old();
	message = fixture_receive(channel);
	ck_assert_str_eq(fsps_message_payload(message, NULL), "lasting");
	if (readers[_i].delivery != FSPS_AT_MOST_ONCE)
		ck_assert_int_eq(fsps_message_ack(channel, message), FSPS_OK);
	fsps_message_unref(message);
	fixture_expect_nothing(channel);
	ck_assert_uint_eq(fixture_stats(channel).expired, MESSAGES);
	fsps_channel_close(channel);
	work_expect_empty(bus);
}
END_TEST

START_TEST(what_expired_for_one_reader_is_no_matter_to_the_next)
{
	fsps_channel *channel = open_reader(_i);

	for (int i = 0; i < MESSAGES; i++)
		publish_mortal(TTL_MS, "old");
	grow_old();
	fixture_expect_nothing(channel);
	fsps_channel_close(channel);
	channel = open_reader(_i);
	fixture_expect_nothing(channel);
	ck_assert_uint_eq(fixture_stats(channel).expired, 0);
	ck_assert_uint_eq(count_expired(), MESSAGES);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(what_was_handed_out_once_does_not_expire)
{
	fsps_channel *channel = work_open(bus);
	fsps_message *messages[MESSAGES];

	work_publish(publisher, 0, MESSAGES);
	work_take_all(channel, 0, MESSAGES, 1, messages);
	for (int i = 0; i < MESSAGES; i++)
		ck_assert_int_eq(fsps_message_nack(channel, messages[i], 0, NULL), FSPS_OK);
	work_unref_all(messages, MESSAGES);
	set_ttl(channel, 1);
	grow_old();
	for (unsigned i = 0; i < MESSAGES; i++)
		work_ack(channel, work_take(channel, i, 2));
	ck_assert_uint_eq(fixture_stats(channel).expired, 0);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(what_a_reader_closed_over_does_not_come_too_old_from_its_file)
{
	fsps_channel *channel = work_join(bus);
	fsps_message *message;

	work_publish(publisher, 0, 1);
	message = work_take(channel, 0, 1);
	fsps_message_unref(message);
	set_ttl(channel, 1);
	fsps_channel_close(channel);
	grow_old();
	channel = work_join(bus);
	work_ack(channel, work_take(channel, 0, 1));
	fsps_channel_close(channel);
}
END_TEST

/* ---- room ---- */

START_TEST(what_expired_makes_room)
{
	const struct fsps_channel_options options = {.size = sizeof options,
						     .limit_messages = MESSAGES};
	fsps_channel *channel = NULL;
	int published = 0;

	ck_assert_int_eq(fsps_channel_open(bus, "a", &options, &channel), FSPS_OK);
	for (int round = 0; round < 3; round++) {
		/* Segments may set some apart. */
		for (int i = 0; i < MESSAGES / 2; i++, published++)
			publish_mortal(TTL_MS, "old");
		grow_old();
		fixture_expect_nothing(channel);
	}
	ck_assert_uint_eq(fixture_stats(channel).expired, (uint64_t)published);
	fsps_channel_close(channel);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ttl");
	TCase *limits = fixture_tcase(suite, "limits");
	TCase *who = fixture_tcase(suite, "readers");

	tcase_add_checked_fixture(limits, set_up, tear_down);
	tcase_add_test(limits, what_is_older_than_its_channel_allows_is_not_handed_out);
	tcase_add_test(limits, what_is_older_than_its_header_allows_is_passed_over);
	tcase_add_test(limits, the_lesser_time_to_live_counts);
	tcase_add_test(limits, a_header_that_is_no_time_is_no_limit);
	tcase_add_test(limits, what_expired_makes_room);
	tcase_add_checked_fixture(who, set_up, tear_down);
	tcase_add_loop_test(who, a_durable_channel_hands_out_nothing_too_old, 0, READERS);
	tcase_add_loop_test(who, what_expired_for_one_reader_is_no_matter_to_the_next, 0, READERS);
	tcase_add_test(who, what_was_handed_out_once_does_not_expire);
	tcase_add_test(who, what_a_reader_closed_over_does_not_come_too_old_from_its_file);
	return check_main(suite);
}
