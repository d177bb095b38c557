/* SPDX-License-Identifier: MIT */
/* Waking a reader of segments: once a sleep, never too late, and spinning before it if asked for.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "api/lane_stage.h"
#include "unit/check_main.h"

/* How many records wait in the channel's bell. */
static int rings(void)
{
	int fd = open(fixture_path("%s/queue", fsps_channel_name(channel)),
		      O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int bytes = -1;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ioctl(fd, FIONREAD, &bytes), 0);
	close(fd);
	return bytes / 8;
}

START_TEST(a_reader_that_sleeps_is_rung_for_once_however_many_messages_come)
{
	ck_assert_int_eq(lane_publish(publisher, "a", 0, 10, NULL), 1);
	lane_expect(channel, 0);
	for (uint32_t round = 0; round < 20; round++) {
		fixture_expect_nothing(channel);
		ck_assert_int_eq(rings(), 0);
		for (uint32_t i = 0; i < 20; i++)
			ck_assert_int_eq(lane_publish(publisher, "a", i, 10, NULL), 1);
		ck_assert_int_eq(rings(), 1);
		lane_expect_all(channel, 0, 20);
	}
}
END_TEST

START_TEST(a_reader_that_is_awake_is_not_rung_for)
{
	ck_assert_int_eq(lane_publish(publisher, "a", 0, 10, NULL), 1);
	ck_assert_int_eq(lane_publish(publisher, "a", 1, 10, NULL), 1);
	lane_expect(channel, 0);
	/* It has not found the channel empty: it comes again. */
	for (uint32_t i = 2; i < 100; i++) {
		int before = rings();

		ck_assert_int_eq(lane_publish(publisher, "a", i, 10, NULL), 1);
		ck_assert_int_eq(rings(), before);
		lane_expect(channel, i - 1);
	}
	lane_expect(channel, 99);
}
END_TEST

START_TEST(a_batch_rings_once)
{
	struct fsps_outgoing messages[50] = {{.topic = NULL}};

	for (size_t i = 0; i < 50; i++)
		messages[i] =
			(struct fsps_outgoing){.topic = "a", .payload = "x", .payload_len = 1};
	ck_assert_int_eq(fsps_publish_batch(publisher, messages, 1, NULL), 1);
	fixture_expect(channel, "x");
	fixture_expect_nothing(channel);
	ck_assert_int_eq(fsps_publish_batch(publisher, messages, 50, NULL), 50);
	ck_assert_int_eq(rings(), 1);
}
END_TEST

START_TEST(the_descriptor_is_readable_while_frames_wait_and_quiet_when_none_do)
{
	int fd = fsps_channel_fd(channel);

	ck_assert_int_eq(lane_publish(publisher, "a", 0, 10, NULL), 1);
	lane_expect(channel, 0);
	for (uint32_t round = 0; round < 50; round++) {
		fixture_expect_nothing(channel);
		ck_assert_int_eq(lane_publish(publisher, "a", 1, 10, NULL), 1);
		ck_assert_int_eq(lane_publish(publisher, "a", 2, 10, NULL), 1);
		ck_assert(fixture_readable(fd, 0));
		lane_expect(channel, 1);
		/* Level-triggered: there is more. */
		ck_assert(fixture_readable(fd, 0));
		lane_expect(channel, 2);
	}
	fixture_expect_nothing(channel);
	/* It asks for a look once a second, and was looked at just now. */
	if (fixture_readable(fd, 0)) {
		fixture_expect_nothing(channel);
		ck_assert(!fixture_readable(fd, 0));
	}
}
END_TEST

/* ---- spinning ---- */

static fsps_channel *subscribe_spinning(uint64_t spin_us)
{
	const struct fsps_channel_options options = {.size = sizeof options, .spin_us = spin_us};
	fsps_channel *spinning = NULL;

	ck_assert_int_eq(fsps_channel_open(bus, "a", &options, &spinning), FSPS_OK);
	return spinning;
}

START_TEST(spinning_longer_than_a_second_is_refused)
{
	struct fsps_channel_options options = {.size = sizeof options, .spin_us = 1000001};
	fsps_channel *spinning = NULL;

	ck_assert_int_eq(fsps_channel_open(bus, "a", &options, &spinning), FSPS_ERR_ARGUMENT);
	ck_assert_ptr_null(spinning);
	options.spin_us = UINT64_MAX;
	ck_assert_int_eq(fsps_channel_open(bus, "a", &options, &spinning), FSPS_ERR_ARGUMENT);
	options.spin_us = 1000000;
	ck_assert_int_eq(fsps_channel_open(bus, "a", &options, &spinning), FSPS_OK);
	fsps_channel_close(spinning);
}
END_TEST

static void *publish_some(void *userdata)
{
	(void)userdata;
	for (uint32_t i = 0; i < 2000; i++)
		ck_assert_int_eq(lane_publish(publisher, "a", i, 10, NULL), 2);
	return NULL;
}

START_TEST(a_reader_that_spins_gets_all)
{
	fsps_channel *spinning = subscribe_spinning(200);
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, publish_some, NULL), 0);
	lane_expect_all(spinning, 0, 2000);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	lane_expect_all(channel, 0, 2000);
	fsps_channel_close(spinning);
}
END_TEST

START_TEST(a_reader_that_spins_keeps_to_its_timeout)
{
	fsps_channel *spinning = subscribe_spinning(1000);
	fsps_message *message = NULL;
	int64_t start_ms = fixture_now_ms();

	ck_assert_int_eq(fsps_channel_receive(spinning, 50, &message), 0);
	ck_assert_int_ge(fixture_now_ms() - start_ms, 50);
	ck_assert_int_lt(fixture_now_ms() - start_ms, FIXTURE_PATIENCE_MS);
	fsps_channel_close(spinning);
}
END_TEST

static void *wake_it(void *userdata)
{
	fsps_channel_wake(userdata);
	return NULL;
}

START_TEST(a_reader_that_spins_can_be_woken)
{
	fsps_channel *spinning = subscribe_spinning(1000000);
	fsps_message *message = NULL;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, wake_it, spinning), 0);
	ck_assert_int_eq(fsps_channel_receive(spinning, FSPS_FOREVER, &message), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	fsps_channel_close(spinning);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lane_wake");
	TCase *tcase = fixture_tcase(suite, "lane_wake");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_reader_that_sleeps_is_rung_for_once_however_many_messages_come);
	tcase_add_test(tcase, a_reader_that_is_awake_is_not_rung_for);
	tcase_add_test(tcase, a_batch_rings_once);
	tcase_add_test(tcase, the_descriptor_is_readable_while_frames_wait_and_quiet_when_none_do);
	tcase_add_test(tcase, spinning_longer_than_a_second_is_refused);
	tcase_add_test(tcase, a_reader_that_spins_gets_all);
	tcase_add_test(tcase, a_reader_that_spins_keeps_to_its_timeout);
	tcase_add_test(tcase, a_reader_that_spins_can_be_woken);
	return check_main(suite);
}
