/* SPDX-License-Identifier: MIT */
/* Waiting for messages through the public API: the descriptor, receive and subscribe. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "api/fixture.h"
#include "unit/check_main.h"

static fsps_bus *bus;
static fsps_publisher *publisher;
static fsps_channel *channel;

static void set_up(void)
{
	bus = fixture_open_bus();
	publisher = fixture_open_publisher(bus);
	channel = fixture_subscribe(bus, "a");
}

static void tear_down(void)
{
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

static void publish(int count)
{
	for (int i = 0; i < count; i++)
		ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 1);
}

/* Takes one message, which must be there. */
static void take(void)
{
	fsps_message *message = NULL;

	ck_assert_int_eq(fsps_channel_fetch(channel, &message), 1);
	fsps_message_unref(message);
}

/* The descriptor gets quiet once a fetch found nothing. The timer of once a second may come in
 * between, so it is tried more than once. */
static void expect_quiet(int fd)
{
	bool quiet = false;

	for (int i = 0; i < 5 && !quiet; i++) {
		fixture_expect_nothing(channel);
		quiet = !fixture_readable(fd, 0);
	}
	ck_assert_msg(quiet, "the descriptor stays readable though nothing waits");
}

/* ---- the descriptor ---- */

START_TEST(the_descriptor_is_readable_as_long_as_messages_wait)
{
	int fd = fsps_channel_fd(channel);

	expect_quiet(fd);
	publish(3);
	for (int i = 0; i < 3; i++) {
		ck_assert(fixture_readable(fd, FIXTURE_PATIENCE_MS));
		/* Level-triggered: looking takes nothing away. */
		ck_assert(fixture_readable(fd, 0));
		take();
	}
	expect_quiet(fd);
}
END_TEST

START_TEST(the_descriptor_tells_of_what_was_fetched_before_it_was_asked_for)
{
	publish(3);
	take();
	ck_assert(fixture_readable(fsps_channel_fd(channel), 0));
	take();
	take();
	expect_quiet(fsps_channel_fd(channel));
}
END_TEST

START_TEST(an_epoll_loop_gets_every_message)
{
	struct epoll_event event = {.events = EPOLLIN};
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	enum { COUNT = 5000 };
	int taken = 0;

	ck_assert_int_eq(epoll_ctl(epoll, EPOLL_CTL_ADD, fsps_channel_fd(channel), &event), 0);
	publish(COUNT);
	while (taken < COUNT) {
		fsps_message *message = NULL;

		ck_assert_int_eq(epoll_wait(epoll, &event, 1, FIXTURE_PATIENCE_MS), 1);
		/* One message at a time, as a loop does that must serve others, too. */
		taken += fsps_channel_fetch(channel, &message);
		fsps_message_unref(message);
	}
	expect_quiet(epoll);
	close(epoll);
}
END_TEST

START_TEST(several_channels_in_one_loop_have_descriptors_of_their_own)
{
	fsps_channel *other = fixture_subscribe(bus, "b");

	ck_assert_int_ne(fsps_channel_fd(channel), fsps_channel_fd(other));
	expect_quiet(fsps_channel_fd(channel));
	ck_assert_int_eq(fixture_publish(publisher, "b", "x"), 1);
	ck_assert(fixture_readable(fsps_channel_fd(other), FIXTURE_PATIENCE_MS));
	expect_quiet(fsps_channel_fd(channel));
	fixture_expect(other, "x");
	fsps_channel_close(other);
}
END_TEST

START_TEST(a_message_without_a_ring_is_found_within_seconds)
{
	int fd = fsps_channel_fd(channel);
	fsps_message *message = NULL;
	uint64_t scans;
	char ring[8];
	FILE *queue;

	/* A publisher that died between link and ring: its record is taken out of the bell. */
	expect_quiet(fd);
	scans = fixture_stats(channel).scans;
	publish(1);
	queue = fopen(fixture_path("%s/queue", fsps_channel_name(channel)), "rbe");
	ck_assert_uint_eq(fread(ring, 1, sizeof ring, queue), sizeof ring);
	(void)fclose(queue);
	for (int r = 0; r == 0;) {
		ck_assert(fixture_readable(fd, FIXTURE_PATIENCE_MS));
		r = fsps_channel_fetch(channel, &message);
		ck_assert_int_ge(r, 0);
	}
	ck_assert_uint_gt(fixture_stats(channel).scans, scans);
	fsps_message_unref(message);
}
END_TEST

/* ---- receive ---- */

START_TEST(receive_waits_as_long_as_it_was_told)
{
	int64_t start_ms = fixture_now_ms();
	fsps_message *message = NULL;

	ck_assert_int_eq(fsps_channel_receive(channel, 0, &message), 0);
	ck_assert_int_eq(fsps_channel_receive(channel, 120, &message), 0);
	ck_assert_int_ge(fixture_now_ms() - start_ms, 120);
	ck_assert_ptr_null(message);
	publish(1);
	ck_assert_int_eq(fsps_channel_receive(channel, 0, &message), 1);
	fsps_message_unref(message);
}
END_TEST

static void *publish_one(void *userdata)
{
	(void)userdata;
	publish(1);
	return NULL;
}

START_TEST(receive_is_woken_by_a_message)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, publish_one, NULL), 0);
	fixture_expect(channel, "x");
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

START_TEST(a_wake_ends_one_receive)
{
	fsps_message *message = NULL;

	fsps_channel_wake(channel);
	ck_assert_int_eq(fsps_channel_receive(channel, FSPS_FOREVER, &message), 0);
	ck_assert_ptr_null(message);
	/* Only one: the next waits for its message. */
	publish(1);
	ck_assert_int_eq(fsps_channel_receive(channel, FSPS_FOREVER, &message), 1);
	fsps_message_unref(message);
}
END_TEST

/* ---- subscribe ---- */

struct handling {
	int count;
	int end_at;
	int wake_at;
};

static int handle(fsps_message *message, void *userdata)
{
	struct handling *handling = userdata;

	ck_assert_str_eq(fsps_message_topic(message), "a");
	handling->count++;
	if (handling->count == handling->wake_at)
		fsps_channel_wake(channel);
	return handling->count == handling->end_at;
}

START_TEST(subscribe_checks_its_arguments)
{
	struct handling handling = {0};

	ck_assert_int_eq(fsps_subscribe(NULL, handle, &handling, 0), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_subscribe(channel, NULL, &handling, 0), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_subscribe(channel, handle, &handling, -2), FSPS_ERR_ARGUMENT);
}
END_TEST

START_TEST(subscribe_of_no_time_handles_what_waits)
{
	struct handling handling = {0};

	ck_assert_int_eq(fsps_subscribe(channel, handle, &handling, 0), 0);
	publish(1000);
	ck_assert_int_eq(fsps_subscribe(channel, handle, &handling, 0), 1000);
	ck_assert_int_eq(handling.count, 1000);
}
END_TEST

START_TEST(subscribe_ends_after_its_time)
{
	int64_t start_ms = fixture_now_ms();
	struct handling handling = {0};

	publish(2);
	ck_assert_int_eq(fsps_subscribe(channel, handle, &handling, 150), 2);
	ck_assert_int_ge(fixture_now_ms() - start_ms, 150);
}
END_TEST

static int handle_and_publish(fsps_message *message, void *userdata)
{
	(void)message;
	(void)userdata;
	publish(1);
	return 0;
}

START_TEST(subscribe_ends_after_its_time_also_while_messages_come)
{
	int64_t start_ms = fixture_now_ms();

	publish(1);
	ck_assert_int_gt(fsps_subscribe(channel, handle_and_publish, NULL, 100), 1);
	ck_assert_int_ge(fixture_now_ms() - start_ms, 100);
	ck_assert_int_lt(fixture_now_ms() - start_ms, FIXTURE_PATIENCE_MS);
}
END_TEST

START_TEST(subscribe_ends_when_the_callback_says_so)
{
	struct handling handling = {.end_at = 3};

	publish(5);
	ck_assert_int_eq(fsps_subscribe(channel, handle, &handling, FSPS_FOREVER), 3);
	ck_assert_int_eq(fsps_channel_backlog(channel), 2);
	ck_assert_int_eq(fsps_subscribe(channel, handle, &handling, 0), 2);
}
END_TEST

START_TEST(subscribe_ends_when_it_is_woken_from_the_callback)
{
	struct handling handling = {.wake_at = 2};

	publish(5);
	ck_assert_int_eq(fsps_subscribe(channel, handle, &handling, FSPS_FOREVER), 2);
	ck_assert_int_eq(fsps_subscribe(channel, handle, &handling, 0), 3);
}
END_TEST

START_TEST(subscribe_that_was_woken_before_handles_what_waits_at_most)
{
	struct handling handling = {0};

	fsps_channel_wake(channel);
	ck_assert_int_eq(fsps_subscribe(channel, handle, &handling, FSPS_FOREVER), 0);
	ck_assert_int_eq(handling.count, 0);
}
END_TEST

static void add_loop(Suite *suite)
{
	TCase *tcase = fixture_tcase(suite, "loop");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, the_descriptor_is_readable_as_long_as_messages_wait);
	tcase_add_test(tcase, the_descriptor_tells_of_what_was_fetched_before_it_was_asked_for);
	tcase_add_test(tcase, an_epoll_loop_gets_every_message);
	tcase_add_test(tcase, several_channels_in_one_loop_have_descriptors_of_their_own);
	tcase_add_test(tcase, a_message_without_a_ring_is_found_within_seconds);
	tcase_add_test(tcase, receive_waits_as_long_as_it_was_told);
	tcase_add_test(tcase, receive_is_woken_by_a_message);
	tcase_add_test(tcase, a_wake_ends_one_receive);
}

static void add_subscribe(Suite *suite)
{
	TCase *tcase = fixture_tcase(suite, "subscribe");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, subscribe_checks_its_arguments);
	tcase_add_test(tcase, subscribe_of_no_time_handles_what_waits);
	tcase_add_test(tcase, subscribe_ends_after_its_time);
	tcase_add_test(tcase, subscribe_ends_after_its_time_also_while_messages_come);
	tcase_add_test(tcase, subscribe_ends_when_the_callback_says_so);
	tcase_add_test(tcase, subscribe_ends_when_it_is_woken_from_the_callback);
	tcase_add_test(tcase, subscribe_that_was_woken_before_handles_what_waits_at_most);
}

int main(void)
{
	Suite *suite = suite_create("loop");

	add_loop(suite);
	add_subscribe(suite);
	return check_main(suite);
}
