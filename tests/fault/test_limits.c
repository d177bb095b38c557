/* SPDX-License-Identifier: MIT */
/*
 * A process with few descriptors, or that may write only small files: what it can't do it says,
 * and what it can it still does.
 */
#include "fault/fault.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/check_main.h"

enum { CHANNELS = 20, MESSAGES = 10 };

static void limit(__rlimit_resource_t resource, rlim_t value)
{
	const struct rlimit limits = {.rlim_cur = value, .rlim_max = value};

	if (setrlimit(resource, &limits) != 0)
		_exit(100);
}

/* A child that is to work once it is told to go. */
struct worker {
	pid_t pid;
	int go;
};

/* To be started first: a child has all descriptors that its parent had. */
static struct worker start(int (*work)(void))
{
	struct worker worker;
	int ends[2];
	char byte;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	worker = (struct worker){.pid = fork(), .go = ends[1]};
	ck_assert_int_ge(worker.pid, 0);
	if (worker.pid == 0) {
		close(ends[1]);
		if (read(ends[0], &byte, 1) != 1)
			_exit(101);
		close(ends[0]);
		_exit(work());
	}
	close(ends[0]);
	return worker;
}

/* Lets it work, and answers the code that it ended with. */
static int run(struct worker worker)
{
	int status;

	ck_assert_int_eq(write(worker.go, "!", 1), 1);
	close(worker.go);
	ck_assert_int_eq(waitpid(worker.pid, &status, 0), worker.pid);
	ck_assert_msg(WIFEXITED(status), "killed by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

/* ---- few descriptors ---- */

static int publish_all(void)
{
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = fault_publisher(bus);

	for (unsigned i = 0; i < MESSAGES; i++)
		if (fault_publish(publisher, i, NULL) != CHANNELS)
			return 1;
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	return 0;
}

static int publish_with_16(void)
{
	limit(RLIMIT_NOFILE, 16);
	return publish_all();
}

static int publish_with_32(void)
{
	limit(RLIMIT_NOFILE, 32);
	return publish_all();
}

static int (*const publish_limited[])(void) = {publish_with_16, publish_with_32, publish_all};

START_TEST(a_publisher_with_few_descriptors_reaches_many_channels)
{
	struct worker worker = start(publish_limited[_i]);
	fsps_channel *channels[CHANNELS];
	fsps_bus *bus = fault_bus();
	unsigned counts[MESSAGES];

	for (unsigned i = 0; i < CHANNELS; i++)
		channels[i] = fault_channel(bus, FAULT_TOPIC);
	ck_assert_int_eq(run(worker), 0);
	for (unsigned i = 0; i < CHANNELS; i++) {
		fault_drain(channels[i], MESSAGES, counts);
		for (unsigned m = 0; m < MESSAGES; m++)
			ck_assert_uint_eq(counts[m], 1);
		fsps_channel_close(channels[i]);
	}
	fsps_bus_close(bus);
}
END_TEST

static int publish_one(fsps_bus *bus)
{
	fsps_publisher *publisher = fault_publisher(bus);
	int r = fault_publish(publisher, 0, NULL);

	fsps_publisher_close(publisher);
	return r;
}

/* Opens channels until there are no descriptors left. Returns how many there are. */
static int open_until_limit(fsps_bus *bus, fsps_channel **channels, int most)
{
	int count = 0;
	int r = 0;

	while (count < most && r == 0) {
		r = fsps_channel_open(bus, FAULT_TOPIC, NULL, &channels[count]);
		count += r == 0;
	}
	return r == FSPS_ERR_LIMIT ? count : -1;
}

static int subscribe_until_limit(void)
{
	fsps_channel *channels[CHANNELS];
	fsps_bus *bus = fault_bus();
	fsps_message *message = NULL;
	int count;
	int fillers[CHANNELS];
	int filled = 0;

	limit(RLIMIT_NOFILE, 24);
	count = open_until_limit(bus, channels, CHANNELS);
	if (count < 2)
		return 1;
	/* One channel less gives room for a publisher. */
	fsps_channel_close(channels[--count]);
	if (publish_one(bus) != count)
		return 2;
	while ((fillers[filled] = dup(0)) >= 0)
		filled++;
	if (fsps_channel_fetch(channels[0], &message) != FSPS_ERR_LIMIT)
		return 3;
	close(fillers[--filled]);
	for (int i = 0; i < count; i++) {
		if (fault_fetch(channels[i]) != 0)
			return 4;
		fsps_channel_close(channels[i]);
	}
	fsps_bus_close(bus);
	return 0;
}

START_TEST(a_subscriber_without_descriptors_is_told_and_loses_nothing)
{
	ck_assert_int_eq(run(start(subscribe_until_limit)), 0);
	fault_visit();
	fault_expect_clean(0, 0);
}
END_TEST

/* ---- small files only ---- */

/* No assertion under such a limit: libcheck would write it into a file. */
static int publish_large_and_small(void)
{
	static const char large[5000];
	/* A segment has whole pages. */
	size_t most = fault_is_fast() ? 4096 : 1000;
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = fault_publisher(bus);
	fsps_receipt *receipt = NULL;

	limit(RLIMIT_FSIZE, most);
	if (fsps_receipt_new(&receipt) != FSPS_OK)
		return 1;
	if (fsps_publish(publisher, FAULT_TOPIC, NULL, large, most, receipt) != FSPS_ERR_TOO_LARGE)
		return 2;
	if (fsps_receipt_reached(receipt) != 0)
		return 3;
	if (fsps_publish(publisher, FAULT_TOPIC, NULL, "small", 5, receipt) != 2)
		return 4;
	fsps_receipt_free(receipt);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	return 0;
}

START_TEST(a_message_over_the_file_size_limit_is_too_large_and_kills_nobody)
{
	struct fault_channels channels;
	fsps_message *message = NULL;

	fault_channels_open(&channels, 2);
	ck_assert_int_eq(run(start(publish_large_and_small)), 0);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_int_eq(fsps_channel_fetch(channels.list[i], &message), 1);
		ck_assert_str_eq(fsps_message_payload(message, NULL), "small");
		fsps_message_unref(message);
		ck_assert_int_eq(fsps_channel_fetch(channels.list[i], &message), 0);
	}
	fault_visit();
	fault_expect_clean(2, 1);
	fault_channels_close(&channels);
}
END_TEST

static int subscribe_and_publish_nothing(void)
{
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = fault_publisher(bus);
	fsps_channel *channel = NULL;

	limit(RLIMIT_FSIZE, 0);
	if (fsps_channel_open(bus, FAULT_TOPIC, NULL, &channel) != FSPS_ERR_LIMIT)
		return 1;
	if (fsps_publish(publisher, FAULT_TOPIC, NULL, NULL, 0, NULL) != FSPS_ERR_TOO_LARGE)
		return 2;
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	return 0;
}

START_TEST(without_any_file_size_nobody_is_killed)
{
	struct fault_channels channels;

	fault_channels_open(&channels, 1);
	ck_assert_int_eq(run(start(subscribe_and_publish_nothing)), 0);
	fault_visit();
	fault_expect_clean(1, 1);
	ck_assert_int_eq(fault_fetch(channels.list[0]), -1);
	fault_channels_close(&channels);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("limits");
	TCase *descriptors = fault_case(suite, "descriptors");
	TCase *sizes = fault_case(suite, "sizes");

	tcase_add_loop_test(descriptors, a_publisher_with_few_descriptors_reaches_many_channels, 0,
			    3);
	tcase_add_test(descriptors, a_subscriber_without_descriptors_is_told_and_loses_nothing);
	tcase_add_test(sizes, a_message_over_the_file_size_limit_is_too_large_and_kills_nobody);
	tcase_add_test(sizes, without_any_file_size_nobody_is_killed);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
