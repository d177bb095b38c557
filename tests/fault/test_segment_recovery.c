/* SPDX-License-Identifier: MIT */
/*
 * Publishers and subscribers that die with segments in their hands, and publishers that fall
 * silent: what was committed is delivered, and nothing stays for ever.
 */
#include "fault/fault.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "publish/publisher.h"
#include "unit/check_main.h"

enum { MESSAGES = 100 };

static struct fault_channels channels;

static void set_up(void)
{
	ck_assert_int_eq(setenv("FSPS_LANE", "fast", 1), 0);
	fault_channels_open(&channels, 2);
}

static void tear_down(void)
{
	fault_channels_close(&channels);
}

/* ---- publishers that die ---- */

/* Publishes in a child, which is killed at its k-th call of that name after that many messages, or
 * when it is done. */
static void publish_and_die(unsigned messages, const char *call, unsigned at)
{
	struct fault_plan plan = {.kind = FAULT_KILL, .at = at, .only = call};
	pid_t child = fork();
	int status = 0;

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		fsps_publisher *publisher = fault_publisher(fault_bus());

		for (unsigned i = 0; i < messages; i++)
			if (fault_publish(publisher, i, NULL) != 2)
				_exit(EXIT_FAILURE);
		fault_plan_start(&plan);
		if (call != NULL)
			(void)fault_publish(publisher, messages, NULL);
		(void)kill(getpid(), SIGKILL);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* All that was committed comes, once, and perhaps the one that it died with. */
static void expect_messages(fsps_channel *channel, unsigned messages)
{
	unsigned counts[MESSAGES + 1];

	fault_drain(channel, messages + 1, counts);
	for (unsigned i = 0; i < messages; i++)
		ck_assert_uint_eq(counts[i], 1);
	ck_assert_uint_le(counts[messages], 1);
}

START_TEST(what_a_killed_publisher_committed_is_delivered_and_its_segments_go)
{
	publish_and_die(MESSAGES, NULL, 0);
	ck_assert_uint_gt(fault_count_names("tmp", ".s-"), 1);
	for (unsigned i = 0; i < channels.count; i++) {
		expect_messages(channels.list[i], MESSAGES);
		ck_assert_uint_eq(fault_count_names(fsps_channel_name(channels.list[i]), ".s-"), 0);
	}
	fault_visit();
	fault_expect_clean(2, 1);
}
END_TEST

/* At each store to the segment and to the control block, and at each ring. */
START_TEST(a_publisher_killed_between_any_two_stores_leaves_what_is_whole)
{
	publish_and_die((unsigned)_i % 3, "store", (unsigned)_i / 3);
	for (unsigned i = 0; i < channels.count; i++) {
		expect_messages(channels.list[i], (unsigned)_i % 3);
		ck_assert_int_eq(fault_fetch(channels.list[i]), -1);
	}
	fault_visit();
	fault_expect_clean(2, 1);
}
END_TEST

/* Killed at a later write each time, until there is a message: that was right before the first
 * ring. It is committed and nobody was told. */
START_TEST(a_segment_that_nobody_rang_for_is_found_within_a_second)
{
	int found = -1;

	for (unsigned at = 0; found < 0; at++) {
		ck_assert_uint_lt(at, 20);
		publish_and_die(0, "write", at);
		ck_assert(!fault_is_readable(channels.list[0]));
		ck_assert(!fault_is_readable(channels.list[1]));
		fault_let_second_pass(channels.list[0]);
		found = fault_fetch(channels.list[0]);
	}
	fault_let_second_pass(channels.list[1]);
	ck_assert_int_eq(fault_fetch(channels.list[1]), 0);
	for (unsigned i = 0; i < channels.count; i++) {
		fault_let_second_pass(channels.list[i]);
		ck_assert_int_eq(fault_fetch(channels.list[i]), -1);
	}
	fault_visit();
	fault_expect_clean(2, 1);
}
END_TEST

/* ---- subscribers that die ---- */

/* Subscribes and reads, and dies with a message in its hands. The parent says when. */
static void read_and_die(int ready, int go)
{
	fsps_channel *channel = fault_channel(fault_bus(), FAULT_TOPIC);
	fsps_message *message = NULL;
	char byte;

	(void)!write(ready, "r", 1);
	(void)!read(go, &byte, 1);
	(void)fsps_channel_fetch(channel, &message);
	(void)kill(getpid(), SIGKILL);
}

START_TEST(a_segment_that_a_killed_reader_held_is_used_again)
{
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = fault_publisher(bus);
	int ready[2];
	int go[2];
	char byte;
	pid_t child;

	ck_assert_int_eq(pipe(ready), 0);
	ck_assert_int_eq(pipe(go), 0);
	child = fork();
	if (child == 0)
		read_and_die(ready[1], go[0]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	ck_assert_int_eq(fault_publish(publisher, 0, NULL), 3);
	ck_assert_int_eq(write(go[1], "g", 1), 1);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	fault_let_publisher_second_pass(publisher);
	for (unsigned i = 1; i < 1000; i++) {
		ck_assert_int_eq(fault_publish(publisher, i, NULL), 2);
		for (unsigned c = 0; c < 2; c++)
			ck_assert_int_eq(fault_fetch(channels.list[c]), (int)i - (i == 1));
		if (i == 1)
			for (unsigned c = 0; c < 2; c++)
				ck_assert_int_eq(fault_fetch(channels.list[c]), 1);
	}
	ck_assert_uint_le(fault_count_names("tmp", ".s-"), 4);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	for (int i = 0; i < 2; i++) {
		close(ready[i]);
		close(go[i]);
	}
}
END_TEST

/* ---- publishers that fall silent ---- */

/* Publishes so many that segments lie in the pool, all read. */
static void publish_and_read(fsps_publisher *publisher, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		ck_assert_int_eq(fault_publish(publisher, i, NULL), 2);
		for (unsigned c = 0; c < 2; c++)
			ck_assert_int_eq(fault_fetch(channels.list[c]), (int)i);
	}
}

START_TEST(the_free_segments_of_a_silent_publisher_are_given_back_by_who_comes_by)
{
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = fault_publisher(bus);

	publish_and_read(publisher, 200);
	ck_assert_uint_gt(fault_count_names("tmp", ".s-"), 1);
	fault_visit();
	ck_assert_uint_gt(fault_count_names("tmp", ".s-"), 1);
	fsi_sys_clock_step_us = 11000000;
	fault_visit();
	/* The one that it writes to is in use. */
	ck_assert_uint_eq(fault_count_names("tmp", ".s-"), 1);
	publish_and_read(publisher, 200);
	fsi_sys_clock_step_us = 0;
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}
END_TEST

static void sweep_all(bool dry, struct fsps_sweep_counts *ret_counts)
{
	const struct fsps_sweep_options options = {.size = sizeof options, .dry_run = dry};
	fsps_bus *bus = fault_bus();

	*ret_counts = (struct fsps_sweep_counts){.size = sizeof *ret_counts};
	ck_assert_int_ge(fsps_home_sweep(bus, &options, ret_counts), 0);
	fsps_bus_close(bus);
}

START_TEST(a_dry_run_tells_what_a_silent_publisher_would_give_back)
{
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = fault_publisher(bus);
	struct fsps_sweep_counts foretold;
	struct fsps_sweep_counts counts;
	unsigned segments;

	publish_and_read(publisher, 200);
	segments = fault_count_names("tmp", ".s-");
	sweep_all(true, &foretold);
	ck_assert_uint_eq(foretold.segments, 0);
	fsi_sys_clock_step_us = 11000000;
	sweep_all(true, &foretold);
	ck_assert_uint_eq(foretold.segments, segments - 1);
	ck_assert_uint_eq(fault_count_names("tmp", ".s-"), segments);
	sweep_all(false, &counts);
	ck_assert_mem_eq(&counts, &foretold, sizeof counts);
	ck_assert_uint_eq(fault_count_names("tmp", ".s-"), 1);
	fsi_sys_clock_step_us = 0;
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}
END_TEST

/* Segments that wait for their readers are no free ones, however long. */
START_TEST(segments_that_wait_for_their_readers_stay)
{
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = fault_publisher(bus);
	unsigned counts[MESSAGES + 1];

	for (unsigned i = 0; i < MESSAGES; i++)
		ck_assert_int_eq(fault_publish(publisher, i, NULL), 2);
	fsi_sys_clock_step_us = 11000000;
	fault_visit();
	fsi_sys_clock_step_us = 0;
	for (unsigned c = 0; c < 2; c++) {
		fault_drain(channels.list[c], MESSAGES + 1, counts);
		for (unsigned i = 0; i < MESSAGES; i++)
			ck_assert_uint_eq(counts[i], 1);
	}
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}
END_TEST

/* Somebody comes by, asks for a sweep, or only looks. */
static void come_by_late(void *userdata)
{
	const int *how = userdata;
	struct fsps_sweep_counts counts;

	fsi_sys_clock_step_us += 11000000;
	if (*how == 0)
		fault_visit();
	else
		sweep_all(*how == 2, &counts);
}

/* The publisher stood still for more than ten seconds before its k-th call, and somebody swept. */
START_TEST(a_sweep_at_any_moment_takes_no_segment_that_is_about_to_be_used)
{
	int how = _i;
	struct fault_poke poke = {.act = come_by_late, .userdata = &how};
	unsigned number = 0;

	do {
		fsps_bus *bus = fault_bus();
		fsps_publisher *publisher = fault_publisher(bus);

		fault_poke_start(&poke);
		ck_assert_int_eq(fault_publish(publisher, number, NULL), 2);
		fault_poke_stop();
		ck_assert_int_eq(fault_publish(publisher, number + 1, NULL), 2);
		for (unsigned c = 0; c < 2; c++) {
			ck_assert_int_eq(fault_fetch(channels.list[c]), (int)number);
			ck_assert_int_eq(fault_fetch(channels.list[c]), (int)number + 1);
		}
		number += 2;
		fsps_publisher_close(publisher);
		fsps_bus_close(bus);
	} while (fault_poke_acted(&poke) && ++poke.at > 0);
	ck_assert_uint_gt(poke.at, 20);
	fsi_sys_clock_step_us = 0;
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("segment_recovery");
	TCase *tcase = fault_case(suite, "segment_recovery");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, what_a_killed_publisher_committed_is_delivered_and_its_segments_go);
	tcase_add_loop_test(tcase, a_publisher_killed_between_any_two_stores_leaves_what_is_whole,
			    0, 36);
	tcase_add_test(tcase, a_segment_that_nobody_rang_for_is_found_within_a_second);
	tcase_add_test(tcase, a_segment_that_a_killed_reader_held_is_used_again);
	tcase_add_test(tcase,
		       the_free_segments_of_a_silent_publisher_are_given_back_by_who_comes_by);
	tcase_add_test(tcase, a_dry_run_tells_what_a_silent_publisher_would_give_back);
	tcase_add_test(tcase, segments_that_wait_for_their_readers_stay);
	tcase_add_loop_test(tcase, a_sweep_at_any_moment_takes_no_segment_that_is_about_to_be_used,
			    0, 3);
	return check_main(suite);
}
