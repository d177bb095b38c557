/* SPDX-License-Identifier: MIT */
/*
 * Things that vanish or change right before any kernel call of a publish: a channel, an intent, a
 * queue, the home; and readers, visitors and channels that come just then.
 */
#include "fault/fault.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "publish/publisher.h"
#include "store/names.h"
#include "unit/check_main.h"

/* A publisher on one bus, two channels on another, and what happens meanwhile. */
struct scene {
	fsps_bus *bus;
	fsps_publisher *publisher;
	struct fault_channels channels;
	/* One that a poke opened. */
	fsps_channel *late;
	struct fault_poke poke;
	int answer;
};

typedef void (*happening)(void *scene);

static void set_scene(struct scene *scene, bool nameless)
{
	scene->bus = fault_bus();
	scene->late = NULL;
	fault_channels_open(&scene->channels, 2);
	scene->publisher = fault_publisher(scene->bus);
	scene->publisher->staged.named_only = !nameless;
}

static void clear_scene(struct scene *scene)
{
	fsps_publisher_close(scene->publisher);
	fsps_bus_close(scene->bus);
	fsps_channel_close(scene->late);
	fault_channels_close(&scene->channels);
}

static void publish_poked(struct scene *scene, unsigned at)
{
	scene->poke.at = at;
	scene->poke.userdata = scene;
	fault_poke_start(&scene->poke);
	scene->answer = fault_publish(scene->publisher, 0, NULL);
	fault_poke_stop();
}

static unsigned count_of(fsps_channel *channel)
{
	unsigned counts[1];

	fault_drain(channel, 1, counts);
	return counts[0];
}

/* Publishes with something happening before call 0, 1, 2, ..., and checks each time. */
static void publish_through(happening act, bool nameless, void (*check)(struct scene *scene))
{
	struct scene scene = {.poke = {.act = act}};
	unsigned at = 0;

	do {
		set_scene(&scene, nameless);
		publish_poked(&scene, at);
		check(&scene);
		clear_scene(&scene);
		fault_visit();
		fault_expect_clean(0, 0);
	} while (fault_poke_acted(&scene.poke) && ++at > 0);
	ck_assert_uint_gt(at, 15);
}

/* ---- a channel goes ---- */

static void close_second(void *userdata)
{
	struct scene *scene = userdata;

	fsps_channel_close(scene->channels.list[1]);
	scene->channels.count = 1;
}

static void check_first_only(struct scene *scene)
{
	ck_assert_int_ge(scene->answer, 1);
	ck_assert_int_le(scene->answer, 2);
	ck_assert_uint_eq(count_of(scene->channels.list[0]), 1);
	if (!fault_poke_acted(&scene->poke))
		return;
	ck_assert_int_eq(fault_publish(scene->publisher, 0, NULL), 1);
	ck_assert_uint_eq(count_of(scene->channels.list[0]), 1);
}

START_TEST(a_channel_closed_during_a_publish_takes_nothing_from_the_others)
{
	publish_through(close_second, _i == 0, check_first_only);
}
END_TEST

/* By hand, and its owner does not know. */
static void remove_second(void *userdata)
{
	struct scene *scene = userdata;
	char path[800];

	snprintf(path, sizeof path, "%s/%s", fault_home(),
		 fsps_channel_name(scene->channels.list[1]));
	fault_remove_tree(path);
}

static void check_second_gone(struct scene *scene)
{
	fsps_channel *removed = scene->channels.list[1];
	fsps_message *message = NULL;

	check_first_only(scene);
	if (!fault_poke_acted(&scene->poke))
		return;
	fault_let_second_pass(removed);
	ck_assert_int_eq(fsps_channel_fetch(removed, &message), FSPS_ERR_GONE);
	ck_assert_str_ne(fsps_last_error()->path, "");
}

START_TEST(a_channel_deleted_during_a_publish_takes_nothing_from_the_others)
{
	publish_through(remove_second, _i == 0, check_second_gone);
}
END_TEST

/* ---- a channel comes ---- */

static void open_third(void *userdata)
{
	struct scene *scene = userdata;

	scene->late = fault_channel(scene->channels.bus, FAULT_TOPIC);
}

/* The one that came meanwhile may have it or not; the next message it has. */
static void check_late(struct scene *scene)
{
	unsigned had = 0;

	for (unsigned i = 0; i < 2; i++)
		ck_assert_uint_eq(count_of(scene->channels.list[i]), 1);
	if (scene->late == NULL)
		return;
	had = count_of(scene->late);
	ck_assert_int_eq(scene->answer, (int)(2 + had));
	ck_assert_int_eq(fault_publish(scene->publisher, 0, NULL), 3);
	ck_assert_uint_eq(count_of(scene->late), 1);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_uint_eq(count_of(scene->channels.list[i]), 1);
}

START_TEST(a_channel_opened_during_a_publish_gets_the_next_message)
{
	publish_through(open_third, true, check_late);
}
END_TEST

/* ---- the intent goes, and visitors come ---- */

static void remove_intents(void *userdata)
{
	char path[400];
	DIR *names;
	struct dirent *entry;

	(void)userdata;
	snprintf(path, sizeof path, "%s/" FSI_NAME_STAGING, fault_home());
	names = opendir(path);
	while (names != NULL && (entry = readdir(names)) != NULL)
		(void)unlinkat(dirfd(names), entry->d_name, 0);
	if (names != NULL)
		closedir(names);
}

static void check_both(struct scene *scene)
{
	ck_assert_int_eq(scene->answer, 2);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_uint_eq(count_of(scene->channels.list[i]), 1);
	ck_assert_uint_eq(fault_count_names(FSI_NAME_STAGING, ""), 0);
	ck_assert_int_eq(fault_publish(scene->publisher, 0, NULL), 2);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_uint_eq(count_of(scene->channels.list[i]), 1);
}

START_TEST(an_intent_deleted_by_hand_is_written_again)
{
	publish_through(remove_intents, false, check_both);
}
END_TEST

static void visit(void *userdata)
{
	(void)userdata;
	fault_visit();
}

START_TEST(a_visitor_sweeps_nothing_of_a_publisher_that_lives)
{
	publish_through(visit, _i == 0, check_both);
}
END_TEST

static void die_near_by(void *userdata)
{
	(void)userdata;
	(void)fault_make_dead_subscriber(1);
	fault_let_sweep();
}

/* The dead one's channel may be among those that the publisher has found already. */
START_TEST(a_subscriber_that_dies_during_a_publish_does_not_count)
{
	publish_through(die_near_by, _i == 0, check_both);
}
END_TEST

/* ---- the queue goes ---- */

static void queue_of_first(const struct scene *scene, char *to, size_t size)
{
	snprintf(to, size, "%s/%s/" FSI_NAME_QUEUE, fault_home(),
		 fsps_channel_name(scene->channels.list[0]));
}

static void remove_queue(void *userdata)
{
	char path[800];

	queue_of_first(userdata, path, sizeof path);
	ck_assert_int_eq(unlink(path), 0);
}

static void replace_queue(void *userdata)
{
	char path[800];

	remove_queue(userdata);
	queue_of_first(userdata, path, sizeof path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
}

static void replace_queue_by_file(void *userdata)
{
	char path[800];
	int fd;

	remove_queue(userdata);
	queue_of_first(userdata, path, sizeof path);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

/* What was published meanwhile comes with the reader's next second, and after that of the
 * publisher things go as they went. */
static void check_mended(struct scene *scene)
{
	fsps_channel *channel = scene->channels.list[0];

	check_both(scene);
	fault_let_publisher_second_pass(scene->publisher);
	ck_assert_int_eq(fault_publish(scene->publisher, 1, NULL), 2);
	ck_assert_int_eq(fault_fetch_now(channel), 1);
	ck_assert_int_eq(fault_fetch_now(channel), -1);
	(void)fault_fetch(scene->channels.list[1]);
}

static const happening queue_mishaps[] = {remove_queue, replace_queue, replace_queue_by_file};

START_TEST(a_queue_deleted_or_replaced_during_a_publish_loses_nothing)
{
	publish_through(queue_mishaps[_i], true, check_mended);
}
END_TEST

START_TEST(a_queue_deleted_before_a_publisher_comes_loses_nothing)
{
	struct scene scene = {.late = NULL};

	set_scene(&scene, true);
	queue_mishaps[_i](&scene);
	scene.answer = fault_publish(scene.publisher, 0, NULL);
	check_mended(&scene);
	clear_scene(&scene);
	fault_expect_clean(0, 0);
}
END_TEST

/* ---- the home goes ---- */

static void remove_home(void *userdata)
{
	(void)userdata;
	fault_remove_tree(fault_home());
}

START_TEST(a_home_deleted_during_a_publish_is_found_again_when_there_is_one)
{
	static const int none[] = {FSPS_ERR_REFUSED, 0};
	struct scene scene = {.poke = {.act = remove_home}};
	unsigned at = 0;

	do {
		fsps_message *message = NULL;

		set_scene(&scene, _i == 0);
		publish_poked(&scene, at);
		fault_expect_documented(scene.answer, none, "publish");
		if (fault_poke_acted(&scene.poke)) {
			ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 0);
			fault_let_second_pass(scene.channels.list[0]);
			ck_assert_int_eq(fsps_channel_fetch(scene.channels.list[0], &message),
					 FSPS_ERR_GONE);
			scene.late = fault_channel(scene.bus, FAULT_TOPIC);
			ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 1);
			ck_assert_uint_eq(count_of(scene.late), 1);
		}
		clear_scene(&scene);
	} while (fault_poke_acted(&scene.poke) && ++at > 0);
	ck_assert_uint_gt(at, 15);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("races");
	TCase *channels = fault_case(suite, "channels");
	TCase *staging = fault_case(suite, "staging");
	TCase *queues = fault_case(suite, "queues");
	TCase *homes = fault_case(suite, "homes");

	tcase_add_loop_test(channels,
			    a_channel_closed_during_a_publish_takes_nothing_from_the_others, 0, 2);
	tcase_add_loop_test(channels,
			    a_channel_deleted_during_a_publish_takes_nothing_from_the_others, 0, 2);
	tcase_add_test(channels, a_channel_opened_during_a_publish_gets_the_next_message);
	tcase_add_test(staging, an_intent_deleted_by_hand_is_written_again);
	tcase_add_loop_test(staging, a_visitor_sweeps_nothing_of_a_publisher_that_lives, 0, 2);
	tcase_add_loop_test(staging, a_subscriber_that_dies_during_a_publish_does_not_count, 0, 2);
	tcase_add_loop_test(queues, a_queue_deleted_or_replaced_during_a_publish_loses_nothing, 0,
			    3);
	tcase_add_loop_test(queues, a_queue_deleted_before_a_publisher_comes_loses_nothing, 0, 3);
	tcase_add_loop_test(homes, a_home_deleted_during_a_publish_is_found_again_when_there_is_one,
			    0, 2);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
