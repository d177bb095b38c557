/* SPDX-License-Identifier: MIT */
/*
 * The rules of publishing, each at the moments for which it is there: a reader looks, a name is
 * taken, a visitor sweeps right before any kernel call of a publish or an opening.
 *
 * Nothing here may rely on what is done once a second: that would find a message that a broken
 * rule had lost. mutants.py breaks the rules one by one and expects these tests to fail.
 */
#include "fault/fault.h"

#include <dirent.h>
#include <stdio.h>

#include "publish/publisher.h"
#include "store/member.h"
#include "store/names.h"
#include "subscribe/channel.h"
#include "unit/check_main.h"

/* ---- R1: content before link, link before bell ---- */

/* Two channels, and how often each got message 0. */
struct count {
	struct fault_scene scene;
	unsigned came[2];
};

static void read_all(struct count *count)
{
	for (unsigned i = 0; i < 2; i++) {
		while (fault_fetch_now(count->scene.channels.list[i]) == 0)
			count->came[i]++;
	}
}

static void read_what_rang(void *userdata)
{
	read_all(userdata);
}

static void read_and_scan(void *userdata)
{
	struct count *count = userdata;

	for (unsigned i = 0; i < 2; i++)
		fault_let_scan(count->scene.channels.list[i]);
	read_all(count);
}

/* A message published while somebody reads right before the k-th call. */
static void publish_while_read(struct count *count, struct fault_poke *poke, bool nameless)
{
	*count = (struct count){.came = {0}};
	fault_scene_set(&count->scene, 2);
	count->scene.publisher->staged.named_only = !nameless;
	fault_poke_start(poke);
	ck_assert_int_eq(fault_publish(count->scene.publisher, 0, NULL), 2);
	fault_poke_stop();
	read_all(count);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_msg(count->came[i] == 1, "channel %u got it %u times, read at %u", i,
			      count->came[i], poke->at);
	fault_scene_clear(&count->scene);
	fault_visit();
	fault_expect_clean(0, 0);
}

START_TEST(whenever_a_reader_looks_it_gets_a_message_once)
{
	bool scans = _i % 2 == 1;
	struct count count;
	struct fault_poke poke = {.act = scans ? read_and_scan : read_what_rang,
				  .userdata = &count};

	do {
		publish_while_read(&count, &poke, _i < 2);
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

/* Another user's publisher can say no more than this: a name that no ring can tell, and "look". */
START_TEST(look_in_the_bell_keeps_the_order_of_what_rang_later)
{
	char taken[3 * FAULT_NAME_BYTES];
	char id[FAULT_NAME_BYTES];
	struct fault_scene scene;
	fsps_channel *channel;

	fault_use_files();
	fault_scene_set(&scene, 1);
	channel = scene.channels.list[0];
	fault_hide_message(&scene, id);
	snprintf(taken, sizeof taken, FSI_PREFIX_TAKEN "AnotherUser1-%s", id);
	fault_show_message(&scene, taken);
	fault_ring(channel, 0);
	ck_assert_int_eq(fault_publish(scene.publisher, 1, NULL), 1);
	ck_assert_int_eq(fault_fetch_now(channel), 0);
	ck_assert_int_eq(fault_fetch_now(channel), 1);
	fault_scene_clear(&scene);
}
END_TEST

/* ---- R8: whoever lives never looks dead ---- */

static void visit(void *userdata)
{
	(void)userdata;
	fault_visit();
}

/* Nobody in this test has died: whoever has a lock file, its lock is held. */
static void look_and_visit(void *userdata)
{
	char path[512];
	struct dirent *entry;
	DIR *state;

	snprintf(path, sizeof path, "%s/" FSI_NAME_STATE, fault_home());
	state = opendir(path);
	while (state != NULL && (entry = readdir(state)) != NULL) {
		const char *member;

		if (fsi_lock_name_parse(entry->d_name, &member))
			ck_assert_int_eq(fsi_member_life(dirfd(state), member), FSI_MEMBER_ALIVE);
	}
	if (state != NULL)
		closedir(state);
	visit(userdata);
}

START_TEST(a_channel_is_never_taken_for_dead_while_it_is_opened)
{
	/* Without nameless files there is such a moment, in which a visitor buries it, and it is
	 * made once more. */
	struct fault_poke poke = {.act = _i == 0 ? look_and_visit : visit};

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

/* ---- segments that are used again ---- */

/* Tens of MiB: a publisher that is read along comes back to the segments that it has. */
enum { LANE_MESSAGES = 12000 };

/* Publishes and reads along. Segments must have been used again, and nothing set aside. */
static void publish_and_read_along(struct fault_scene *scene)
{
	struct fault_plan plan = {.kind = FAULT_NONE, .only = "open_unnamed"};
	fsps_channel *channel = scene->channels.list[0];

	fault_plan_start(&plan);
	for (unsigned i = 1; i < LANE_MESSAGES; i++) {
		ck_assert_int_eq(fault_publish(scene->publisher, i, NULL), 1);
		ck_assert_int_eq(fault_fetch_now(channel), (int)i);
		/* It looks where the next one will be. */
		ck_assert_int_eq(fault_fetch_now(channel), -1);
	}
	fault_plan_stop();
	ck_assert_uint_gt(scene->publisher->fast.epoch, plan.calls);
	ck_assert_uint_eq(channel->set_aside, 0);
}

START_TEST(a_segment_that_is_used_again_shows_nothing_of_what_was_in_it)
{
	struct fault_scene scene;

	fault_use_segments();
	fault_scene_set(&scene, 1);
	publish_and_read_along(&scene);
	fault_scene_clear(&scene);
}
END_TEST

START_TEST(what_a_message_borrows_is_not_written_over_while_it_is_held)
{
	fsps_message *held = NULL;
	struct fault_scene scene;

	fault_use_segments();
	fault_scene_set(&scene, 1);
	/* In a segment that is large enough to be wanted again. */
	publish_and_read_along(&scene);
	ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 1);
	ck_assert_int_eq(fsps_channel_fetch(scene.channels.list[0], &held), 1);
	publish_and_read_along(&scene);
	ck_assert_uint_eq(fault_number_of(held), 0);
	fsps_message_unref(held);
	fault_scene_clear(&scene);
}
END_TEST

/* One reader is so slow that it has not seen any of them. */
START_TEST(a_segment_that_waits_for_a_reader_is_not_used_again)
{
	struct fault_scene scene;

	fault_use_segments();
	fault_scene_set(&scene, 2);
	for (int i = 0; i < LANE_MESSAGES; i++) {
		ck_assert_int_eq(fault_publish(scene.publisher, (unsigned)i, NULL), 2);
		ck_assert_int_eq(fault_fetch_now(scene.channels.list[0]), i);
	}
	for (int i = 0; i < LANE_MESSAGES; i++)
		ck_assert_int_eq(fault_fetch_now(scene.channels.list[1]), i);
	ck_assert_int_eq(fault_fetch_now(scene.channels.list[1]), -1);
	fault_scene_clear(&scene);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("rules");
	TCase *publish = fault_case(suite, "publish");
	TCase *names = fault_case(suite, "names");
	TCase *members = fault_case(suite, "members");
	TCase *segments = fault_case(suite, "segments");

	tcase_add_loop_test(publish, whenever_a_reader_looks_it_gets_a_message_once, 0, 4);
	tcase_add_test(names, two_publishers_with_the_same_ids_lose_nothing);
	tcase_add_test(names, look_in_the_bell_keeps_the_order_of_what_rang_later);
	tcase_add_loop_test(members, a_channel_is_never_taken_for_dead_while_it_is_opened, 0, 2);
	tcase_add_test(segments, a_segment_that_is_used_again_shows_nothing_of_what_was_in_it);
	tcase_add_test(segments, what_a_message_borrows_is_not_written_over_while_it_is_held);
	tcase_add_test(segments, a_segment_that_waits_for_a_reader_is_not_used_again);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
