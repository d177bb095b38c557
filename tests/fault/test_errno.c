/* SPDX-License-Identifier: MIT */
/*
 * Each of twelve errnos at every kernel call of each operation: once, and from that call on.
 *
 * The answer must be a success or a documented code, and true: what publish says to have reached
 * has the message, whole and once. Nothing is left behind, neither descriptors nor files, and the
 * next call without a fault works.
 */
#include "fault/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "unit/check_main.h"

static const int errnos[] = {EINTR,  EIO,    ENOSPC, EMFILE, ENFILE, ENOMEM,
			     EACCES, EAGAIN, ENOENT, EDQUOT, EROFS,  ENAMETOOLONG};

enum { CASES = 2 * sizeof errnos / sizeof errnos[0] };

/* What each function documents besides what an errno becomes. */
static const int publish_codes[] = {FSPS_ERR_REFUSED, FSPS_ERR_UNSAFE_HOME, FSPS_ERR_TIMEOUT, 0};
static const int open_codes[] = {FSPS_ERR_UNSAFE_HOME, FSPS_ERR_NO_HOME, FSPS_ERR_GONE, 0};
static const int fetch_codes[] = {FSPS_ERR_GONE, 0};
static const int list_codes[] = {FSPS_ERR_UNSAFE_HOME, 0};

/* The fault of a test's number, to strike at call 0. */
static struct fault_plan plan_of(int test)
{
	struct fault_plan plan = {.error = errnos[test / 2],
				  .kind = test % 2 == 0 ? FAULT_ONCE : FAULT_FROM_THEN_ON};

	if (plan.error == EINTR && plan.kind == FAULT_FROM_THEN_ON)
		plan.kind = FAULT_STORM;
	return plan;
}

/* Whether to go on with the next call. A storm is everywhere at once. */
static bool next_call(struct fault_plan *plan)
{
	bool struck = fault_plan_struck(plan) && plan->kind != FAULT_STORM;

	plan->at++;
	return struck;
}

/* A missing file is a truth of its own: the library believes that what ENOENT is said of is gone,
 * a living owner's lock file too. */
static bool may_be_believed(const struct fault_plan *plan)
{
	return plan->error == ENOENT;
}

/* ---- publish ---- */

/* The channels that are still there. */
static unsigned living(const struct fault_channels *channels)
{
	unsigned count = 0;

	for (unsigned i = 0; i < channels->count; i++) {
		struct stat status;
		char path[600];

		snprintf(path, sizeof path, "%s/%s", fault_home(),
			 fsps_channel_name(channels->list[i]));
		count += stat(path, &status) == 0;
	}
	return count;
}

/* How many channels have message 0; none has it twice, or anything else. */
static unsigned arrived(const struct fault_channels *channels)
{
	unsigned channels_with = 0;

	for (unsigned i = 0; i < channels->count; i++) {
		fsps_message *message = NULL;
		unsigned count = 0;

		fault_let_second_pass(channels->list[i]);
		while (fsps_channel_fetch(channels->list[i], &message) == 1) {
			ck_assert_uint_eq(fault_number_of(message), 0);
			fsps_message_unref(message);
			count++;
		}
		ck_assert_uint_le(count, 1);
		channels_with += count;
	}
	return channels_with;
}

static void check_answer(int r, const fsps_receipt *receipt, unsigned channels_with)
{
	fault_expect_documented(r, publish_codes, "publish");
	ck_assert_int_eq(fsps_receipt_reached(receipt), (int)channels_with);
	ck_assert_int_eq(fsps_receipt_matched(receipt),
			 fsps_receipt_reached(receipt) + fsps_receipt_refused(receipt));
	if (r >= 0)
		ck_assert_int_eq(r, (int)channels_with);
	else if (r == FSPS_ERR_REFUSED)
		ck_assert_int_gt(fsps_receipt_refused(receipt), 0);
	else
		ck_assert_uint_eq(channels_with, 0);
	for (int i = 0; i < fsps_receipt_refused(receipt); i++) {
		int code = 0;

		ck_assert_int_eq(fsps_receipt_refusal(receipt, i, NULL, &code), FSPS_OK);
		ck_assert_int_lt(code, 0);
		ck_assert_int_ne(code, FSPS_ERR_REFUSED);
	}
}

/* One message under the fault, one more without it, on the same publisher. */
static void publish_under(struct fault_plan *plan, struct fault_channels *channels)
{
	unsigned descriptors = fault_count_descriptors();
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = fault_publisher(bus);
	fsps_receipt *receipt = NULL;
	int r;

	ck_assert_int_eq(fsps_receipt_new(&receipt), FSPS_OK);
	fault_plan_start(plan);
	r = fault_publish(publisher, 0, receipt);
	fault_plan_stop();
	fault_expect_documented(r, publish_codes, "publish");
	check_answer(r, receipt, arrived(channels));
	r = fault_publish(publisher, 0, receipt);
	ck_assert_msg(r == (int)living(channels), "after %s at call %u (%s): %d of %u",
		      strerror(plan->error), plan->at, plan->names[plan->at], r, channels->count);
	check_answer(r, receipt, arrived(channels));
	fsps_receipt_free(receipt);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	ck_assert_uint_eq(fault_count_descriptors(), descriptors);
}

/* The home has not changed for so long that a publisher need not read its names twice. */
static void age_home(void)
{
	const struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};

	ck_assert_int_eq(utimensat(AT_FDCWD, fault_home(), long_ago, 0), 0);
}

static void publish_under_all(int test, unsigned count)
{
	struct fault_plan plan = plan_of(test % CASES);
	struct fault_channels channels;
	unsigned calls = 0;
	bool more = true;

	fault_set_nameless(test < CASES);
	while (more) {
		fault_channels_open(&channels, count);
		age_home();
		publish_under(&plan, &channels);
		if (!may_be_believed(&plan))
			ck_assert_uint_eq(living(&channels), count);
		fault_channels_close(&channels);
		calls = plan.calls;
		more = next_call(&plan);
		fault_visit();
		fault_expect_clean(0, 0);
	}
	ck_assert_uint_ge(calls, 12 + 6 * count);
}

START_TEST(publish_to_1_channel_under_a_fault)
{
	publish_under_all(_i, 1);
}
END_TEST

START_TEST(publish_to_2_channels_under_a_fault)
{
	publish_under_all(_i, 2);
}
END_TEST

START_TEST(publish_to_5_channels_under_a_fault)
{
	publish_under_all(_i, 5);
}
END_TEST

/* ---- a channel's life ---- */

static void open_under(struct fault_plan *plan)
{
	unsigned descriptors = fault_count_descriptors();
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = fault_publisher(bus);
	fsps_channel *channel = NULL;
	int r;

	fault_plan_start(plan);
	r = fsps_channel_open(bus, FAULT_TOPIC, NULL, &channel);
	fault_plan_stop();
	fault_expect_documented(r, open_codes, "channel_open");
	ck_assert_int_eq(channel != NULL, r == FSPS_OK);
	if (r < 0)
		channel = fault_channel(bus, FAULT_TOPIC);
	ck_assert_int_eq(fault_publish(publisher, 3, NULL), 1);
	ck_assert_int_eq(fault_fetch(channel), 3);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
	ck_assert_uint_eq(fault_count_descriptors(), descriptors);
}

START_TEST(opening_a_channel_under_a_fault)
{
	struct fault_plan plan = plan_of(_i % CASES);
	unsigned calls = 0;
	bool more = true;

	fault_set_nameless(_i < CASES);
	while (more) {
		fault_remove_tree(fault_home());
		open_under(&plan);
		calls = plan.calls;
		more = next_call(&plan);
		fault_visit();
		fault_expect_clean(0, 0);
	}
	ck_assert_uint_ge(calls, 35);
}
END_TEST

START_TEST(closing_a_channel_under_a_fault)
{
	struct fault_plan plan = plan_of(_i);
	unsigned calls = 0;
	bool more = true;

	while (more) {
		unsigned descriptors = fault_count_descriptors();
		struct fault_channels channels;
		fsps_publisher *publisher;

		fault_channels_open(&channels, 2);
		publisher = fault_publisher(channels.bus);
		for (unsigned i = 0; i < 3; i++)
			ck_assert_int_eq(fault_publish(publisher, i, NULL), 2);
		fault_plan_start(&plan);
		fsps_publisher_close(publisher);
		fault_channels_close(&channels);
		fault_plan_stop();
		ck_assert_uint_eq(fault_count_descriptors(), descriptors);
		calls = plan.calls;
		fault_visit();
		if (may_be_believed(&plan))
			fault_remove_tree(fault_home());
		else
			fault_expect_clean(0, 0);
		more = next_call(&plan);
	}
	ck_assert_uint_ge(calls, 40);
}
END_TEST

/* ---- fetch ---- */

enum { MESSAGES = 4, TRIES = 60 };

static void count_message(unsigned number, void *userdata)
{
	unsigned *counts = userdata;

	ck_assert_uint_lt(number, MESSAGES);
	counts[number]++;
}

/* Fetches until nothing comes any more, or has failed too often; counts what came. */
static void fetch_under(struct fault_plan *plan, fsps_channel *channel, unsigned *counts)
{
	int r = 1;

	fault_let_second_pass(channel);
	fault_plan_start(plan);
	for (unsigned i = 0; i < TRIES && r != 0; i++) {
		fsps_message *message = NULL;

		r = fsps_channel_fetch(channel, &message);
		fault_expect_documented(r, fetch_codes, "fetch");
		if (r == 1)
			count_message(fault_number_of(message), counts);
		fsps_message_unref(message);
	}
	fault_plan_stop();
}

/* Without the fault all the rest comes, in order. */
static void fetch_rest(fsps_channel *channel, unsigned *counts)
{
	unsigned rest[MESSAGES];

	fault_drain(channel, MESSAGES, rest);
	for (unsigned i = 0; i < MESSAGES; i++)
		counts[i] += rest[i];
}

static void fetch_all_under(struct fault_plan *plan)
{
	unsigned counts[MESSAGES] = {0};
	unsigned descriptors;
	struct fault_channels channels;
	fsps_publisher *publisher;

	fault_channels_open(&channels, 1);
	publisher = fault_publisher(channels.bus);
	for (unsigned i = 0; i < MESSAGES; i++)
		ck_assert_int_eq(fault_publish(publisher, i, NULL), 1);
	fsps_publisher_close(publisher);
	descriptors = fault_count_descriptors();
	(void)fsps_channel_fd(channels.list[0]);
	fetch_under(plan, channels.list[0], counts);
	fetch_rest(channels.list[0], counts);
	ck_assert_uint_eq(fault_count_descriptors(), descriptors);
	/* What was set aside: a dead letter, to be looked at. */
	fault_each_message(fsps_channel_name(channels.list[0]), count_message, counts);
	for (unsigned i = 0; i < MESSAGES; i++)
		ck_assert_msg(counts[i] == 1, "message %u %u times after %s at call %u", i,
			      counts[i], strerror(plan->error), plan->at);
	fault_channels_close(&channels);
}

START_TEST(fetching_under_a_fault)
{
	struct fault_plan plan = plan_of(_i);
	unsigned calls = 0;
	bool more = true;

	while (more) {
		fetch_all_under(&plan);
		calls = plan.calls;
		more = next_call(&plan);
	}
	fault_expect_clean(0, 0);
	ck_assert_uint_ge(calls, 30);
}
END_TEST

/* ---- clearing up, looking on, waiting ---- */

START_TEST(sweeping_under_a_fault)
{
	struct fault_plan plan = plan_of(_i);
	struct fault_channels witness;
	unsigned calls = 0;
	bool more = true;

	while (more) {
		unsigned counts[1];
		fsps_channel *channel = NULL;
		fsps_bus *bus = fault_bus();
		int r;

		fault_channels_open(&witness, 1);
		(void)fault_make_dead_subscriber(2);
		fault_let_sweep();
		fault_plan_start(&plan);
		r = fsps_channel_open(bus, "x", NULL, &channel);
		fault_plan_stop();
		fault_expect_documented(r, open_codes, "channel_open");
		fsps_channel_close(channel);
		fsps_bus_close(bus);
		fault_visit();
		if (!may_be_believed(&plan)) {
			fault_expect_clean(1, 1);
			fault_drain(witness.list[0], 1, counts);
		}
		fault_channels_close(&witness);
		calls = plan.calls;
		more = next_call(&plan);
	}
	ck_assert_uint_ge(calls, 60);
}
END_TEST

static int count_channel(const struct fsps_channel_info *info, void *userdata)
{
	(void)info;
	(*(int *)userdata)++;
	return 0;
}

START_TEST(listing_under_a_fault)
{
	struct fault_plan plan = plan_of(_i);
	struct fault_channels channels;
	unsigned calls = 0;
	bool more = true;

	fault_channels_open(&channels, 2);
	while (more) {
		unsigned descriptors = fault_count_descriptors();
		fsps_bus *bus = fault_bus();
		int seen = 0;
		int r;

		fault_plan_start(&plan);
		r = fsps_bus_list(bus, count_channel, &seen);
		fault_plan_stop();
		fault_expect_documented(r, list_codes, "bus_list");
		if (r >= 0)
			ck_assert_int_eq(r, seen);
		seen = 0;
		ck_assert_int_eq(fsps_bus_list(bus, count_channel, &seen), 2);
		ck_assert_int_eq(seen, 2);
		fsps_bus_close(bus);
		ck_assert_uint_eq(fault_count_descriptors(), descriptors);
		calls = plan.calls;
		more = next_call(&plan);
	}
	fault_channels_close(&channels);
	ck_assert_uint_ge(calls, 20);
}
END_TEST

START_TEST(waiting_for_subscribers_under_a_fault)
{
	struct fault_plan plan = plan_of(_i);
	unsigned calls = 0;
	bool more = true;

	while (more) {
		unsigned descriptors = fault_count_descriptors();
		struct fault_channels channels;
		fsps_publisher *publisher;
		int r;

		fault_channels_open(&channels, 2);
		publisher = fault_publisher(channels.bus);
		fault_plan_start(&plan);
		r = fsps_publisher_wait_subscribers(publisher, FAULT_TOPIC, 2, 3);
		fault_plan_stop();
		fault_expect_documented(r, publish_codes, "wait_subscribers");
		ck_assert_int_le(r, 2);
		r = fsps_publisher_wait_subscribers(publisher, FAULT_TOPIC, (int)living(&channels),
						    0);
		ck_assert_int_eq(r, (int)living(&channels));
		fsps_publisher_close(publisher);
		fault_channels_close(&channels);
		ck_assert_uint_eq(fault_count_descriptors(), descriptors);
		calls = plan.calls;
		more = next_call(&plan);
	}
	ck_assert_uint_ge(calls, 20);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("errno");
	TCase *publish = fault_case(suite, "publish");
	TCase *life = fault_case(suite, "life");
	TCase *others = fault_case(suite, "others");

	/* With nameless files and without. */
	tcase_add_loop_test(publish, publish_to_1_channel_under_a_fault, 0, 2 * CASES);
	tcase_add_loop_test(publish, publish_to_2_channels_under_a_fault, 0, 2 * CASES);
	tcase_add_loop_test(publish, publish_to_5_channels_under_a_fault, 0, 2 * CASES);
	tcase_add_loop_test(life, opening_a_channel_under_a_fault, 0, 2 * CASES);
	tcase_add_loop_test(life, closing_a_channel_under_a_fault, 0, CASES);
	tcase_add_loop_test(others, fetching_under_a_fault, 0, CASES);
	tcase_add_loop_test(others, sweeping_under_a_fault, 0, CASES);
	tcase_add_loop_test(others, listing_under_a_fault, 0, CASES);
	tcase_add_loop_test(others, waiting_for_subscribers_under_a_fault, 0, CASES);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
