/* SPDX-License-Identifier: MIT */
/* Limits that are read and set while the channel is used. In files and in segments alike. */
#include <string.h>

#include "api/lane.h"
#include "unit/check_main.h"

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

static int publish(uint32_t number)
{
	enum { LENGTH = 1000 };

	return lane_publish(publisher, "a", number, LENGTH, NULL);
}

START_TEST(limits_that_are_set_hold_from_the_next_message_on)
{
	struct fsps_limits limits = {
		.size = sizeof limits, .messages = 5, .when_full = FSPS_FULL_REFUSE};
	fsps_channel *channel = fixture_subscribe(bus, "a");
	uint32_t next = 0;

	for (; next < 20; next++)
		ck_assert_int_eq(publish(next), 1);
	ck_assert_int_eq(fsps_channel_set_limits(bus, fsps_channel_name(channel), &limits),
			 FSPS_OK);
	ck_assert_int_eq(publish(next), FSPS_ERR_REFUSED);
	lane_expect_all(channel, 0, 16);
	ck_assert_int_eq(publish(20), 1);
	ck_assert_int_eq(publish(21), FSPS_ERR_REFUSED);
	limits.messages = 0;
	ck_assert_int_eq(fsps_channel_set_limits(bus, fsps_channel_name(channel), &limits),
			 FSPS_OK);
	for (next = 21; next < 40; next++)
		ck_assert_int_eq(publish(next), 1);
	lane_expect_all(channel, 16, 40 - 16);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(limits_are_read_as_they_were_set)
{
	const struct fsps_limits limits = {.size = sizeof limits,
					   .bytes = 123456,
					   .messages = 789,
					   .ttl_ms = 1500,
					   .when_full = FSPS_FULL_BLOCK,
					   .block_ms = 250};
	struct fsps_limits found = {.size = sizeof found};
	fsps_channel *channel = fixture_subscribe(bus, "a");

	ck_assert_int_eq(fsps_channel_get_limits(bus, fsps_channel_name(channel), &found), FSPS_OK);
	ck_assert_uint_gt(found.bytes, 0);
	ck_assert_uint_le(found.bytes, 64 << 20);
	ck_assert_uint_eq(found.messages, 0);
	ck_assert_int_eq(found.ttl_ms, 0);
	ck_assert_int_eq(found.when_full, FSPS_FULL_REFUSE);
	ck_assert_int_eq(fsps_channel_set_limits(bus, fsps_channel_name(channel), &limits),
			 FSPS_OK);
	ck_assert_int_eq(fsps_channel_get_limits(bus, fsps_channel_name(channel), &found), FSPS_OK);
	ck_assert_uint_eq(found.bytes, limits.bytes);
	ck_assert_uint_eq(found.messages, limits.messages);
	ck_assert_int_eq(found.ttl_ms, limits.ttl_ms);
	ck_assert_int_eq(found.when_full, limits.when_full);
	ck_assert_int_eq(found.block_ms, limits.block_ms);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(limits_that_make_no_sense_are_refused)
{
	struct fsps_limits limits = {.size = sizeof limits, .when_full = FSPS_FULL_REFUSE};
	fsps_channel *channel = fixture_subscribe(bus, "a");
	const char *name = fsps_channel_name(channel);
	struct fsps_limits wrong = limits;

	ck_assert_int_eq(fsps_channel_set_limits(NULL, name, &limits), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_channel_set_limits(bus, NULL, &limits), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_channel_set_limits(bus, name, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_channel_set_limits(bus, "no/channel", &limits), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_channel_set_limits(bus, "a_none", &limits), FSPS_ERR_NOT_FOUND);
	wrong.size = 1;
	ck_assert_int_eq(fsps_channel_set_limits(bus, name, &wrong), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_channel_get_limits(bus, name, &wrong), FSPS_ERR_ARGUMENT);
	wrong = limits;
	wrong.when_full = FSPS_FULL_DEFAULT;
	ck_assert_int_eq(fsps_channel_set_limits(bus, name, &wrong), FSPS_ERR_ARGUMENT);
	wrong.when_full = FSPS_FULL_DROP_OLDEST + 1;
	ck_assert_int_eq(fsps_channel_set_limits(bus, name, &wrong), FSPS_ERR_ARGUMENT);
	wrong = limits;
	wrong.ttl_ms = -1;
	ck_assert_int_eq(fsps_channel_set_limits(bus, name, &wrong), FSPS_ERR_ARGUMENT);
	wrong.ttl_ms = FSPS_TTL_MS_MAX + 1;
	ck_assert_int_eq(fsps_channel_set_limits(bus, name, &wrong), FSPS_ERR_ARGUMENT);
	wrong = limits;
	wrong.block_ms = 10;
	ck_assert_int_eq(fsps_channel_set_limits(bus, name, &wrong), FSPS_ERR_ARGUMENT);
	fsps_channel_close(channel);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("limit_set");
	TCase *tcase = fixture_tcase(suite, "limit_set");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, limits_that_are_set_hold_from_the_next_message_on);
	tcase_add_test(tcase, limits_are_read_as_they_were_set);
	tcase_add_test(tcase, limits_that_make_no_sense_are_refused);
	return check_main(suite);
}
