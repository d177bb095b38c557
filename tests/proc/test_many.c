/* SPDX-License-Identifier: MIT */
/*
 * Many publishers and many subscribers in processes of their own: nothing is lost, nothing comes
 * twice, and each publisher's messages come in its order; also to one that stood still meanwhile.
 */
#include <stdio.h>
#include <string.h>

#include "api/fixture.h"
#include "proc/process.h"
#include "unit/check_main.h"

enum { PUBLISHERS = 4, SUBSCRIBERS = 4, EACH = 2000 };

/* What a message carries. */
struct load {
	uint32_t publisher;
	uint32_t number;
};

struct publisher_task {
	uint32_t publisher;
	/* How many channels an even one has to reach, and how many an odd one. */
	int reach[2];
};

struct subscriber_task {
	const char *pattern;
	/* How many of each publisher's have to come. */
	uint32_t expected[PUBLISHERS];
};

/* ---- one publisher, one subscriber ---- */

static void publish_load(fsps_publisher *publisher, const struct load *load, int reach)
{
	char topic[64];

	snprintf(topic, sizeof topic, "load.p%u.%s", load->publisher,
		 load->number % 2 == 0 ? "even" : "odd");
	ck_assert_int_eq(fsps_publish(publisher, topic, NULL, load, sizeof *load, NULL), reach);
}

static void publish_all(const struct process_ends *ends, void *userdata)
{
	const struct publisher_task *task = userdata;
	fsps_bus *bus = fixture_open_bus();
	fsps_publisher *publisher = fixture_open_publisher(bus);
	struct load load = {.publisher = task->publisher};

	process_say_ready(ends);
	process_hear(ends);
	for (; load.number < EACH; load.number++)
		publish_load(publisher, &load, task->reach[load.number % 2]);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

struct tally {
	uint32_t count[PUBLISHERS];
	/* One above the last number of each. */
	uint32_t next[PUBLISHERS];
};

static void count(struct tally *tally, fsps_message *message)
{
	struct load load;
	size_t length;
	const void *payload = fsps_message_payload(message, &length);

	ck_assert_uint_eq(length, sizeof load);
	memcpy(&load, payload, sizeof load);
	ck_assert_uint_lt(load.publisher, PUBLISHERS);
	ck_assert_msg(load.number >= tally->next[load.publisher],
		      "%u of publisher %u came after %u", load.number, load.publisher,
		      tally->next[load.publisher] - 1);
	tally->next[load.publisher] = load.number + 1;
	tally->count[load.publisher]++;
	fsps_message_unref(message);
}

static void subscribe_to_all(const struct process_ends *ends, void *userdata)
{
	const struct subscriber_task *task = userdata;
	fsps_bus *bus = fixture_open_bus();
	fsps_channel *channel = fixture_subscribe(bus, task->pattern);
	struct tally tally = {0};
	uint32_t left = 0;

	for (int i = 0; i < PUBLISHERS; i++)
		left += task->expected[i];
	process_say_ready(ends);
	for (; left > 0; left--)
		count(&tally, fixture_receive(channel));
	/* Told when all have published: then nothing more may be there. */
	process_hear(ends);
	fixture_expect_nothing(channel);
	ck_assert_mem_eq(tally.count, task->expected, sizeof tally.count);
	ck_assert_uint_eq(fixture_stats(channel).set_aside, 0);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

/* ---- all of them ---- */

static void expect_nothing_left(void)
{
	ck_assert_uint_eq(fixture_count(fixture_home, ""),
			  1 + (size_t)fixture_exists(fixture_path("tmp")));
	ck_assert_uint_eq(fixture_count(fixture_path("tmp"), ""), 0);
	ck_assert_uint_eq(fixture_count(fixture_path(".fsps"), "w-"), 0);
}

static void run(struct subscriber_task *subscriber_tasks, struct publisher_task *publisher_tasks)
{
	struct process subscribers[SUBSCRIBERS];
	struct process publishers[PUBLISHERS];

	for (int i = 0; i < SUBSCRIBERS; i++) {
		subscribers[i] = process_start(subscribe_to_all, &subscriber_tasks[i]);
		process_await_ready(&subscribers[i]);
	}
	for (int i = 0; i < PUBLISHERS; i++) {
		publishers[i] = process_start(publish_all, &publisher_tasks[i]);
		process_await_ready(&publishers[i]);
	}
	for (int i = 0; i < PUBLISHERS; i++)
		process_tell(&publishers[i]);
	for (int i = 0; i < PUBLISHERS; i++)
		process_join(&publishers[i]);
	for (int i = 0; i < SUBSCRIBERS; i++) {
		process_tell(&subscribers[i]);
		process_join(&subscribers[i]);
	}
	expect_nothing_left();
}

START_TEST(every_message_reaches_every_subscriber_once_and_in_order)
{
	struct subscriber_task subscribers[SUBSCRIBERS];
	struct publisher_task publishers[PUBLISHERS];

	for (uint32_t i = 0; i < SUBSCRIBERS; i++) {
		subscribers[i] = (struct subscriber_task){"load.+", {EACH, EACH, EACH, EACH}};
		publishers[i] = (struct publisher_task){i, {SUBSCRIBERS, SUBSCRIBERS}};
	}
	run(subscribers, publishers);
}
END_TEST

START_TEST(wildcards_fan_out_to_whom_they_match)
{
	enum { HALF = EACH / 2 };
	struct subscriber_task subscribers[SUBSCRIBERS] = {
		{"load.p1.=", {0, EACH, 0, 0}},
		{"load.=.even", {HALF, HALF, HALF, HALF}},
		{"load.p3.odd", {0, 0, 0, HALF}},
		{"+.odd", {HALF, HALF, HALF, HALF}},
	};
	struct publisher_task publishers[PUBLISHERS] = {
		{0, {1, 1}}, {1, {2, 2}}, {2, {1, 1}}, {3, {1, 2}}};

	run(subscribers, publishers);
}
END_TEST

/* ---- one that stands still ---- */

START_TEST(a_subscriber_that_stood_still_gets_all_when_it_goes_on)
{
	/* More than the bell holds: 8,192. */
	enum { COUNT = 10000 };
	struct subscriber_task task = {"load.+", {COUNT, 0, 0, 0}};
	struct process subscriber = process_start(subscribe_to_all, &task);
	struct load load = {0};
	fsps_bus *bus = fixture_open_bus();
	fsps_publisher *publisher = fixture_open_publisher(bus);

	process_await_ready(&subscriber);
	process_stop(&subscriber);
	for (; load.number < COUNT; load.number++)
		publish_load(publisher, &load, 1);
	process_continue(&subscriber);
	process_tell(&subscriber);
	process_join(&subscriber);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	expect_nothing_left();
}
END_TEST

START_TEST(a_subscriber_that_stands_still_again_and_again_loses_nothing)
{
	enum { ROUNDS = 20, A_ROUND = 600 };
	struct subscriber_task task = {"load.+", {ROUNDS * A_ROUND, 0, 0, 0}};
	struct process subscriber = process_start(subscribe_to_all, &task);
	struct load load = {0};
	fsps_bus *bus = fixture_open_bus();
	fsps_publisher *publisher = fixture_open_publisher(bus);

	process_await_ready(&subscriber);
	for (int i = 0; i < ROUNDS; i++) {
		for (int j = 0; j < A_ROUND; j++, load.number++) {
			/* At another message each round. */
			if (j == i * 29)
				process_stop(&subscriber);
			publish_load(publisher, &load, 1);
		}
		process_continue(&subscriber);
	}
	process_tell(&subscriber);
	process_join(&subscriber);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("many");
	TCase *tcase = fixture_tcase(suite, "many");

	tcase_add_test(tcase, every_message_reaches_every_subscriber_once_and_in_order);
	tcase_add_test(tcase, wildcards_fan_out_to_whom_they_match);
	tcase_add_test(tcase, a_subscriber_that_stood_still_gets_all_when_it_goes_on);
	tcase_add_test(tcase, a_subscriber_that_stands_still_again_and_again_loses_nothing);
	return check_main(suite);
}
