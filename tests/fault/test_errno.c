/* SPDX-License-Identifier: MIT */
/*
 * Each of twelve errnos at every kernel call of what is no publish: once, and from that call on.
 *
 * The answer must be a success or a documented code. No message is lost or comes twice, nothing is
 * left behind, neither descriptors nor files, and the next call, without a fault, works.
 */
#include "fault/fault.h"

#include <errno.h>
#include <string.h>

#include "subscribe/channel.h"
#include "unit/check_main.h"

/* What each function documents besides what an errno becomes. */
static const int wait_codes[] = {FSPS_ERR_UNSAFE_HOME, FSPS_ERR_TIMEOUT, 0};
static const int open_codes[] = {FSPS_ERR_UNSAFE_HOME, FSPS_ERR_NO_HOME, FSPS_ERR_GONE, 0};
static const int fetch_codes[] = {FSPS_ERR_GONE, 0};
static const int list_codes[] = {FSPS_ERR_UNSAFE_HOME, 0};

/* A missing file is a truth of its own: the library believes that what ENOENT is said of is gone,
 * a living owner's lock file too. */
static bool may_be_believed(const struct fault_plan *plan)
{
	return plan->error == ENOENT;
}

/* So it is with a file that we may not open, which is another user's and not ours to clear, and
 * with a lock that is held, whose owner lives. */
static bool may_be_spared(const struct fault_plan *plan)
{
	return plan->error == EACCES || plan->error == EROFS || plan->error == EAGAIN;
}

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
	struct fault_plan plan = fault_errno_plan(_i % FAULT_ERRNO_TESTS);
	unsigned calls = 0;
	bool more = true;

	fault_set_nameless(_i < FAULT_ERRNO_TESTS);
	while (more) {
		fault_remove_tree(fault_home());
		open_under(&plan);
		calls = plan.calls;
		more = fault_plan_next(&plan);
		fault_visit();
		fault_expect_clean(0, 0);
	}
	ck_assert_uint_ge(calls, 35);
}
END_TEST

START_TEST(closing_a_channel_under_a_fault)
{
	struct fault_plan plan = fault_errno_plan(_i);
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
		more = fault_plan_next(&plan);
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

/* Whoever is told that a segment's link is gone, which it is not, will find it again. */
static bool is_lie(const struct fault_plan *plan, unsigned number)
{
	return may_be_believed(plan) && number >= fault_count_files(MESSAGES) &&
	       (plan->kind == FAULT_FROM_THEN_ON || strcmp(plan->names[plan->at], "unlinkat") == 0);
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
		ck_assert_msg(counts[i] == 1 || (counts[i] > 1 && is_lie(plan, i)),
			      "message %u %u times after %s at call %u", i, counts[i],
			      strerror(plan->error), plan->at);
	fault_channels_close(&channels);
}

START_TEST(fetching_under_a_fault)
{
	struct fault_plan plan = fault_errno_plan(_i);
	unsigned calls = 0;
	bool more = true;

	while (more) {
		fetch_all_under(&plan);
		calls = plan.calls;
		more = fault_plan_next(&plan);
	}
	fault_expect_clean(0, 0);
	ck_assert_uint_ge(calls, 20 + 4 * fault_count_files(MESSAGES));
}
END_TEST

/* ---- clearing up, looking on, waiting ---- */

/* A channel is opened, and the remains of two are swept with that. */
static void open_and_sweep_under(struct fault_plan *plan)
{
	fsps_channel *channel = NULL;
	fsps_bus *bus = fault_bus();
	int r;

	fault_let_sweep();
	fault_plan_start(plan);
	r = fsps_channel_open(bus, "x", NULL, &channel);
	fault_plan_stop();
	fault_expect_documented(r, open_codes, "channel_open");
	fsps_channel_close(channel);
	fsps_bus_close(bus);
	fault_visit();
}

static int see_item(const struct fsps_sweep_item *item, void *userdata)
{
	(void)userdata;
	ck_assert_int_eq(item->outcome == FSPS_SWEEP_NOT_REMOVED || item->error == FSPS_OK, 1);
	return 0;
}

/* The same is asked for. */
static void sweep_under(struct fault_plan *plan)
{
	static const int codes[] = {FSPS_ERR_UNSAFE_HOME, FSPS_ERR_GONE, 0};
	const struct fsps_sweep_options options = {.size = sizeof options, .callback = see_item};
	unsigned descriptors = fault_count_descriptors();
	fsps_bus *bus = fault_bus();
	int r;

	fault_plan_start(plan);
	r = fsps_home_sweep(bus, &options, NULL);
	fault_plan_stop();
	fault_expect_documented(r, codes, "home_sweep");
	fsps_bus_close(bus);
	ck_assert_uint_eq(fault_count_descriptors(), descriptors);
	fault_visit();
}

static void sweep_everywhere(struct fault_plan *plan, void (*under)(struct fault_plan *plan))
{
	struct fault_channels witness;
	unsigned calls = 0;
	bool more = true;

	fault_channels_open(&witness, 1);
	while (more) {
		struct fault_channels dead;

		if (fault_count_living(&witness) == 0) {
			fault_channels_close(&witness);
			fault_channels_open(&witness, 1);
		}
		fault_channels_open(&dead, 2);
		/* As if its process had died. */
		fsi_member_forget(&dead.list[0]->home->member);
		under(plan);
		if (!may_be_believed(plan)) {
			ck_assert_uint_eq(fault_count_living(&witness), 1);
			if (!may_be_spared(plan))
				ck_assert_uint_eq(fault_count_living(&dead), 0);
		}
		fault_channels_close(&dead);
		calls = plan->calls;
		more = fault_plan_next(plan);
	}
	fault_channels_close(&witness);
	fault_visit();
	fault_expect_clean(0, 0);
	ck_assert_uint_ge(calls, 60);
}

START_TEST(sweeping_under_a_fault)
{
	struct fault_plan plan = fault_errno_plan(_i);

	sweep_everywhere(&plan, open_and_sweep_under);
}
END_TEST

START_TEST(sweeping_all_under_a_fault)
{
	struct fault_plan plan = fault_errno_plan(_i);

	sweep_everywhere(&plan, sweep_under);
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
	struct fault_plan plan = fault_errno_plan(_i);
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
		more = fault_plan_next(&plan);
	}
	fault_channels_close(&channels);
	ck_assert_uint_ge(calls, 20);
}
END_TEST

/* Two of so many subscribers are there. */
static int wait_under(struct fault_plan *plan, int count)
{
	unsigned descriptors = fault_count_descriptors();
	struct fault_channels channels;
	fsps_publisher *publisher;
	int there;
	int r;

	fault_channels_open(&channels, 2);
	publisher = fault_publisher(channels.bus);
	fault_plan_start(plan);
	r = fsps_publisher_wait_subscribers(publisher, FAULT_TOPIC, count, 3);
	fault_plan_stop();
	fault_expect_documented(r, wait_codes, "wait_subscribers");
	ck_assert_int_le(r, 2);
	there = (int)fault_count_living(&channels);
	ck_assert_int_eq(fsps_publisher_wait_subscribers(publisher, FAULT_TOPIC, there, 0), there);
	fsps_publisher_close(publisher);
	fault_channels_close(&channels);
	ck_assert_uint_eq(fault_count_descriptors(), descriptors);
	return r;
}

/* The calls of one who finds two subscribers at once, and of one who waits for a third, which is
 * more; on a busy machine the time may be over before that. */
static unsigned calls_of_wait(int count)
{
	struct fault_plan plan = {.kind = FAULT_NONE};
	int r = wait_under(&plan, count);

	ck_assert_int_eq(r, count == 2 ? 2 : FSPS_ERR_TIMEOUT);
	return plan.calls;
}

START_TEST(waiting_for_subscribers_under_a_fault)
{
	struct fault_plan plan = fault_errno_plan(_i);
	unsigned found = calls_of_wait(2);
	unsigned waited = calls_of_wait(3);

	while (waited <= found + 4)
		waited = calls_of_wait(3);
	ck_assert_uint_ge(found, 20);
	for (unsigned tries = 0; plan.at < waited; tries++) {
		(void)wait_under(&plan, plan.at < found ? 2 : 3);
		if (plan.kind == FAULT_STORM)
			break;
		if (fault_plan_struck(&plan) || tries % 20 == 19)
			plan.at++;
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("errno");
	TCase *life = fault_case(suite, "life");
	TCase *sweep = fault_case(suite, "sweep");
	TCase *others = fault_case(suite, "others");

	/* With nameless files and without. */
	tcase_add_loop_test(life, opening_a_channel_under_a_fault, 0, 2 * FAULT_ERRNO_TESTS);
	tcase_add_loop_test(life, closing_a_channel_under_a_fault, 0, FAULT_ERRNO_TESTS);
	tcase_add_loop_test(others, fetching_under_a_fault, 0, FAULT_ERRNO_TESTS);
	tcase_add_loop_test(sweep, sweeping_under_a_fault, 0, FAULT_ERRNO_TESTS);
	tcase_add_loop_test(sweep, sweeping_all_under_a_fault, 0, FAULT_ERRNO_TESTS);
	tcase_add_loop_test(others, listing_under_a_fault, 0, FAULT_ERRNO_TESTS);
	tcase_add_loop_test(others, waiting_for_subscribers_under_a_fault, 0, FAULT_ERRNO_TESTS);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
