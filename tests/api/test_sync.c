/* SPDX-License-Identifier: MIT */
/* The option sync of a publisher, as far as it shows without a disk that fails: each message is a
 * file, in the order of the calls, whichever way it is published. */
#include <string.h>

#include "api/fixture.h"
#include "unit/check_main.h"

static fsps_bus *bus;

static void set_up(void)
{
	bus = fixture_open_bus();
}

static void tear_down(void)
{
	fsps_bus_close(bus);
}

static fsps_publisher *open_sync_publisher(void)
{
	const struct fsps_publisher_options options = {.size = sizeof options, .sync = 1};
	fsps_publisher *publisher = NULL;

	ck_assert_int_eq(fsps_publisher_open(bus, &options, &publisher), FSPS_OK);
	return publisher;
}

static void publish_batch(fsps_publisher *publisher)
{
	struct fsps_outgoing batch[3] = {
		{.topic = "a", .payload = "4", .payload_len = 1},
		{.topic = "a", .payload = "5", .payload_len = 1},
		{.topic = "a", .payload = "6", .payload_len = 1},
	};

	ck_assert_int_eq(fsps_publish_batch(publisher, batch, 3, NULL), 3);
}

static void publish_reserved(fsps_publisher *publisher)
{
	void *payload = NULL;

	ck_assert_int_eq(fsps_reserve(publisher, "a", NULL, 8, &payload), FSPS_OK);
	memcpy(payload, "7", 1);
	ck_assert_int_eq(fsps_commit(publisher, 1, NULL), 1);
}

static void publish_prepared(fsps_publisher *publisher)
{
	fsps_prepared *prepared = NULL;

	ck_assert_int_eq(fsps_prepare(publisher, "a", NULL, &prepared), FSPS_OK);
	ck_assert_int_eq(fsps_publish_prepared(prepared, "8", 1, NULL), 1);
	fsps_prepared_free(prepared);
}

START_TEST(each_message_is_a_file)
{
	static const char *const texts[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8"};
	fsps_channel *channel = fixture_subscribe(bus, "a");
	fsps_publisher *publisher = open_sync_publisher();

	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(fixture_publish(publisher, "a", texts[i]), 1);
	publish_batch(publisher);
	publish_reserved(publisher);
	publish_prepared(publisher);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		fixture_expect(channel, texts[i]);
	fixture_expect_nothing(channel);
	ck_assert_uint_eq(fixture_stats(channel).from_segments, 0);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(it_is_on_or_off)
{
	struct fsps_publisher_options options = {.size = sizeof options, .sync = 2};
	fsps_publisher *publisher = NULL;

	ck_assert_int_eq(fsps_publisher_open(bus, &options, &publisher), FSPS_ERR_ARGUMENT);
	options.sync = -1;
	ck_assert_int_eq(fsps_publisher_open(bus, &options, &publisher), FSPS_ERR_ARGUMENT);
	ck_assert_ptr_null(publisher);
	options.sync = 0;
	ck_assert_int_eq(fsps_publisher_open(bus, &options, &publisher), FSPS_OK);
	fsps_publisher_close(publisher);
}
END_TEST

/* What stands where the option is now is none of our business then. */
START_TEST(a_program_that_does_not_know_it_goes_without)
{
	struct fsps_publisher_options options = {.wait_ms = 0, .sync = 77};
	fsps_publisher *publisher = NULL;

	options.size = offsetof(struct fsps_publisher_options, sync);
	ck_assert_int_eq(fsps_publisher_open(bus, &options, &publisher), FSPS_OK);
	fsps_publisher_close(publisher);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("sync");
	TCase *tcase = fixture_tcase(suite, "sync");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, each_message_is_a_file);
	tcase_add_test(tcase, it_is_on_or_off);
	tcase_add_test(tcase, a_program_that_does_not_know_it_goes_without);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
