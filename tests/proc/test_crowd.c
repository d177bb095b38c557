/* SPDX-License-Identifier: MIT */
/* A crowded home: very many channels in one process, and very many directories of others. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/fixture.h"
#include "unit/check_main.h"

enum {
	CHANNELS = 1100,
	DESCRIPTORS_A_CHANNEL = 4,
	/* A segment takes one of its publisher, as long as there is one, and one of each reader. */
	DESCRIPTORS_A_SEGMENT = 1,
	DIRECTORIES = 10000,
};

static fsps_bus *bus;
static fsps_publisher *publisher;
static fsps_channel *channels[CHANNELS];

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

/* Sets the soft limit on descriptors; answers what it is then. */
static rlim_t set_descriptors(rlim_t wanted)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	return limit.rlim_cur;
}

/* Opens channels until the count is reached or it is refused. Answers how many there are. */
static int open_channels(int count)
{
	for (int i = 0; i < count; i++) {
		char pattern[32];
		int r;

		snprintf(pattern, sizeof pattern, "crowd.%d.+", i);
		r = fsps_channel_open(bus, pattern, NULL, &channels[i]);
		if (r == FSPS_OK)
			continue;
		ck_assert_int_eq(r, FSPS_ERR_LIMIT);
		ck_assert_ptr_null(channels[i]);
		return i;
	}
	return count;
}

static void reach_each(int count)
{
	for (int i = 0; i < count; i++) {
		char topic[32];

		snprintf(topic, sizeof topic, "crowd.%d.x", i);
		ck_assert_int_eq(fixture_publish(publisher, topic, topic), 1);
	}
}

static void expect_each_reached(int count)
{
	for (int i = 0; i < count; i++) {
		char topic[32];

		snprintf(topic, sizeof topic, "crowd.%d.x", i);
		fixture_expect(channels[i], topic);
		fixture_expect_nothing(channels[i]);
	}
}

static void close_channels(int count)
{
	for (int i = 0; i < count; i++)
		fsps_channel_close(channels[i]);
	ck_assert_uint_eq(fixture_count(fixture_home, "crowd"), 0);
	ck_assert_uint_eq(fixture_count(fixture_home, ".x-"), 0);
	ck_assert_uint_eq(fixture_count(fixture_home, ".n-"), 0);
}

START_TEST(a_process_may_have_very_many_channels)
{
	rlim_t wanted = CHANNELS * (DESCRIPTORS_A_CHANNEL + 1 + 2 * DESCRIPTORS_A_SEGMENT) + 100;
	rlim_t limit = set_descriptors(wanted);
	int count = open_channels(CHANNELS);

	/* With as many as it may have it gets all, else as many as fit. */
	if (limit == wanted)
		ck_assert_int_eq(count, CHANNELS);
	else
		ck_assert_int_ge(count, (int)(limit / DESCRIPTORS_A_CHANNEL) - 32);
	reach_each(count);
	expect_each_reached(count);
	close_channels(count);
}
END_TEST

START_TEST(channels_that_do_not_fit_are_refused_and_the_others_work)
{
	int count;

	/* The publisher's share, before the channels take all. */
	ck_assert_int_eq(fixture_publish(publisher, "crowd", "x"), 0);
	(void)set_descriptors(256);
	count = open_channels(CHANNELS);
	ck_assert_int_ge(count, 256 / DESCRIPTORS_A_CHANNEL - 16);
	ck_assert_int_le(count, 256 / DESCRIPTORS_A_CHANNEL);
	ck_assert_int_eq(fsps_last_error()->code, FSPS_ERR_LIMIT);
	/* With room for what a publish takes, all are reached, one bell after the other. */
	(void)set_descriptors(266);
	ck_assert_uint_eq(fixture_count(fixture_home, ".n-"), 0);
	ck_assert_uint_eq(fixture_count(fixture_home, "crowd"), (size_t)count);
	reach_each(count);
	/* Each reads from a segment of its own. */
	(void)set_descriptors(266 + (rlim_t)count * DESCRIPTORS_A_SEGMENT);
	expect_each_reached(count);
	close_channels(count);
}
END_TEST

START_TEST(one_publish_reaches_hundreds_of_channels)
{
	enum { COUNT = 300 };

	(void)set_descriptors(COUNT * (DESCRIPTORS_A_CHANNEL + 1 + DESCRIPTORS_A_SEGMENT) + 100);
	for (int i = 0; i < COUNT; i++)
		channels[i] = fixture_subscribe(bus, i % 2 == 0 ? "crowd" : "crow=");
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(fixture_publish(publisher, "crowd", "to all"), COUNT);
	for (int i = 0; i < COUNT; i++) {
		ck_assert_int_eq(fsps_channel_backlog(channels[i]), 10);
		for (int j = 0; j < 10; j++)
			fixture_expect(channels[i], "to all");
	}
	close_channels(COUNT);
}
END_TEST

/* ---- directories ---- */

static int count_one(const struct fsps_channel_info *info, void *userdata)
{
	(void)info;
	++*(int *)userdata;
	return 0;
}

START_TEST(ten_thousand_directories_in_the_home_hide_nobody)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");
	int listed = 0;

	/* Channels of other patterns that nobody has opened yet, and what is no channel at all. */
	for (int i = 0; i < DIRECTORIES; i++) {
		if (i % 2 == 0)
			ck_assert_int_eq(
				mkdir(fixture_path("d%d_0123456789ab_%ld", i, (long)getpid()),
				      0700),
				0);
		else
			ck_assert_int_eq(mkdir(fixture_path("a_b_%d", i), 0700), 0);
	}
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 1);
		fixture_expect(channel, "x");
	}
	ck_assert_int_eq(fixture_publish(publisher, "d4", "x"), 0);
	ck_assert_int_eq(fsps_bus_list(bus, count_one, &listed), DIRECTORIES / 2 + 1);
	ck_assert_int_eq(listed, DIRECTORIES / 2 + 1);
	/* Nobody's directory was touched: their process, we, is alive. */
	ck_assert_uint_eq(fixture_count(fixture_home, "d"), DIRECTORIES / 2);
	ck_assert_uint_eq(fixture_count(fixture_home, "a_b_"), DIRECTORIES / 2);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(ten_thousand_messages_and_channels_of_the_dead_are_no_obstacle)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");

	/* What was left in tmp and .fsps by whomever. */
	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	for (int i = 0; i < DIRECTORIES; i++)
		fixture_write(fixture_path("tmp/.i-0123456789ab-%d", 1 + i), "", 0);
	for (int i = 0; i < DIRECTORIES / 10; i++)
		fixture_write(fixture_path(".fsps/w-0123456%05d", i), "", 0);
	for (int64_t end_ms = fixture_now_ms() + FIXTURE_PATIENCE_MS;
	     fixture_count(fixture_path("tmp"), "") > 0 ||
	     fixture_count(fixture_path(".fsps"), "w-") > DIRECTORIES / 10 - 64;) {
		fsps_message *message = NULL;

		ck_assert_int_lt(fixture_now_ms(), end_ms);
		ck_assert_int_eq(fsps_channel_receive(channel, 100, &message), 0);
	}
	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 1);
	fixture_expect(channel, "x");
	fsps_channel_close(channel);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("crowd");
	TCase *tcase = fixture_tcase(suite, "crowd");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_process_may_have_very_many_channels);
	tcase_add_test(tcase, channels_that_do_not_fit_are_refused_and_the_others_work);
	tcase_add_test(tcase, one_publish_reaches_hundreds_of_channels);
	tcase_add_test(tcase, ten_thousand_directories_in_the_home_hide_nobody);
	tcase_add_test(tcase, ten_thousand_messages_and_channels_of_the_dead_are_no_obstacle);
	return check_main(suite);
}
