/* SPDX-License-Identifier: MIT */
/*
 * Threads on shared handles, and forks among them. Worth most under ThreadSanitizer.
 *
 * A thread only counts; the main one, at the end, asserts.
 */
#include "fault/fault.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/check_main.h"

enum { THREADS = 4, MESSAGES = 300, PATIENCE_MS = 20000 };

/* ---- messages that say who sent them and which one they are ---- */

struct word {
	uint32_t sender;
	uint32_t number;
};

/* Returns 0 if the message reached so many channels. */
static int send_word(fsps_publisher *publisher, uint32_t sender, uint32_t number, int channels)
{
	const struct word word = {.sender = sender, .number = number};

	return fsps_publish(publisher, FAULT_TOPIC, NULL, &word, sizeof word, NULL) == channels ? 0
												: 1;
}

/* What came from each sender: in order, without gaps. */
struct tally {
	uint32_t next[THREADS + 1];
	unsigned wrong;
};

static int note(fsps_message *message, void *userdata)
{
	struct tally *tally = userdata;
	struct word word = {.sender = UINT32_MAX};
	size_t length = 0;
	const void *payload = fsps_message_payload(message, &length);

	if (length == sizeof word)
		memcpy(&word, payload, sizeof word);
	if (word.sender > THREADS || word.number != tally->next[word.sender]++)
		tally->wrong++;
	return 0;
}

static unsigned total(const struct tally *tally)
{
	unsigned sum = 0;

	for (unsigned i = 0; i <= THREADS; i++)
		sum += tally->next[i];
	return sum;
}

static int stop_at_all(fsps_message *message, void *userdata)
{
	(void)note(message, userdata);
	return total(userdata) == THREADS * MESSAGES;
}

/* ---- threads ---- */

struct worker {
	pthread_t thread;
	fsps_bus *bus;
	/* NULL: opens its own. */
	fsps_publisher *publisher;
	fsps_channel *channel;
	uint32_t index;
	int channels;
	atomic_bool *stop;
	/* What it came to. */
	unsigned failures;
	unsigned count;
};

static pthread_barrier_t start_line;

static void start_workers(struct worker *workers, unsigned count, void *(*work)(void *))
{
	ck_assert_int_eq(pthread_barrier_init(&start_line, NULL, count), 0);
	for (unsigned i = 0; i < count; i++) {
		workers[i].index = i;
		ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
}

static void join_workers(struct worker *workers, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		ck_assert_int_eq(pthread_join(workers[i].thread, NULL), 0);
		ck_assert_uint_eq(workers[i].failures, 0);
	}
	ck_assert_int_eq(pthread_barrier_destroy(&start_line), 0);
}

static void *publish_many(void *userdata)
{
	struct worker *worker = userdata;
	fsps_publisher *own = NULL;

	if (worker->publisher == NULL && fsps_publisher_open(worker->bus, NULL, &own) != FSPS_OK)
		worker->failures++;
	pthread_barrier_wait(&start_line);
	for (uint32_t i = 0; i < MESSAGES; i++)
		worker->failures += (unsigned)send_word(own != NULL ? own : worker->publisher,
							worker->index, i, worker->channels);
	fsps_publisher_close(own);
	return NULL;
}

static void expect_all(fsps_channel *channel)
{
	struct tally tally = {.wrong = 0};

	ck_assert_int_eq(fsps_subscribe(channel, stop_at_all, &tally, PATIENCE_MS),
			 THREADS * MESSAGES);
	ck_assert_uint_eq(tally.wrong, 0);
	for (unsigned i = 0; i < THREADS; i++)
		ck_assert_uint_eq(tally.next[i], MESSAGES);
}

static void publish_from_threads(bool one_publisher)
{
	struct worker workers[THREADS] = {{.bus = NULL}};
	struct fault_channels channels;
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = one_publisher ? fault_publisher(bus) : NULL;

	fault_channels_open(&channels, 2);
	for (unsigned i = 0; i < THREADS; i++)
		workers[i] = (struct worker){.bus = bus, .publisher = publisher, .channels = 2};
	start_workers(workers, THREADS, publish_many);
	/* One is read while they publish, the other afterwards. */
	expect_all(channels.list[0]);
	join_workers(workers, THREADS);
	expect_all(channels.list[1]);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	fault_channels_close(&channels);
}

START_TEST(threads_on_one_publisher_keep_their_order)
{
	publish_from_threads(true);
}
END_TEST

START_TEST(threads_with_a_publisher_each_on_one_bus_keep_their_order)
{
	publish_from_threads(false);
}
END_TEST

/* ---- readers ---- */

static void *receive_many(void *userdata)
{
	struct worker *worker = userdata;
	fsps_message *message = NULL;
	int r;

	pthread_barrier_wait(&start_line);
	while ((r = fsps_channel_receive(worker->channel, FSPS_FOREVER, &message)) == 1) {
		worker->count++;
		fsps_message_unref(message);
	}
	worker->failures += r < 0;
	/* The wake that ended us is for one: passed on, it ends the next. */
	fsps_channel_wake(worker->channel);
	return NULL;
}

START_TEST(threads_that_fetch_from_one_channel_share_its_messages)
{
	struct worker readers[THREADS];
	fsps_bus *bus = fault_bus();
	fsps_channel *channel = fault_channel(bus, FAULT_TOPIC);
	fsps_publisher *publisher = fault_publisher(bus);
	struct fsps_channel_stats stats = {.size = sizeof stats};
	unsigned count = 0;

	for (unsigned i = 0; i < THREADS; i++)
		readers[i] = (struct worker){.channel = channel};
	start_workers(readers, THREADS, receive_many);
	for (uint32_t i = 0; i < MESSAGES; i++)
		ck_assert_int_eq(send_word(publisher, 0, i, 1), 0);
	do {
		ck_assert_int_eq(fsps_channel_get_stats(channel, &stats), FSPS_OK);
		(void)sched_yield();
	} while (stats.delivered < MESSAGES);
	fsps_channel_wake(channel);
	join_workers(readers, THREADS);
	for (unsigned i = 0; i < THREADS; i++)
		count += readers[i].count;
	ck_assert_uint_eq(count, MESSAGES);
	ck_assert_int_eq(fsps_channel_backlog(channel), 0);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}
END_TEST

/* ---- wake ---- */

static int count_one(fsps_message *message, void *userdata)
{
	(void)message;
	(*(unsigned *)userdata)++;
	return 0;
}

static void *wake(void *userdata)
{
	const struct worker *worker = userdata;

	fsps_channel_wake(worker->channel);
	return NULL;
}

START_TEST(a_wake_from_another_thread_ends_a_subscribe)
{
	fsps_bus *bus = fault_bus();
	fsps_channel *channel = fault_channel(bus, FAULT_TOPIC);
	unsigned count = 0;

	/* At any moment of its: before, at the start, while it waits. */
	for (unsigned i = 0; i < 50; i++) {
		struct worker worker = {.channel = channel};

		ck_assert_int_eq(pthread_create(&worker.thread, NULL, wake, &worker), 0);
		ck_assert_int_eq(fsps_subscribe(channel, count_one, &count, FSPS_FOREVER), 0);
		ck_assert_int_eq(pthread_join(worker.thread, NULL), 0);
	}
	ck_assert_int_eq(fsps_subscribe(channel, count_one, &count, 0), 0);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}
END_TEST

/* A signal handler takes no argument. */
static fsps_channel *channel_to_wake;

static void wake_from_handler(int signal)
{
	(void)signal;
	fsps_channel_wake(channel_to_wake);
}

static void *send_signal(void *userdata)
{
	(void)pthread_kill(*(pthread_t *)userdata, SIGUSR1);
	return NULL;
}

START_TEST(a_wake_from_a_signal_handler_ends_a_subscribe)
{
	const struct sigaction action = {.sa_handler = wake_from_handler};
	fsps_bus *bus = fault_bus();
	pthread_t main_thread = pthread_self();
	unsigned count = 0;

	channel_to_wake = fault_channel(bus, FAULT_TOPIC);
	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	for (unsigned i = 0; i < 50; i++) {
		pthread_t thread;

		ck_assert_int_eq(pthread_create(&thread, NULL, send_signal, &main_thread), 0);
		ck_assert_int_eq(fsps_subscribe(channel_to_wake, count_one, &count, FSPS_FOREVER),
				 0);
		ck_assert_int_eq(pthread_join(thread, NULL), 0);
	}
	fsps_channel_close(channel_to_wake);
	fsps_bus_close(bus);
}
END_TEST

/* ---- coming and going ---- */

static int see_channel(const struct fsps_channel_info *info, void *userdata)
{
	(void)userdata;
	return info->name[0] == '\0';
}

/* Opens and closes channels, lists them, counts. */
static void *come_and_go(void *userdata)
{
	struct worker *worker = userdata;

	pthread_barrier_wait(&start_line);
	for (unsigned i = 0; i < 30; i++) {
		fsps_channel *channel = NULL;

		if (fsps_channel_open(worker->bus, "elsewhere.=", NULL, &channel) != FSPS_OK)
			worker->failures++;
		else if (fsps_channel_backlog(channel) != 0)
			worker->failures++;
		if (fsps_bus_list(worker->bus, see_channel, NULL) < 1)
			worker->failures++;
		fsps_channel_close(channel);
	}
	return NULL;
}

/* All on one bus whose home is not there yet. */
START_TEST(threads_that_come_and_go_on_one_bus_disturb_no_publisher)
{
	struct worker workers[THREADS];
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher;
	fsps_channel *channel;
	struct tally tally = {.wrong = 0};

	for (unsigned i = 0; i < THREADS; i++)
		workers[i] = (struct worker){.bus = bus};
	start_workers(workers, THREADS, come_and_go);
	channel = fault_channel(bus, FAULT_TOPIC);
	publisher = fault_publisher(bus);
	for (uint32_t i = 0; i < MESSAGES; i++)
		ck_assert_int_eq(send_word(publisher, 0, i, 1), 0);
	ck_assert_int_eq(fsps_subscribe(channel, note, &tally, 0), MESSAGES);
	ck_assert_uint_eq(tally.wrong, 0);
	join_workers(workers, THREADS);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
	fault_expect_clean(0, 0);
}
END_TEST

/* ---- forks ---- */

/* What the main thread has handled of all: workers don't run ahead of it for long, as of segments
 * only so many bytes may wait, and what would then be refused is a child's, too. */
static atomic_uint handled;

static int note_handled(fsps_message *message, void *userdata)
{
	atomic_fetch_add(&handled, 1);
	return note(message, userdata);
}

static void *publish_until_told(void *userdata)
{
	/* Of both together. */
	enum { AHEAD = 10000 };
	struct worker *worker = userdata;

	pthread_barrier_wait(&start_line);
	while (!atomic_load(worker->stop) || worker->count == 0) {
		if (2 * worker->count > atomic_load(&handled) + AHEAD)
			(void)sched_yield();
		else
			worker->failures += (unsigned)send_word(worker->publisher, worker->index,
								worker->count++, 1);
	}
	return NULL;
}

/* In a child, whatever its parent's threads were doing: the publisher goes on, the channel does
 * not. Returns an exit code. */
static int use_after_fork(fsps_publisher *publisher, fsps_channel *channel, uint32_t number)
{
	fsps_message *message = NULL;

	if (send_word(publisher, THREADS, number, 1) != 0)
		return 1;
	if (fsps_channel_fetch(channel, &message) != FSPS_ERR_FORKED)
		return 2;
	if (fsps_channel_receive(channel, 0, &message) != FSPS_ERR_FORKED)
		return 3;
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
	return 0;
}

START_TEST(a_fork_while_threads_publish_leaves_both_sides_working)
{
	enum { FORKS = 15 };
	atomic_bool stop = false;
	struct worker workers[2];
	fsps_bus *bus = fault_bus();
	fsps_channel *channel = fault_channel(bus, FAULT_TOPIC);
	fsps_publisher *publisher = fault_publisher(bus);
	struct tally tally = {.wrong = 0};

	for (unsigned i = 0; i < 2; i++)
		workers[i] = (struct worker){.publisher = publisher, .stop = &stop};
	start_workers(workers, 2, publish_until_told);
	for (uint32_t i = 0; i < FORKS; i++) {
		pid_t child = fork();
		int status;

		ck_assert_int_ge(child, 0);
		if (child == 0)
			_exit(use_after_fork(publisher, channel, i));
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert_int_eq(status, 0);
		ck_assert_int_ge(fsps_subscribe(channel, note_handled, &tally, 0), 0);
	}
	atomic_store(&stop, true);
	join_workers(workers, 2);
	ck_assert_int_ge(fsps_subscribe(channel, note_handled, &tally, 0), 0);
	ck_assert_uint_eq(tally.wrong, 0);
	ck_assert_uint_eq(tally.next[0], workers[0].count);
	ck_assert_uint_eq(tally.next[1], workers[1].count);
	ck_assert_uint_eq(tally.next[THREADS], FORKS);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
	/* The children were members, if they made segments, and did not leave. */
	fault_visit();
	fault_expect_clean(0, 0);
}
END_TEST

/* Says that it is there, and stays until the test lets go. */
static void stay(int ready, int hold)
{
	char byte;

	if (write(ready, "!", 1) == 1 && read(hold, &byte, 1) >= 0)
		_exit(EXIT_SUCCESS);
	_exit(EXIT_FAILURE);
}

START_TEST(a_parent_that_dies_looks_dead_though_its_child_lives)
{
	int ready[2];
	int hold[2];
	int status;
	char byte;
	pid_t parent;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(hold, O_CLOEXEC), 0);
	parent = fork();
	ck_assert_int_ge(parent, 0);
	if (parent == 0) {
		(void)fault_channel(fault_bus(), FAULT_TOPIC);
		close(hold[1]);
		if (fork() == 0)
			stay(ready[1], hold[0]);
		ck_assert_int_eq(read(ready[0], &byte, 1), 1);
		(void)kill(getpid(), SIGKILL);
	}
	ck_assert_int_eq(waitpid(parent, &status, 0), parent);
	fault_visit();
	fault_expect_clean(0, 0);
	for (int i = 0; i < 2; i++) {
		close(ready[i]);
		close(hold[i]);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("threads");
	TCase *publish = fault_case(suite, "publish");
	TCase *fetch = fault_case(suite, "fetch");
	TCase *wakes = fault_case(suite, "wakes");
	TCase *forks = fault_case(suite, "forks");

	tcase_add_test(publish, threads_on_one_publisher_keep_their_order);
	tcase_add_test(publish, threads_with_a_publisher_each_on_one_bus_keep_their_order);
	tcase_add_test(publish, threads_that_come_and_go_on_one_bus_disturb_no_publisher);
	tcase_add_test(fetch, threads_that_fetch_from_one_channel_share_its_messages);
	tcase_add_test(wakes, a_wake_from_another_thread_ends_a_subscribe);
	tcase_add_test(wakes, a_wake_from_a_signal_handler_ends_a_subscribe);
	/* The sanitizer's allocator, unlike the C library's, may be locked in the child for ever.
	 */
#ifndef __SANITIZE_ADDRESS__
	tcase_add_test(forks, a_fork_while_threads_publish_leaves_both_sides_working);
#else
	(void)a_fork_while_threads_publish_leaves_both_sides_working;
#endif
	tcase_add_test(forks, a_parent_that_dies_looks_dead_though_its_child_lives);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
