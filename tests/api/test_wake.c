/* SPDX-License-Identifier: MIT */
/* Who waits for messages and is woken, through the public API: by signals and other threads. */
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

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

static int count(fsps_message *message, void *userdata)
{
	ck_assert_str_eq(fsps_message_topic(message), "a");
	++*(int *)userdata;
	return 0;
}

/* ---- signals ---- */

static volatile sig_atomic_t alarms;
static volatile sig_atomic_t wake_at_alarm;

static void on_alarm(int number)
{
	(void)number;
	alarms++;
	if (alarms == wake_at_alarm)
		fsps_channel_wake(channel);
}

/* SIGALRM every few milliseconds. */
static void start_alarms(void)
{
	struct sigaction action = {.sa_handler = on_alarm};
	struct itimerval timer = {.it_interval = {.tv_usec = 20000},
				  .it_value = {.tv_usec = 20000}};

	ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

static void stop_alarms(void)
{
	struct itimerval never = {0};

	ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
}

START_TEST(a_signal_ends_receive_and_not_subscribe)
{
	int64_t start_ms = fixture_now_ms();
	int handled = 0;
	fsps_message *message = NULL;

	start_alarms();
	ck_assert_int_eq(fsps_channel_receive(channel, FSPS_FOREVER, &message), 0);
	ck_assert_int_ge(alarms, 1);
	ck_assert_int_eq(fsps_subscribe(channel, count, &handled, 150), 0);
	ck_assert_int_ge(fixture_now_ms() - start_ms, 150);
	stop_alarms();
}
END_TEST

START_TEST(a_signal_handler_may_wake_subscribe)
{
	int handled = 0;

	wake_at_alarm = 3;
	start_alarms();
	ck_assert_int_eq(fsps_subscribe(channel, count, &handled, FSPS_FOREVER), 0);
	ck_assert_int_ge(alarms, 3);
	stop_alarms();
}
END_TEST

START_TEST(a_wake_from_a_signal_handler_ends_one_receive_and_not_two)
{
	fsps_message *message = NULL;
	int64_t start_ms;

	wake_at_alarm = 1;
	start_alarms();
	ck_assert_int_eq(fsps_channel_receive(channel, FSPS_FOREVER, &message), 0);
	stop_alarms();
	ck_assert_int_ge(alarms, 1);
	start_ms = fixture_now_ms();
	ck_assert_int_eq(fsps_channel_receive(channel, 60, &message), 0);
	ck_assert_int_ge(fixture_now_ms() - start_ms, 60);
}
END_TEST

/* ---- threads ---- */

static void *wake_soon(void *userdata)
{
	/* A message first: when it was handled, the loop is under way. */
	(void)userdata;
	publish(1);
	while (fsps_channel_backlog(channel) > 0)
		;
	fsps_channel_wake(channel);
	return NULL;
}

START_TEST(subscribe_ends_when_it_is_woken_from_another_thread)
{
	int handled = 0;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, wake_soon, NULL), 0);
	ck_assert_int_eq(fsps_subscribe(channel, count, &handled, FSPS_FOREVER), 1);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

enum { READERS = 3, SHARED = 3000 };

static int taken_by_all;

static int count_until_all(fsps_message *message, void *userdata)
{
	(void)message;
	++*(int *)userdata;
	return __atomic_add_fetch(&taken_by_all, 1, __ATOMIC_SEQ_CST) == SHARED;
}

static void *read_some(void *userdata)
{
	ck_assert_int_ge(fsps_subscribe(channel, count_until_all, userdata, FSPS_FOREVER), 0);
	/* The one that took the last one sends the next home. */
	fsps_channel_wake(channel);
	return NULL;
}

START_TEST(threads_that_share_a_channel_take_each_message_once)
{
	pthread_t threads[READERS];
	int counts[READERS] = {0};
	int sum = 0;

	for (int i = 0; i < READERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, read_some, &counts[i]), 0);
	publish(SHARED);
	for (int i = 0; i < READERS; i++) {
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
		sum += counts[i];
	}
	ck_assert_int_eq(sum, SHARED);
	ck_assert_uint_eq(fixture_stats(channel).delivered, SHARED);
}
END_TEST

static void *publish_a_share(void *userdata)
{
	(void)userdata;
	publish(SHARED / READERS);
	return NULL;
}

START_TEST(threads_that_share_a_publisher_have_ids_of_their_own)
{
	pthread_t threads[READERS];
	uint64_t last = 0;

	for (int i = 0; i < READERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, publish_a_share, NULL), 0);
	for (int i = 0; i < READERS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	for (int i = 0; i < SHARED; i++) {
		fsps_message *message = fixture_receive(channel);

		ck_assert_uint_gt(fsps_message_id(message), last);
		last = fsps_message_id(message);
		fsps_message_unref(message);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wake");
	TCase *tcase = fixture_tcase(suite, "wake");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_signal_ends_receive_and_not_subscribe);
	tcase_add_test(tcase, a_signal_handler_may_wake_subscribe);
	tcase_add_test(tcase, a_wake_from_a_signal_handler_ends_one_receive_and_not_two);
	tcase_add_test(tcase, subscribe_ends_when_it_is_woken_from_another_thread);
	tcase_add_test(tcase, threads_that_share_a_channel_take_each_message_once);
	tcase_add_test(tcase, threads_that_share_a_publisher_have_ids_of_their_own);
	return check_main(suite);
}
