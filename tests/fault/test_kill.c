/* SPDX-License-Identifier: MIT */
/* SIGKILL at every kernel call of publish and of fetch: nothing torn, nothing acknowledged lost. */
#include "fault/fault.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault/story.h"
#include "store/names.h"
#include "subscribe/channel.h"
#include "unit/check_main.h"

enum { MESSAGES = STORY_MESSAGES };

/* ---- publish ---- */

/* What was acknowledged is everywhere, what was not is in each channel once or not at all. */
static void check_arrivals(const struct story *story, const struct fault_channels *channels)
{
	for (unsigned i = 0; i < story->answered; i++)
		ck_assert_int_eq(story->answers[i], (int)channels->count);
	for (unsigned c = 0; c < channels->count; c++) {
		unsigned counts[MESSAGES];

		fault_drain(channels->list[c], MESSAGES, counts);
		for (unsigned i = 0; i < MESSAGES; i++)
			ck_assert_uint_le(counts[i], 1);
		for (unsigned i = 0; i < story->answered; i++)
			ck_assert_uint_eq(counts[i], 1);
		ck_assert_uint_eq(channels->list[c]->set_aside, 0);
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

/* What it was killed before, when it was not. */
static void expect_publish_calls(const struct story *story, unsigned count, bool nameless)
{
	unsigned files = fault_count_files(MESSAGES);

	story_expect_calls(story, "writev", files);
	/* Each file, and one segment, which has a name in tmp, too. */
	story_expect_calls(story, "linkat", (files + 1) * count + nameless);
	story_expect_calls(story, "write", (files + 1) * count);
	/* The intents, the segment, and the lock file of the one whose they are. */
	story_expect_calls(story, "unlinkat", (nameless ? 0 : files) + 2);
	/* Between those of each frame, and of the segment's header. */
	story_expect_calls(story, "store", (MESSAGES - files) * 4 + 3);
	ck_assert_uint_ge(story->plan.calls, 40 + (3 * files + 2) * count);
}

static void publish_killed_everywhere(unsigned count, bool nameless)
{
	struct story *story = story_begin();
	struct fault_channels channels;
	bool killed = true;

	fault_set_nameless(nameless);
	fault_channels_open(&channels, count);
	for (unsigned at = 0; killed; at++) {
		remove_staging();
		killed = story_run(story, story_publish, at);
		check_arrivals(story, &channels);
		if (at % 2 == 0)
			fault_visit();
		else
			visit_by_publishing(&channels);
		fault_expect_clean(count, 1);
	}
	ck_assert_uint_eq(story->answered, MESSAGES);
	expect_publish_calls(story, count, nameless);
	fault_channels_close(&channels);
	story_end(story);
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
 * gone, but only if its unlink was done, or the reader's place in the segment is behind it. */
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

		if (i == story->fetched_count && (taken || i >= fault_count_files(MESSAGES)))
			expected = counts[i] == 0 ? 0 : 1;
		ck_assert_msg(counts[i] == expected, "message %u of a fetch killed at call %u", i,
			      story->plan.at);
	}
}

START_TEST(a_fetch_killed_anywhere)
{
	struct story *story = story_begin();
	struct fault_channels witness;
	bool killed = true;

	fault_channels_open(&witness, 1);
	for (unsigned at = 0; killed; at++) {
		unsigned counts[MESSAGES];
		pid_t child = story_start(story, fetch_all, at);

		hear(story->ready[0]);
		publish_five();
		say(story->go[1]);
		killed = story_finish(story, child);
		check_fetched(story);
		fault_drain(witness.list[0], MESSAGES, counts);
		for (unsigned i = 0; i < MESSAGES; i++)
			ck_assert_uint_eq(counts[i], 1);
		fault_visit();
		fault_expect_clean(1, 1);
	}
	ck_assert_uint_eq(story->fetched_count, MESSAGES);
	/* The files and a segment, then the channel. */
	story_expect_calls(story, "unlinkat", fault_count_files(MESSAGES) + 1 + 3);
	story_expect_calls(story, "openat", fault_count_files(MESSAGES) + 1);
	story_expect_calls(story, "read", fault_count_files(MESSAGES) + 1);
	ck_assert_uint_ge(story->plan.calls, 30);
	fault_channels_close(&witness);
	story_end(story);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("kill");
	TCase *publish = fault_case(suite, "publish");
	TCase *fetch = fault_case(suite, "fetch");

	tcase_add_loop_test(publish, a_publish_to_1_channel_killed_anywhere, 0, 2);
	tcase_add_loop_test(publish, a_publish_to_2_channels_killed_anywhere, 0, 2);
	tcase_add_loop_test(publish, a_publish_to_5_channels_killed_anywhere, 0, 2);
	tcase_add_test(fetch, a_fetch_killed_anywhere);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
