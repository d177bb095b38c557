/* SPDX-License-Identifier: MIT */
/*
 * SIGKILL at every kernel call of publish, of a channel's life, of fetch and of a sweep.
 *
 * A child does the work and is killed right before its k-th call, for k = 0, 1, 2, ... until it
 * comes through. What it had finished by then stands in memory that it shares with the parent,
 * which owns the other channels and looks at what arrived and at what is left on disk.
 */
#include "fault/fault.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/names.h"
#include "unit/check_main.h"

enum { FETCHED_MAX = 8, MESSAGES = 5 };

/* Shared with the child. */
struct story {
	struct fault_plan plan;
	bool completed;
	/* What its publishes returned. */
	int answers[2];
	unsigned answered;
	/* The channel that it owns, what it fetched, and how many calls there were before. */
	char channel[FSI_NAME_BYTES];
	unsigned fetched[FETCHED_MAX];
	unsigned fetched_count;
	unsigned calls_at_fetch;
	/* Bytes that say "ready" to the parent and "go" to the child. */
	int ready[2];
	int go[2];
};

typedef void (*work_function)(struct story *story);

static struct story *tell(void)
{
	struct story *story = mmap(NULL, sizeof *story, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(story, MAP_FAILED);
	ck_assert_int_eq(pipe2(story->ready, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(story->go, O_CLOEXEC), 0);
	return story;
}

static void forget(struct story *story)
{
	for (int i = 0; i < 2; i++) {
		close(story->ready[i]);
		close(story->go[i]);
	}
	munmap(story, sizeof *story);
}

static pid_t start(struct story *story, work_function work, unsigned at)
{
	pid_t child;

	story->completed = false;
	story->answered = story->fetched_count = story->calls_at_fetch = 0;
	story->channel[0] = '\0';
	story->plan.kind = FAULT_KILL;
	story->plan.at = at;
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		work(story);
		fault_plan_stop();
		story->completed = true;
		_exit(EXIT_SUCCESS);
	}
	return child;
}

/* Returns whether it was killed; it must be one or the other. */
static bool finish(const struct story *story, pid_t child)
{
	int status = 0;

	ck_assert_int_eq(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status)) {
		ck_assert_int_eq(WTERMSIG(status), SIGKILL);
		ck_assert_uint_eq(story->plan.calls, story->plan.at);
		return true;
	}
	ck_assert_int_eq(status, 0);
	ck_assert(story->completed);
	ck_assert_uint_le(story->plan.calls, story->plan.at);
	return false;
}

static bool run_killed(struct story *story, work_function work, unsigned at)
{
	return finish(story, start(story, work, at));
}

static void expect_calls(const struct story *story, const char *name, unsigned least)
{
	unsigned count = fault_plan_count(&story->plan, name, 0);

	ck_assert_msg(count >= least, "%u calls of %s, at least %u expected", count, name, least);
}

/* ---- publish ---- */

static void publish_twice(struct story *story)
{
	fsps_publisher *publisher;
	fsps_bus *bus = fault_bus();

	publisher = fault_publisher(bus);
	fault_plan_start(&story->plan);
	for (unsigned i = 0; i < 2; i++) {
		story->answers[i] = fault_publish(publisher, i, NULL);
		story->answered = i + 1;
	}
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

/* What was acknowledged is everywhere, what was not is in each channel once or not at all. */
static void check_arrivals(const struct story *story, const struct fault_channels *channels)
{
	for (unsigned i = 0; i < story->answered; i++)
		ck_assert_int_eq(story->answers[i], (int)channels->count);
	for (unsigned c = 0; c < channels->count; c++) {
		unsigned counts[2];

		fault_drain(channels->list[c], 2, counts);
		for (unsigned i = 0; i < 2; i++)
			ck_assert_uint_le(counts[i], 1);
		for (unsigned i = 0; i < story->answered; i++)
			ck_assert_uint_eq(counts[i], 1);
	}
}

/* Another publisher comes by, and clears up as it does. */
static void visit_by_publishing(const struct fault_channels *channels)
{
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = fault_publisher(bus);

	fault_let_sweep();
	ck_assert_int_eq(fault_publish(publisher, 0, NULL), (int)channels->count);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	for (unsigned i = 0; i < channels->count; i++) {
		ck_assert_int_eq(fault_fetch(channels->list[i]), 0);
		ck_assert_int_eq(fault_fetch(channels->list[i]), -1);
	}
}

static void remove_staging(void)
{
	char path[400];

	snprintf(path, sizeof path, "%s/" FSI_NAME_STAGING, fault_home());
	(void)rmdir(path);
}

static void publish_killed_everywhere(unsigned count, bool nameless)
{
	struct story *story = tell();
	struct fault_channels channels;
	bool killed = true;

	fault_set_nameless(nameless);
	fault_channels_open(&channels, count);
	for (unsigned at = 0; killed; at++) {
		remove_staging();
		killed = run_killed(story, publish_twice, at);
		check_arrivals(story, &channels);
		if (at % 2 == 0)
			fault_visit();
		else
			visit_by_publishing(&channels);
		fault_expect_clean(count, 1);
	}
	ck_assert_uint_eq(story->answered, 2);
	expect_calls(story, "writev", 2);
	expect_calls(story, "linkat", 2 * count);
	expect_calls(story, "write", 2 * count);
	/* Two intents, and the lock file of the one whose they are. */
	expect_calls(story, "unlinkat", nameless ? 0 : 3);
	ck_assert_uint_ge(story->plan.calls, (nameless ? 25 : 40) + 9 * count);
	fault_channels_close(&channels);
	forget(story);
}

/* Each test runs with nameless files and without. */
START_TEST(a_publish_to_1_channel_killed_anywhere)
{
	publish_killed_everywhere(1, _i == 0);
}
END_TEST

START_TEST(a_publish_to_2_channels_killed_anywhere)
{
	publish_killed_everywhere(2, _i == 0);
}
END_TEST

START_TEST(a_publish_to_5_channels_killed_anywhere)
{
	publish_killed_everywhere(5, _i == 0);
}
END_TEST

/* ---- fetch ---- */

static void say(int fd)
{
	ck_assert_int_eq(write(fd, "!", 1), 1);
}

static void hear(int fd)
{
	char byte;

	ck_assert_int_eq(read(fd, &byte, 1), 1);
}

static void fetch_all(struct story *story)
{
	fsps_bus *bus = fault_bus();
	fsps_channel *channel = fault_channel(bus, FAULT_TOPIC);
	int number;

	snprintf(story->channel, sizeof story->channel, "%s", fsps_channel_name(channel));
	say(story->ready[1]);
	hear(story->go[0]);
	fault_plan_start(&story->plan);
	while ((number = fault_fetch(channel)) >= 0) {
		story->fetched[story->fetched_count++] = (unsigned)number;
		story->calls_at_fetch = story->plan.calls;
	}
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

static void publish_five(void)
{
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = fault_publisher(bus);

	for (unsigned i = 0; i < MESSAGES; i++)
		ck_assert_int_eq(fault_publish(publisher, i, NULL), 2);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

static void count_message(unsigned number, void *userdata)
{
	unsigned *counts = userdata;

	ck_assert_uint_lt(number, MESSAGES);
	counts[number]++;
}

static bool channel_exists(const char *name)
{
	struct stat status;
	char path[600];

	snprintf(path, sizeof path, "%s/%s", fault_home(), name);
	return stat(path, &status) == 0;
}

/* Each message was handed out or still lies there, never both; the one that the kill met may be
 * gone, but only if its unlink was done. */
static void check_fetched(const struct story *story)
{
	unsigned counts[MESSAGES] = {0};
	bool taken = fault_plan_count(&story->plan, "unlinkat", story->calls_at_fetch) > 0;

	for (unsigned i = 0; i < story->fetched_count; i++)
		ck_assert_uint_eq(story->fetched[i], i);
	if (!channel_exists(story->channel)) {
		ck_assert_uint_eq(story->fetched_count, MESSAGES);
		return;
	}
	fault_each_message(story->channel, count_message, counts);
	for (unsigned i = 0; i < MESSAGES; i++) {
		unsigned expected = i < story->fetched_count ? 0 : 1;

		if (i == story->fetched_count && taken)
			expected = 0;
		ck_assert_msg(counts[i] == expected, "message %u of a fetch killed at call %u", i,
			      story->plan.at);
	}
}

START_TEST(a_fetch_killed_anywhere)
{
	struct story *story = tell();
	struct fault_channels witness;
	bool killed = true;

	fault_channels_open(&witness, 1);
	for (unsigned at = 0; killed; at++) {
		unsigned counts[MESSAGES];
		pid_t child = start(story, fetch_all, at);

		hear(story->ready[0]);
		publish_five();
		say(story->go[1]);
		killed = finish(story, child);
		check_fetched(story);
		fault_drain(witness.list[0], MESSAGES, counts);
		for (unsigned i = 0; i < MESSAGES; i++)
			ck_assert_uint_eq(counts[i], 1);
		fault_visit();
		fault_expect_clean(1, 1);
	}
	ck_assert_uint_eq(story->fetched_count, MESSAGES);
	expect_calls(story, "unlinkat", MESSAGES + 3);
	expect_calls(story, "openat", MESSAGES);
	expect_calls(story, "read", MESSAGES);
	ck_assert_uint_ge(story->plan.calls, 40);
	fault_channels_close(&witness);
	forget(story);
}
END_TEST

/* ---- a channel's life ---- */

static void open_and_close(struct story *story)
{
	fsps_bus *bus = fault_bus();
	fsps_channel *channel;

	fault_plan_start(&story->plan);
	channel = fault_channel(bus, FAULT_TOPIC);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

/* Publishes to the one who lives: the dead don't count. */
static void publish_to_one(fsps_channel *channel)
{
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = fault_publisher(bus);

	ck_assert_int_eq(fault_publish(publisher, 7, NULL), 1);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	ck_assert_int_eq(fault_fetch(channel), 7);
	ck_assert_int_eq(fault_fetch(channel), -1);
}

START_TEST(opening_and_closing_a_channel_killed_anywhere)
{
	struct story *story = tell();
	struct fault_channels witness;
	bool killed = true;

	fault_set_nameless(_i == 0);
	fault_channels_open(&witness, 1);
	for (unsigned at = 0; killed; at++) {
		killed = run_killed(story, open_and_close, at);
		publish_to_one(witness.list[0]);
		fault_visit();
		fault_expect_clean(1, 1);
	}
	expect_calls(story, "renameat2", 2);
	expect_calls(story, "mkfifoat", 1);
	expect_calls(story, "flock", 1);
	ck_assert_uint_ge(story->plan.calls, 45);
	fault_channels_close(&witness);
	forget(story);
}
END_TEST

START_TEST(making_a_home_killed_anywhere)
{
	struct story *story = tell();
	bool killed = true;

	fault_set_nameless(_i == 0);
	for (unsigned at = 0; killed; at++) {
		struct fault_channels witness;

		fault_remove_tree(fault_home());
		killed = run_killed(story, open_and_close, at);
		fault_channels_open(&witness, 1);
		publish_to_one(witness.list[0]);
		fault_visit();
		fault_expect_clean(1, 1);
		fault_channels_close(&witness);
		fault_expect_clean(0, 0);
	}
	expect_calls(story, "mkdirat", 3);
	expect_calls(story, "fallocate", _i == 0 ? 2 : 1);
	ck_assert_uint_ge(story->plan.calls, 55);
	forget(story);
}
END_TEST

/* ---- clearing up, and looking on ---- */

static void make_file(int directory, const char *name)
{
	int fd = openat(directory, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void make_trash(int home, const char *name)
{
	int fd;

	ck_assert_int_eq(mkdirat(home, name, 0700), 0);
	fd = openat(home, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	make_file(fd, "1");
	make_file(fd, "2");
	close(fd);
}

/* One of each kind of thing that the dead leave behind. */
static void make_remains(void)
{
	int home = open(fault_home(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_ge(home, 0);
	(void)fault_make_dead_subscriber(2);
	(void)mkdirat(home, FSI_NAME_STAGING, 0700);
	make_file(home, FSI_NAME_STAGING "/" FSI_PREFIX_INTENT "DeadMember00-17");
	make_trash(home, FSI_PREFIX_BUILDING "DeadMember00-1");
	make_trash(home, FSI_PREFIX_REMOVING "DeadMember00-2");
	close(home);
}

static void sweep_killed_everywhere(work_function work, bool nameless)
{
	struct story *story = tell();
	struct fault_channels witness;
	bool killed = true;

	fault_set_nameless(nameless);
	fault_channels_open(&witness, 1);
	for (unsigned at = 0; killed; at++) {
		make_remains();
		fault_let_sweep();
		killed = run_killed(story, work, at);
		fault_drain(witness.list[0], 2, (unsigned[2]){0});
		fault_visit();
		fault_expect_clean(1, 1);
	}
	/* The remains: three files of each channel, two of each other directory, the intent, the
	 * lock file; and each directory. */
	expect_calls(story, "unlinkat", 2 * 2 + 2 * 2 + 2 + 4);
	expect_calls(story, "renameat2", 3);
	ck_assert_uint_ge(story->plan.calls, 90);
	fault_channels_close(&witness);
	forget(story);
}

START_TEST(a_sweep_by_a_subscriber_killed_anywhere)
{
	sweep_killed_everywhere(open_and_close, _i == 0);
}
END_TEST

START_TEST(a_sweep_by_a_publisher_killed_anywhere)
{
	sweep_killed_everywhere(publish_twice, _i == 0);
}
END_TEST

static int see_nothing(const struct fsps_channel_info *info, void *userdata)
{
	(void)info;
	(void)userdata;
	return 0;
}

static void look_on(struct story *story)
{
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = fault_publisher(bus);

	fault_plan_start(&story->plan);
	story->answers[0] = fsps_bus_list(bus, see_nothing, NULL);
	story->answers[1] = fsps_publisher_wait_subscribers(publisher, FAULT_TOPIC, 2, 0);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

START_TEST(listing_and_waiting_for_subscribers_killed_anywhere)
{
	struct story *story = tell();
	struct fault_channels channels;
	bool killed = true;

	fault_channels_open(&channels, 2);
	for (unsigned at = 0; killed; at++) {
		killed = run_killed(story, look_on, at);
		fault_expect_clean(2, 1);
	}
	ck_assert_int_eq(story->answers[0], 2);
	ck_assert_int_eq(story->answers[1], 2);
	ck_assert_uint_ge(story->plan.calls, 40);
	fault_channels_close(&channels);
	forget(story);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("kill");
	TCase *publish = fault_case(suite, "publish");
	TCase *fetch = fault_case(suite, "fetch");
	TCase *life = fault_case(suite, "life");
	TCase *sweep = fault_case(suite, "sweep");

	tcase_add_loop_test(publish, a_publish_to_1_channel_killed_anywhere, 0, 2);
	tcase_add_loop_test(publish, a_publish_to_2_channels_killed_anywhere, 0, 2);
	tcase_add_loop_test(publish, a_publish_to_5_channels_killed_anywhere, 0, 2);
	tcase_add_test(fetch, a_fetch_killed_anywhere);
	tcase_add_loop_test(life, opening_and_closing_a_channel_killed_anywhere, 0, 2);
	tcase_add_loop_test(life, making_a_home_killed_anywhere, 0, 2);
	tcase_add_loop_test(sweep, a_sweep_by_a_subscriber_killed_anywhere, 0, 2);
	tcase_add_loop_test(sweep, a_sweep_by_a_publisher_killed_anywhere, 0, 2);
	tcase_add_test(sweep, listing_and_waiting_for_subscribers_killed_anywhere);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
