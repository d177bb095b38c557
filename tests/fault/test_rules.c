/* SPDX-License-Identifier: MIT */
/*
 * The rules that lose nothing, each at the moments for which it is there: a reader looks, a bell
 * fills, a visitor sweeps right before any kernel call of a publish, a fetch or an opening.
 *
 * Nothing here may rely on what is done once a second: that would find a message that a broken
 * rule had lost. mutants.py breaks the rules one by one and expects these tests to fail.
 */
#include "fault/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/sys.h"
#include "publish/publisher.h"
#include "store/names.h"
#include "subscribe/channel.h"
#include "unit/check_main.h"

/* A publisher on one bus and two channels on another. */
struct scene {
	fsps_bus *bus;
	fsps_publisher *publisher;
	struct fault_channels channels;
	/* For each channel and message, how often it came. */
	unsigned counts[2][4];
};

static void set_scene(struct scene *scene)
{
	*scene = (struct scene){.bus = fault_bus()};
	fault_channels_open(&scene->channels, 2);
	scene->publisher = fault_publisher(scene->bus);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(fault_fetch(scene->channels.list[i]), -1);
}

static void clear_scene(struct scene *scene)
{
	fsps_publisher_close(scene->publisher);
	fsps_bus_close(scene->bus);
	fault_channels_close(&scene->channels);
}

static bool is_readable(fsps_channel *channel)
{
	struct pollfd fd = {.fd = fsps_channel_fd(channel), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

/* ---- R1: content before link, link before bell ---- */

static void read_all(struct scene *scene)
{
	for (unsigned i = 0; i < 2; i++) {
		int number;

		while ((number = fault_fetch_now(scene->channels.list[i])) >= 0)
			scene->counts[i][number]++;
	}
}

static void read_what_rang(void *userdata)
{
	read_all(userdata);
}

static void read_and_scan(void *userdata)
{
	struct scene *scene = userdata;

	for (unsigned i = 0; i < 2; i++)
		fault_let_scan(scene->channels.list[i]);
	read_all(scene);
}

/* A message published while somebody reads right before the k-th call. */
static void publish_while_read(struct scene *scene, struct fault_poke *poke, bool nameless)
{
	set_scene(scene);
	scene->publisher->staged.named_only = !nameless;
	fault_poke_start(poke);
	ck_assert_int_eq(fault_publish(scene->publisher, 0, NULL), 2);
	fault_poke_stop();
	read_all(scene);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_msg(scene->counts[i][0] == 1, "channel %u got it %u times, read at %u", i,
			      scene->counts[i][0], poke->at);
	clear_scene(scene);
	fault_visit();
	fault_expect_clean(0, 0);
}

START_TEST(whenever_a_reader_looks_it_gets_a_message_once)
{
	bool scans = _i % 2 == 1;
	bool nameless = _i < 2;
	struct scene scene;
	struct fault_poke poke = {.act = scans ? read_and_scan : read_what_rang,
				  .userdata = &scene};

	do {
		publish_while_read(&scene, &poke, nameless);
	} while (fault_poke_acted(&poke) && ++poke.at > 0);
	ck_assert_uint_gt(poke.at, 15);
}
END_TEST

/* ---- R2: taken names ---- */

/* As in a home whose counter can't be mapped: its next ID is the one after. */
static void give_own_clock(fsps_publisher *publisher, uint64_t last_id)
{
	fsi_counter_close(&publisher->home->counter);
	publisher->home->state_refused = true;
	atomic_store(&publisher->home->counter.own_last_id, last_id);
}

START_TEST(two_publishers_with_the_same_ids_lose_nothing)
{
	const uint64_t far_ahead = UINT64_C(1) << 52;
	struct fault_channels channels;
	fsps_publisher *publishers[2];
	fsps_bus *buses[2];
	int next[2] = {0, 100};

	fault_channels_open(&channels, 1);
	for (unsigned p = 0; p < 2; p++) {
		buses[p] = fault_bus();
		publishers[p] = fault_publisher(buses[p]);
		ck_assert_int_eq(fsps_publisher_matched(publishers[p], FAULT_TOPIC), 1);
		give_own_clock(publishers[p], far_ahead);
	}
	ck_assert_int_eq(fault_fetch(channels.list[0]), -1);
	for (unsigned i = 0; i < 20; i++)
		ck_assert_int_eq(fault_publish(publishers[i % 2], (i % 2) * 100 + i / 2, NULL), 1);
	for (unsigned i = 0; i < 20; i++) {
		int number = fault_fetch_now(channels.list[0]);

		ck_assert_int_ge(number, 0);
		ck_assert_int_eq(number, next[number / 100]);
		next[number / 100]++;
	}
	ck_assert_int_eq(fault_fetch_now(channels.list[0]), -1);
	for (unsigned p = 0; p < 2; p++) {
		fsps_publisher_close(publishers[p]);
		fsps_bus_close(buses[p]);
	}
	fault_channels_close(&channels);
}
END_TEST

static void move(const char *from_directory, const char *from, const char *to_directory,
		 const char *to)
{
	char old[800];
	char new[800];

	snprintf(old, sizeof old, "%s/%s/%s", fault_home(), from_directory, from);
	snprintf(new, sizeof new, "%s/%s/%s", fault_home(), to_directory, to);
	ck_assert_int_eq(rename(old, new), 0);
}

static void ring(fsps_channel *channel, uint64_t id)
{
	unsigned char record[8];

	fsi_put_u64(record, id);
	ck_assert_int_eq(write(channel->bell_fd, record, sizeof record), sizeof record);
}

/* Takes message 0 out of a channel that has not seen it, and its ring with it. */
static void hide_message(struct scene *scene, fsps_channel *channel, char *ret_name)
{
	ck_assert_int_eq(fault_publish(scene->publisher, 0, NULL), 2);
	(void)fsi_id_format(ret_name, scene->publisher->receipt.id);
	move(fsps_channel_name(channel), ret_name, ".", "hidden");
	ck_assert_int_eq(fault_fetch_now(channel), -1);
}

/* Another user's publisher can say no more than this: a name that no ring can tell, and "look". */
START_TEST(look_in_the_bell_keeps_the_order_of_what_rang_later)
{
	char id[FSI_ID_DIGITS];
	char taken[64];
	struct scene scene;
	fsps_channel *channel;

	set_scene(&scene);
	channel = scene.channels.list[0];
	hide_message(&scene, channel, id);
	snprintf(taken, sizeof taken, FSI_PREFIX_TAKEN "AnotherUser1-%s", id);
	move(".", "hidden", fsps_channel_name(channel), taken);
	ring(channel, 0);
	ck_assert_int_eq(fault_publish(scene.publisher, 1, NULL), 2);
	ck_assert_int_eq(fault_fetch_now(channel), 0);
	ck_assert_int_eq(fault_fetch_now(channel), 1);
	clear_scene(&scene);
}
END_TEST

/* ---- R3: lost bells ---- */

/* Rings of messages that are not there, until no more go in. */
static void fill_bell(fsps_channel *channel)
{
	unsigned char record[8];

	fsi_put_u64(record, 12345);
	while (write(channel->bell_fd, record, sizeof record) == sizeof record)
		;
	ck_assert_int_eq(errno, EAGAIN);
}

START_TEST(a_message_that_found_the_bell_full_comes_once_the_bell_was_read)
{
	struct scene scene;

	set_scene(&scene);
	fill_bell(scene.channels.list[0]);
	ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 2);
	ck_assert(is_readable(scene.channels.list[0]));
	ck_assert_int_eq(fault_fetch_now(scene.channels.list[0]), 0);
	ck_assert_int_eq(fault_fetch_now(scene.channels.list[0]), -1);
	clear_scene(&scene);
}
END_TEST

/* The reader reads the whole bell and finds nothing, and the bell fills again. */
static void read_and_fill(void *userdata)
{
	fsps_channel *channel = userdata;

	ck_assert_int_eq(fault_fetch_now(channel), -1);
	fill_bell(channel);
}

START_TEST(a_message_linked_after_the_reader_looked_comes_though_the_bell_is_full_again)
{
	struct scene scene;
	struct fault_poke poke = {.act = read_and_fill, .only = "linkat"};

	set_scene(&scene);
	poke.userdata = scene.channels.list[0];
	fill_bell(scene.channels.list[0]);
	fault_poke_start(&poke);
	ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 2);
	fault_poke_stop();
	ck_assert_int_eq(fault_fetch_now(scene.channels.list[0]), 0);
	clear_scene(&scene);
}
END_TEST

static void read_nothing(void *userdata)
{
	const struct scene *scene = userdata;

	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(fault_fetch_now(scene->channels.list[i]), -1);
}

/* What a full bell told the publisher is out of date by the time that it sets the flag: the reader
 * has read all, the flag was clear, and it sleeps. */
START_TEST(a_reader_that_fell_asleep_between_a_full_bell_and_the_flag_is_woken)
{
	struct scene scene;
	struct fault_poke poke = {.act = read_nothing, .userdata = &scene, .only = "write"};
	struct fault_plan plan = {.kind = FAULT_ONCE, .error = EAGAIN, .only = "write"};

	set_scene(&scene);
	fault_poke_start(&poke);
	fault_plan_start(&plan);
	ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 2);
	fault_plan_stop();
	fault_poke_stop();
	/* Two bells, and one of them twice. */
	ck_assert_uint_eq(plan.calls, 3);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert(is_readable(scene.channels.list[i]));
		ck_assert_int_eq(fault_fetch_now(scene.channels.list[i]), 0);
	}
	clear_scene(&scene);
}
END_TEST

START_TEST(stray_bytes_in_the_bell_lose_nothing)
{
	struct scene scene;
	fsps_channel *channel;

	set_scene(&scene);
	channel = scene.channels.list[0];
	ck_assert_int_eq(write(channel->bell_fd, "odd", 3), 3);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(fault_publish(scene.publisher, i, NULL), 2);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(fault_fetch_now(channel), i);
	ck_assert_int_eq(fault_publish(scene.publisher, 3, NULL), 2);
	ck_assert_int_eq(fault_fetch_now(channel), 3);
	ck_assert_int_eq(fault_fetch_now(channel), -1);
	clear_scene(&scene);
}
END_TEST

/* ---- R3 from the other side: what comes while the reader looks ---- */

struct arrival {
	struct scene *scene;
	bool full;
};

static void publish_meanwhile(void *userdata)
{
	struct arrival *arrival = userdata;

	if (arrival->full)
		fill_bell(arrival->scene->channels.list[0]);
	ck_assert_int_eq(fault_publish(arrival->scene->publisher, 1, NULL), 2);
}

/* Right before the k-th call of a fetch a message comes: the fetch brings it, or the descriptor
 * says that there is something. */
static void fetch_while_published(struct fault_poke *poke, bool full, bool scans)
{
	struct scene scene;
	struct arrival arrival = {.scene = &scene, .full = full};
	fsps_channel *channel;
	int number;

	set_scene(&scene);
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
		ck_assert_msg(is_readable(channel), "asleep with a message, come at %u", poke->at);
		number = fault_fetch_now(channel);
	}
	ck_assert_msg(number == 1, "%d instead of 1, come at %u", number, poke->at);
	clear_scene(&scene);
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
	fsps_channel *channel;
	char name[FSI_ID_DIGITS];
};

static void show_again(void *userdata)
{
	const struct hidden *hidden = userdata;

	move(".", "hidden", fsps_channel_name(hidden->channel), hidden->name);
}

/* readdir may show a later message and miss an earlier one that was linked while it ran. */
START_TEST(an_earlier_message_that_a_pass_of_a_scan_missed_comes_first)
{
	struct scene scene;
	struct hidden hidden;
	/* The first call gives the names, the second says that these were all. */
	struct fault_poke poke = {
		.act = show_again, .userdata = &hidden, .only = "getdents", .at = 1};

	set_scene(&scene);
	hidden.channel = scene.channels.list[0];
	hide_message(&scene, hidden.channel, hidden.name);
	ck_assert_int_eq(fault_publish(scene.publisher, 1, NULL), 2);
	fault_let_scan(hidden.channel);
	fault_poke_start(&poke);
	ck_assert_int_eq(fault_fetch_now(hidden.channel), 0);
	fault_poke_stop();
	ck_assert(fault_poke_acted(&poke));
	ck_assert_int_eq(fault_fetch_now(hidden.channel), 1);
	clear_scene(&scene);
}
END_TEST

/* A scan that fails must not let what rang overtake what only the scan would have found. */
START_TEST(a_scan_that_failed_is_made_up_for_before_what_rang_is_handed_out)
{
	struct scene scene;
	struct hidden hidden;
	fsps_message *message = NULL;
	struct fault_plan plan = {
		.kind = FAULT_ONCE, .error = ENOMEM, .only = _i == 0 ? "getdents" : "lseek"};

	set_scene(&scene);
	hidden.channel = scene.channels.list[0];
	hide_message(&scene, hidden.channel, hidden.name);
	show_again(&hidden);
	atomic_store(&hidden.channel->control->dirty, 1);
	ck_assert_int_eq(fault_publish(scene.publisher, 1, NULL), 2);
	fault_hold_second(hidden.channel);
	fault_plan_start(&plan);
	ck_assert_int_eq(fsps_channel_fetch(hidden.channel, &message), FSPS_ERR_NO_MEMORY);
	fault_plan_stop();
	ck_assert_int_eq(fault_fetch_now(hidden.channel), 0);
	ck_assert_int_eq(fault_fetch_now(hidden.channel), 1);
	clear_scene(&scene);
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
	struct scene scene;

	set_scene(&scene);
	endless.channel = scene.channels.list[0];
	ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 2);
	fault_let_scan(endless.channel);
	fault_hold_second(endless.channel);
	fsi_sys_intercept = link_lower_ids;
	ck_assert_int_eq(fault_fetch(endless.channel), 0);
	fsi_sys_intercept = NULL;
	ck_assert_uint_gt(endless.passes, 1);
	ck_assert_uint_le(endless.passes, 16);
	clear_scene(&scene);
}
END_TEST

/* ---- R8: whoever lives never looks dead ---- */

static void visit(void *userdata)
{
	(void)userdata;
	fault_visit();
}

START_TEST(a_channel_is_never_taken_for_dead_while_it_is_opened)
{
	struct fault_poke poke = {.act = visit};

	fault_set_nameless(_i == 0);
	do {
		fsps_channel *channel;
		fsps_bus *bus = fault_bus();
		fsps_publisher *publisher = fault_publisher(bus);

		fault_poke_start(&poke);
		channel = fault_channel(bus, FAULT_TOPIC);
		fault_poke_stop();
		fault_visit();
		fault_expect_clean(1, 1);
		ck_assert_int_eq(fault_publish(publisher, 0, NULL), 1);
		ck_assert_int_eq(fault_fetch(channel), 0);
		fsps_publisher_close(publisher);
		fsps_channel_close(channel);
		fsps_bus_close(bus);
	} while (fault_poke_acted(&poke) && ++poke.at > 0);
	fault_expect_clean(0, 0);
	ck_assert_uint_gt(poke.at, 30);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("rules");
	TCase *publish = fault_case(suite, "publish");
	TCase *names = fault_case(suite, "names");
	TCase *bells = fault_case(suite, "bells");
	TCase *scans = fault_case(suite, "scans");
	TCase *members = fault_case(suite, "members");

	tcase_add_loop_test(publish, whenever_a_reader_looks_it_gets_a_message_once, 0, 4);
	tcase_add_test(names, two_publishers_with_the_same_ids_lose_nothing);
	tcase_add_test(names, look_in_the_bell_keeps_the_order_of_what_rang_later);
	tcase_add_test(bells, a_message_that_found_the_bell_full_comes_once_the_bell_was_read);
	tcase_add_test(
		bells,
		a_message_linked_after_the_reader_looked_comes_though_the_bell_is_full_again);
	tcase_add_test(bells, a_reader_that_fell_asleep_between_a_full_bell_and_the_flag_is_woken);
	tcase_add_test(bells, stray_bytes_in_the_bell_lose_nothing);
	tcase_add_loop_test(bells, a_message_that_comes_while_a_reader_looks_wakes_it, 0, 4);
	tcase_add_test(scans, an_earlier_message_that_a_pass_of_a_scan_missed_comes_first);
	tcase_add_loop_test(scans, a_scan_that_failed_is_made_up_for_before_what_rang_is_handed_out,
			    0, 2);
	tcase_add_test(scans, a_scan_ends_whatever_somebody_puts_there);
	tcase_add_loop_test(members, a_channel_is_never_taken_for_dead_while_it_is_opened, 0, 2);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
