/* SPDX-License-Identifier: MIT */
/*
 * The rules of reading, each at the moments for which it is there: a bell fills, a message comes
 * right before any kernel call of a fetch, a scan misses something or fails.
 *
 * As in test_rules.c nothing may rely on what is done once a second, and mutants.py breaks the
 * rules one by one.
 */
#include "fault/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"
#include "subscribe/channel.h"
#include "unit/check_main.h"

/* A fetch that meets thousands of records for nothing ends early on a busy machine, while the
 * descriptor stays readable (FETCH_MS_MAX of reader.c). */
static int fetch_behind_full_bell(fsps_channel *channel)
{
	int number;

	do
		number = fault_fetch_now(channel);
	while (number == -1 && fault_is_readable(channel));
	return number;
}

/* ---- R3: lost bells ---- */

START_TEST(a_message_that_found_the_bell_full_comes_once_the_bell_was_read)
{
	struct fault_scene scene;

	fault_scene_set(&scene, 1);
	fault_fill_bell(scene.channels.list[0]);
	ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 1);
	ck_assert(fault_is_readable(scene.channels.list[0]));
	ck_assert_int_eq(fetch_behind_full_bell(scene.channels.list[0]), 0);
	ck_assert_int_eq(fetch_behind_full_bell(scene.channels.list[0]), -1);
	fault_scene_clear(&scene);
}
END_TEST

/* The reader reads the whole bell and finds nothing, and the bell fills again. */
static void read_and_fill(void *userdata)
{
	fsps_channel *channel = userdata;

	ck_assert_int_eq(fetch_behind_full_bell(channel), -1);
	fault_fill_bell(channel);
}

START_TEST(a_message_linked_after_the_reader_looked_comes_though_the_bell_is_full_again)
{
	struct fault_scene scene;
	struct fault_poke poke = {.act = read_and_fill, .only = "linkat"};

	fault_scene_set(&scene, 1);
	poke.userdata = scene.channels.list[0];
	fault_fill_bell(scene.channels.list[0]);
	fault_poke_start(&poke);
	ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 1);
	fault_poke_stop();
	ck_assert_int_eq(fetch_behind_full_bell(scene.channels.list[0]), 0);
	fault_scene_clear(&scene);
}
END_TEST

static void read_nothing(void *userdata)
{
	ck_assert_int_eq(fault_fetch_now(userdata), -1);
}

/* What a full bell told the publisher is out of date by the time that it sets the flag: the reader
 * has read all, the flag was clear, and it sleeps. */
START_TEST(a_reader_that_fell_asleep_between_a_full_bell_and_the_flag_is_woken)
{
	struct fault_scene scene;
	struct fault_poke poke = {.act = read_nothing, .only = "write"};
	struct fault_plan plan = {.kind = FAULT_ONCE, .error = EAGAIN, .only = "write"};
	fsps_channel *channel;

	fault_scene_set(&scene, 1);
	channel = scene.channels.list[0];
	poke.userdata = channel;
	fault_poke_start(&poke);
	fault_plan_start(&plan);
	ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 1);
	fault_plan_stop();
	fault_poke_stop();
	ck_assert(fault_plan_struck(&plan));
	ck_assert(fault_is_readable(channel));
	ck_assert_int_eq(fault_fetch_now(channel), 0);
	fault_scene_clear(&scene);
}
END_TEST

START_TEST(what_was_read_from_the_bell_and_not_fetched_keeps_the_descriptor_readable)
{
	struct fault_scene scene;
	fsps_channel *channel;

	fault_scene_set(&scene, 1);
	channel = scene.channels.list[0];
	ck_assert(!fault_is_readable(channel));
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(fault_publish(scene.publisher, i, NULL), 1);
	for (int i = 0; i < 3; i++) {
		ck_assert(fault_is_readable(channel));
		ck_assert_int_eq(fault_fetch_now(channel), i);
	}
	ck_assert_int_eq(fault_fetch_now(channel), -1);
	ck_assert(!fault_is_readable(channel));
	fault_scene_clear(&scene);
}
END_TEST

START_TEST(stray_bytes_in_the_bell_lose_nothing)
{
	struct fault_scene scene;
	fsps_channel *channel;

	fault_scene_set(&scene, 1);
	channel = scene.channels.list[0];
	ck_assert_int_eq(write(channel->bell_fd, "odd", 3), 3);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(fault_publish(scene.publisher, i, NULL), 1);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(fault_fetch_now(channel), i);
	ck_assert_int_eq(fault_publish(scene.publisher, 3, NULL), 1);
	ck_assert_int_eq(fault_fetch_now(channel), 3);
	ck_assert_int_eq(fault_fetch_now(channel), -1);
	fault_scene_clear(&scene);
}
END_TEST

/* ---- R3 from the other side: what comes while the reader looks ---- */

struct arrival {
	struct fault_scene *scene;
	bool full;
};

static void publish_meanwhile(void *userdata)
{
	struct arrival *arrival = userdata;

	if (arrival->full)
		fault_fill_bell(arrival->scene->channels.list[0]);
	ck_assert_int_eq(fault_publish(arrival->scene->publisher, 1, NULL), 2);
}

/* Right before the k-th call of a fetch a message comes: the fetch brings it, or the descriptor
 * says that there is something. */
static void fetch_while_published(struct fault_poke *poke, bool full, bool scans)
{
	struct fault_scene scene;
	struct arrival arrival = {.scene = &scene, .full = full};
	fsps_channel *channel;
	int number;

	fault_scene_set(&scene, 2);
	channel = scene.channels.list[0];
	(void)fsps_channel_fd(channel);
	ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 2);
	ck_assert_int_eq(fault_fetch_now(channel), 0);
	channel->scan_due = scans;
	poke->userdata = &arrival;
	fault_poke_start(poke);
	number = fault_fetch_now(channel);
	fault_poke_stop();
	if (!fault_poke_acted(poke))
		publish_meanwhile(&arrival);
	if (number == -1) {
		ck_assert_msg(fault_is_readable(channel), "asleep with a message, come at %u",
			      poke->at);
		number = fetch_behind_full_bell(channel);
	}
	ck_assert_msg(number == 1, "%d instead of 1, come at %u", number, poke->at);
	fault_scene_clear(&scene);
}

START_TEST(a_message_that_comes_while_a_reader_looks_wakes_it)
{
	struct fault_poke poke = {.act = publish_meanwhile};

	do {
		fetch_while_published(&poke, _i % 2 == 1, _i >= 2);
	} while (fault_poke_acted(&poke) && ++poke.at > 0);
	ck_assert_uint_ge(poke.at, _i >= 2 ? 5 : 2);
}
END_TEST

/* ---- R4: scans ---- */

struct hidden {
	struct fault_scene scene;
	char name[FAULT_NAME_BYTES];
};

static void show_again(void *userdata)
{
	struct hidden *hidden = userdata;

	fault_show_message(&hidden->scene, hidden->name);
}

/* readdir may show a later message and miss an earlier one that was linked while it ran. */
START_TEST(an_earlier_message_that_a_pass_of_a_scan_missed_comes_first)
{
	struct hidden hidden;
	/* The first call gives the names, the second says that these were all. */
	struct fault_poke poke = {
		.act = show_again, .userdata = &hidden, .only = "getdents", .at = 1};
	fsps_channel *channel;

	fault_use_files();
	fault_scene_set(&hidden.scene, 1);
	channel = hidden.scene.channels.list[0];
	fault_hide_message(&hidden.scene, hidden.name);
	ck_assert_int_eq(fault_publish(hidden.scene.publisher, 1, NULL), 1);
	fault_let_scan(channel);
	fault_poke_start(&poke);
	ck_assert_int_eq(fault_fetch_now(channel), 0);
	fault_poke_stop();
	ck_assert(fault_poke_acted(&poke));
	ck_assert_int_eq(fault_fetch_now(channel), 1);
	fault_scene_clear(&hidden.scene);
}
END_TEST

/* A scan that fails must not let what rang overtake what only the scan would have found. */
START_TEST(a_scan_that_failed_is_made_up_for_before_what_rang_is_handed_out)
{
	struct hidden hidden;
	fsps_channel *channel;
	fsps_message *message = NULL;
	struct fault_plan plan = {
		.kind = FAULT_ONCE, .error = ENOMEM, .only = _i == 0 ? "getdents" : "lseek"};

	fault_use_files();
	fault_scene_set(&hidden.scene, 1);
	channel = hidden.scene.channels.list[0];
	fault_hide_message(&hidden.scene, hidden.name);
	show_again(&hidden);
	atomic_store(&channel->control->dirty, 1);
	ck_assert_int_eq(fault_publish(hidden.scene.publisher, 1, NULL), 1);
	fault_hold_second(channel);
	fault_plan_start(&plan);
	ck_assert_int_eq(fsps_channel_fetch(channel, &message), FSPS_ERR_NO_MEMORY);
	fault_plan_stop();
	ck_assert_int_eq(fault_fetch_now(channel), 0);
	ck_assert_int_eq(fault_fetch_now(channel), 1);
	fault_scene_clear(&hidden.scene);
}
END_TEST

/* Whenever the directory is read, another file with a lower ID is there. */
struct endless {
	fsps_channel *channel;
	unsigned passes;
};

static struct endless endless;

static int link_lower_ids(const char *call, size_t *length)
{
	char path[800];
	int fd;

	(void)length;
	if (strcmp(call, "lseek") != 0)
		return 0;
	endless.passes++;
	snprintf(path, sizeof path, "%s/%s/%u", fault_home(), fsps_channel_name(endless.channel),
		 1000 - endless.passes);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	return 0;
}

START_TEST(a_scan_ends_whatever_somebody_puts_there)
{
	struct fault_scene scene;

	fault_scene_set(&scene, 2);
	endless.channel = scene.channels.list[0];
	ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 2);
	fault_let_scan(endless.channel);
	fault_hold_second(endless.channel);
	fsi_sys_intercept = link_lower_ids;
	ck_assert_int_eq(fault_fetch(endless.channel), 0);
	fsi_sys_intercept = NULL;
	ck_assert_uint_gt(endless.passes, 1);
	ck_assert_uint_le(endless.passes, 16);
	fault_scene_clear(&scene);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("reader");
	TCase *bells = fault_case(suite, "bells");
	TCase *scans = fault_case(suite, "scans");

	tcase_add_test(bells, a_message_that_found_the_bell_full_comes_once_the_bell_was_read);
	tcase_add_test(
		bells,
		a_message_linked_after_the_reader_looked_comes_though_the_bell_is_full_again);
	tcase_add_test(bells, a_reader_that_fell_asleep_between_a_full_bell_and_the_flag_is_woken);
	tcase_add_test(bells,
		       what_was_read_from_the_bell_and_not_fetched_keeps_the_descriptor_readable);
	tcase_add_test(bells, stray_bytes_in_the_bell_lose_nothing);
	tcase_add_loop_test(bells, a_message_that_comes_while_a_reader_looks_wakes_it, 0, 4);
	tcase_add_test(scans, an_earlier_message_that_a_pass_of_a_scan_missed_comes_first);
	tcase_add_loop_test(scans, a_scan_that_failed_is_made_up_for_before_what_rang_is_handed_out,
			    0, 2);
	tcase_add_test(scans, a_scan_ends_whatever_somebody_puts_there);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
