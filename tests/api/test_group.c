/* SPDX-License-Identifier: MIT */
/*
 * Groups through the public API: workers in threads and processes share a channel's messages, each
 * of which goes to one of them; who is slow or dies keeps none from the others.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/work.h"
#include "unit/check_main.h"

enum { WORKERS = 4, MESSAGES_MAX = 4000 };

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

/* ---- workers in threads ---- */

/* What the workers of a test share. */
struct crew {
	/* How often each number was handled. */
	atomic_uint handled[MESSAGES_MAX];
	atomic_uint total;
	/* The work is done once so many were handled. */
	unsigned expected;
	/* Each worker holds its first message until all have one. */
	bool meets;
	/* The first worker holds its first message until all others are done. */
	bool has_slow_one;
	pthread_barrier_t barrier;
	fsps_channel *channels[WORKERS];
	unsigned counts[WORKERS];
	unsigned next_worker;
	pthread_mutex_t lock;
};

static void crew_open(struct crew *crew, unsigned expected)
{
	memset(crew, 0, sizeof *crew);
	crew->expected = expected;
	ck_assert_int_eq(pthread_mutex_init(&crew->lock, NULL), 0);
	ck_assert_int_eq(pthread_barrier_init(&crew->barrier, NULL, WORKERS), 0);
	for (int i = 0; i < WORKERS; i++)
		crew->channels[i] = work_join(bus);
}

static void wake_all(struct crew *crew)
{
	for (int i = 0; i < WORKERS; i++)
		fsps_channel_wake(crew->channels[i]);
}

static void wait_until_handled(struct crew *crew, unsigned total)
{
	int64_t end_ms = fixture_now_ms() + FIXTURE_PATIENCE_MS;

	while (atomic_load(&crew->total) < total) {
		ck_assert_msg(fixture_now_ms() < end_ms, "%u of %u were handled",
			      atomic_load(&crew->total), total);
		sched_yield();
	}
}

static void handle(struct crew *crew, unsigned worker, fsps_message *message)
{
	unsigned number = work_number(message);

	ck_assert_uint_lt(number, MESSAGES_MAX);
	if (crew->counts[worker] == 0 && crew->meets)
		pthread_barrier_wait(&crew->barrier);
	if (crew->counts[worker] == 0 && crew->has_slow_one && worker == 0)
		wait_until_handled(crew, crew->expected - 1);
	crew->counts[worker]++;
	work_ack(crew->channels[worker], message);
	atomic_fetch_add(&crew->handled[number], 1);
	if (atomic_fetch_add(&crew->total, 1) + 1 == crew->expected)
		wake_all(crew);
}

static void *run_worker(void *userdata)
{
	struct crew *crew = userdata;
	unsigned worker;

	pthread_mutex_lock(&crew->lock);
	worker = crew->next_worker++;
	pthread_mutex_unlock(&crew->lock);
	while (atomic_load(&crew->total) < crew->expected) {
		fsps_message *message = NULL;
		int r = fsps_channel_receive(crew->channels[worker], FIXTURE_PATIENCE_MS, &message);

		ck_assert_msg(r >= 0, "%s", fsps_last_error()->text);
		if (r == 1)
			handle(crew, worker, message);
	}
	return NULL;
}

static void crew_start(struct crew *crew, pthread_t threads[WORKERS])
{
	for (int i = 0; i < WORKERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, run_worker, crew), 0);
}

/* All is done, and each message was handled once. */
static void crew_finish(struct crew *crew, pthread_t threads[WORKERS])
{
	for (int i = 0; i < WORKERS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	for (unsigned i = 0; i < crew->expected; i++)
		ck_assert_msg(atomic_load(&crew->handled[i]) == 1, "%u was handled %u times", i,
			      atomic_load(&crew->handled[i]));
	for (int i = 0; i < WORKERS; i++) {
		fixture_expect_nothing(crew->channels[i]);
		fsps_channel_close(crew->channels[i]);
	}
	pthread_barrier_destroy(&crew->barrier);
	pthread_mutex_destroy(&crew->lock);
	work_expect_empty(bus);
}

static struct crew crew;

START_TEST(each_message_goes_to_one_worker)
{
	pthread_t threads[WORKERS];

	crew_open(&crew, MESSAGES_MAX);
	crew_start(&crew, threads);
	work_publish(publisher, 0, MESSAGES_MAX);
	crew_finish(&crew, threads);
}
END_TEST

START_TEST(each_worker_gets_one_while_the_others_are_busy)
{
	pthread_t threads[WORKERS];

	crew_open(&crew, 40);
	crew.meets = true;
	crew_start(&crew, threads);
	work_publish(publisher, 0, 40);
	crew_finish(&crew, threads);
	for (int i = 0; i < WORKERS; i++)
		ck_assert_uint_ge(crew.counts[i], 1);
}
END_TEST

START_TEST(what_collected_before_is_shared_as_well)
{
	enum { COLLECTED = 1000 };
	pthread_t threads[WORKERS];

	ck_assert_int_eq(fsps_durable_create(bus, "a", "w"), 1);
	work_publish(publisher, 0, COLLECTED);
	crew_open(&crew, COLLECTED);
	crew.meets = true;
	crew_start(&crew, threads);
	crew_finish(&crew, threads);
	for (int i = 0; i < WORKERS; i++)
		ck_assert_uint_ge(crew.counts[i], 1);
}
END_TEST

START_TEST(what_a_reader_alone_left_is_shared_as_well)
{
	enum { LEFT = 500 };
	fsps_message *messages[30];
	pthread_t threads[WORKERS];
	fsps_channel *channel = work_open(bus);

	work_publish(publisher, 0, LEFT);
	work_take_all(channel, 0, 30, 1, messages);
	fsps_channel_close(channel);
	work_unref_all(messages, 30);
	crew_open(&crew, LEFT);
	crew.meets = true;
	crew_start(&crew, threads);
	crew_finish(&crew, threads);
}
END_TEST

START_TEST(a_slow_worker_keeps_one_message_and_no_more)
{
	enum { ALL = 300 };
	pthread_t threads[WORKERS];

	crew_open(&crew, ALL);
	crew.has_slow_one = true;
	crew_start(&crew, threads);
	work_publish(publisher, 0, ALL);
	/* It ends only if the others get all the rest. */
	crew_finish(&crew, threads);
}
END_TEST

START_TEST(of_a_backlog_a_slow_worker_keeps_one_message_and_no_more)
{
	enum { ALL = 300 };
	pthread_t threads[WORKERS];

	ck_assert_int_eq(fsps_durable_create(bus, "a", "w"), 1);
	work_publish(publisher, 0, ALL);
	crew_open(&crew, ALL);
	crew.has_slow_one = true;
	crew_start(&crew, threads);
	crew_finish(&crew, threads);
}
END_TEST

/* ---- workers one by one ---- */

START_TEST(sleeping_workers_are_woken_for_as_many_messages_as_there_are)
{
	fsps_channel *workers[WORKERS];
	bool busy[WORKERS] = {false};

	for (int i = 0; i < WORKERS; i++) {
		workers[i] = work_join(bus);
		(void)fsps_channel_fd(workers[i]);
		fixture_expect_nothing(workers[i]);
	}
	/* Each message in turn must show at a worker that has none yet. */
	for (unsigned number = 0; number < WORKERS; number++) {
		int64_t end_ms = fixture_now_ms() + FIXTURE_PATIENCE_MS;
		fsps_message *message = NULL;

		work_publish(publisher, number, 1);
		while (message == NULL) {
			struct pollfd fds[WORKERS];

			ck_assert_msg(fixture_now_ms() < end_ms, "nobody got %u", number);
			for (int i = 0; i < WORKERS; i++)
				fds[i] = (struct pollfd){
					.fd = busy[i] ? -1 : fsps_channel_fd(workers[i]),
					.events = POLLIN};
			ck_assert_int_ge(poll(fds, WORKERS, FIXTURE_PATIENCE_MS), 1);
			for (int i = 0; i < WORKERS && message == NULL; i++)
				if (fds[i].revents != 0 &&
				    fsps_channel_fetch(workers[i], &message) == 1)
					busy[i] = true;
		}
		ck_assert_uint_eq(work_number(message), number);
		fsps_message_unref(message);
	}
	for (int i = 0; i < WORKERS; i++)
		fsps_channel_close(workers[i]);
}
END_TEST

START_TEST(what_one_worker_gives_back_goes_to_another)
{
	fsps_channel *first = work_join(bus);
	fsps_channel *second = work_join(bus);
	fsps_message *message;

	work_publish(publisher, 0, 1);
	message = work_take(first, 0, 1);
	fixture_expect_nothing(second);
	ck_assert_int_eq(fsps_message_nack(first, message, 0, NULL), FSPS_OK);
	fsps_message_unref(message);
	work_ack(second, work_take(second, 0, 2));
	fixture_expect_nothing(first);
	fsps_channel_close(first);
	fsps_channel_close(second);
}
END_TEST

START_TEST(what_a_worker_has_when_it_closes_goes_to_the_others_uncounted)
{
	enum { TAKEN = 20 };
	fsps_message *messages[TAKEN];
	fsps_channel *first = work_join(bus);
	fsps_channel *second = work_join(bus);

	work_publish(publisher, 0, TAKEN);
	for (int i = 0; i < TAKEN; i++)
		messages[i] = fixture_receive(first);
	fixture_expect_nothing(second);
	fsps_channel_close(first);
	work_unref_all(messages, TAKEN);
	for (unsigned i = 0; i < TAKEN; i++)
		work_ack(second, work_take(second, i, 1));
	fixture_expect_nothing(second);
	fsps_channel_close(second);
	work_expect_empty(bus);
}
END_TEST

START_TEST(what_one_worker_was_given_another_cannot_settle)
{
	fsps_channel *first = work_join(bus);
	fsps_channel *second = work_join(bus);
	fsps_message *message;

	work_publish(publisher, 0, 1);
	message = work_take(first, 0, 1);
	ck_assert_int_eq(fsps_message_ack(second, message), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_message_nack(second, message, 0, NULL), FSPS_ERR_ARGUMENT);
	work_ack(first, message);
	fsps_channel_close(first);
	fsps_channel_close(second);
}
END_TEST

START_TEST(a_late_worker_is_told_that_another_has_its_message)
{
	struct fsps_channel_options options = work_options();
	fsps_channel *second = work_join(bus);
	fsps_channel *first;
	fsps_message *late;

	options.shared = 1;
	options.deadline_ms = 50;
	first = work_open_with(bus, &options);
	work_publish(publisher, 0, 1);
	late = fixture_receive(first);
	/* The other one looks about once a second, by the name alone. */
	work_ack(second, work_take(second, 0, 2));
	ck_assert_int_eq(fsps_message_ack(first, late), FSPS_ERR_EXPIRED);
	fsps_message_unref(late);
	fixture_expect_nothing(first);
	fsps_channel_close(first);
	fsps_channel_close(second);
	work_expect_empty(bus);
}
END_TEST

/* ---- the dead ---- */

/* A worker in a child takes `count` messages, of which it acknowledges the first `done`, and is
 * killed. */
static void take_and_be_killed(unsigned count, unsigned done)
{
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		fsps_channel *own = work_join(bus);
		fsps_message *messages[64];

		for (unsigned i = 0; i < count; i++)
			messages[i] = fixture_receive(own);
		for (unsigned i = 0; i < done; i++)
			work_ack(own, messages[i]);
		(void)kill(getpid(), SIGKILL);
	}
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

START_TEST(what_a_dead_worker_had_goes_to_one_who_was_there)
{
	enum { ALL = 100, TAKEN = 40, DONE = 10 };
	unsigned seen[ALL] = {0};
	unsigned again = 0;
	fsps_channel *channel = work_join(bus);

	work_publish(publisher, 0, ALL);
	take_and_be_killed(TAKEN, DONE);
	for (unsigned i = 0; i < ALL - DONE; i++) {
		fsps_message *message = fixture_receive(channel);

		ck_assert_uint_eq(seen[work_number(message)]++, 0);
		ck_assert_uint_le(fsps_message_attempt(message), 2);
		again += fsps_message_attempt(message) == 2;
		work_ack(channel, message);
	}
	ck_assert_uint_eq(again, TAKEN - DONE);
	fixture_expect_nothing(channel);
	fsps_channel_close(channel);
	work_expect_empty(bus);
}
END_TEST

START_TEST(what_a_dead_worker_had_goes_to_a_reader_alone)
{
	enum { ALL = 30, TAKEN = 10 };
	fsps_channel *channel;

	ck_assert_int_eq(fsps_durable_create(bus, "a", "w"), 1);
	work_publish(publisher, 0, ALL);
	take_and_be_killed(TAKEN, 0);
	channel = work_open(bus);
	for (unsigned i = 0; i < TAKEN; i++)
		work_ack(channel, work_take(channel, i, 2));
	work_do(channel, TAKEN, ALL - TAKEN);
	fixture_expect_nothing(channel);
	fsps_channel_close(channel);
	work_expect_empty(bus);
}
END_TEST

START_TEST(a_poison_message_kills_as_many_workers_as_it_may)
{
	enum { ATTEMPTS = 5 };
	fsps_channel *channel;

	ck_assert_int_eq(fsps_durable_create(bus, "a", "w"), 1);
	work_publish(publisher, 0, 1);
	for (int i = 0; i < ATTEMPTS; i++)
		take_and_be_killed(1, 0);
	channel = work_join(bus);
	work_publish(publisher, 1, 1);
	work_do(channel, 1, 1);
	fixture_expect_nothing(channel);
	work_expect_letter(bus, 0, "died", ATTEMPTS);
	fsps_channel_close(channel);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("group");
	TCase *tcase = fixture_tcase(suite, "group");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, each_message_goes_to_one_worker);
	tcase_add_test(tcase, each_worker_gets_one_while_the_others_are_busy);
	tcase_add_test(tcase, what_collected_before_is_shared_as_well);
	tcase_add_test(tcase, what_a_reader_alone_left_is_shared_as_well);
	tcase_add_test(tcase, a_slow_worker_keeps_one_message_and_no_more);
	tcase_add_test(tcase, of_a_backlog_a_slow_worker_keeps_one_message_and_no_more);
	tcase_add_test(tcase, sleeping_workers_are_woken_for_as_many_messages_as_there_are);
	tcase_add_test(tcase, what_one_worker_gives_back_goes_to_another);
	tcase_add_test(tcase, what_a_worker_has_when_it_closes_goes_to_the_others_uncounted);
	tcase_add_test(tcase, what_one_worker_was_given_another_cannot_settle);
	tcase_add_test(tcase, a_late_worker_is_told_that_another_has_its_message);
	tcase_add_test(tcase, what_a_dead_worker_had_goes_to_one_who_was_there);
	tcase_add_test(tcase, what_a_dead_worker_had_goes_to_a_reader_alone);
	tcase_add_test(tcase, a_poison_message_kills_as_many_workers_as_it_may);
	return check_main(suite);
}
