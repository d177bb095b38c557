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

/* Two channels, and what happens meanwhile. */
struct play {
	struct fault_scene scene;
	/* One that a poke opened. */
	fsps_channel *late;
	struct fault_poke poke;
	int answer;
};

typedef void (*happening)(void *play);

static void set_play(struct play *play, bool nameless)
{
	play->late = NULL;
	fault_scene_set(&play->scene, 2);
	play->scene.publisher->staged.named_only = !nameless;
}

static void clear_play(struct play *play)
{
	fsps_channel_close(play->late);
	fault_scene_clear(&play->scene);
}

static void publish_poked(struct play *play, unsigned at)
{
	play->poke.at = at;
	play->poke.userdata = play;
	fault_poke_start(&play->poke);
	play->answer = fault_publish(play->scene.publisher, 0, NULL);
	fault_poke_stop();
}

static unsigned count_of(fsps_channel *channel)
{
	unsigned counts[1];

	fault_drain(channel, 1, counts);
	return counts[0];
}

/* Publishes with something happening before call 0, 1, 2, ..., and checks each time. */
static void publish_through(happening act, bool nameless, void (*check)(struct play *play))
{
	struct play play = {.poke = {.act = act}};
	unsigned at = 0;

	do {
		set_play(&play, nameless);
		publish_poked(&play, at);
		check(&play);
		clear_play(&play);
		fault_visit();
		fault_expect_clean(0, 0);
	} while (fault_poke_acted(&play.poke) && ++at > 0);
	ck_assert_uint_gt(at, 15);
}

/* ---- a channel goes ---- */

static void close_second(void *userdata)
{
	struct play *play = userdata;

	fsps_channel_close(play->scene.channels.list[1]);
	play->scene.channels.count = 1;
}

static void check_first_only(struct play *play)
{
	ck_assert_int_ge(play->answer, 1);
	ck_assert_int_le(play->answer, 2);
	ck_assert_uint_eq(count_of(play->scene.channels.list[0]), 1);
	if (!fault_poke_acted(&play->poke))
		return;
	ck_assert_int_eq(fault_publish(play->scene.publisher, 0, NULL), 1);
	ck_assert_uint_eq(count_of(play->scene.channels.list[0]), 1);
}

START_TEST(a_channel_closed_during_a_publish_takes_nothing_from_the_others)
{
	publish_through(close_second, _i == 0, check_first_only);
}
END_TEST

/* By hand, and its owner does not know. */
static void remove_second(void *userdata)
{
	struct play *play = userdata;
	char path[800];

	snprintf(path, sizeof path, "%s/%s", fault_home(),
		 fsps_channel_name(play->scene.channels.list[1]));
	fault_remove_tree(path);
}

static void check_second_gone(struct play *play)
{
	fsps_channel *removed = play->scene.channels.list[1];
	fsps_message *message = NULL;

	check_first_only(play);
	if (!fault_poke_acted(&play->poke))
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
	struct play *play = userdata;

	play->late = fault_channel(play->scene.channels.bus, FAULT_TOPIC);
}

/* The one that came meanwhile may have it or not; the next message it has. */
static void check_late(struct play *play)
{
	unsigned had = 0;

	for (unsigned i = 0; i < 2; i++)
		ck_assert_uint_eq(count_of(play->scene.channels.list[i]), 1);
	if (play->late == NULL)
		return;
	had = count_of(play->late);
	ck_assert_int_eq(play->answer, (int)(2 + had));
	ck_assert_int_eq(fault_publish(play->scene.publisher, 0, NULL), 3);
	ck_assert_uint_eq(count_of(play->late), 1);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_uint_eq(count_of(play->scene.channels.list[i]), 1);
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

static void check_both(struct play *play)
{
	ck_assert_int_eq(play->answer, 2);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_uint_eq(count_of(play->scene.channels.list[i]), 1);
	ck_assert_uint_eq(fault_count_names(FSI_NAME_STAGING, FSI_PREFIX_INTENT), 0);
	ck_assert_int_eq(fault_publish(play->scene.publisher, 0, NULL), 2);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_uint_eq(count_of(play->scene.channels.list[i]), 1);
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

static void queue_of_first(const struct play *play, char *to, size_t size)
{
	snprintf(to, size, "%s/%s/" FSI_NAME_QUEUE, fault_home(),
		 fsps_channel_name(play->scene.channels.list[0]));
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
static void check_mended(struct play *play)
{
	fsps_channel *channel = play->scene.channels.list[0];

	check_both(play);
	fault_let_publisher_second_pass(play->scene.publisher);
	ck_assert_int_eq(fault_publish(play->scene.publisher, 1, NULL), 2);
	ck_assert_int_eq(fault_fetch_now(channel), 1);
	ck_assert_int_eq(fault_fetch_now(channel), -1);
	(void)fault_fetch(play->scene.channels.list[1]);
}

static const happening queue_mishaps[] = {remove_queue, replace_queue, replace_queue_by_file};

START_TEST(a_queue_deleted_or_replaced_during_a_publish_loses_nothing)
{
	publish_through(queue_mishaps[_i], true, check_mended);
}
END_TEST

START_TEST(a_queue_deleted_before_a_publisher_comes_loses_nothing)
{
	struct play play = {.late = NULL};

	set_play(&play, true);
	queue_mishaps[_i](&play);
	play.answer = fault_publish(play.scene.publisher, 0, NULL);
	check_mended(&play);
	clear_play(&play);
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
	struct play play = {.poke = {.act = remove_home}};
	unsigned at = 0;

	do {
		fsps_message *message = NULL;

		set_play(&play, _i == 0);
		publish_poked(&play, at);
		fault_expect_documented(play.answer, none, "publish");
		if (fault_poke_acted(&play.poke)) {
			fault_let_publisher_look(play.scene.publisher);
			ck_assert_int_eq(fault_publish(play.scene.publisher, 0, NULL), 0);
			fault_let_second_pass(play.scene.channels.list[0]);
			ck_assert_int_eq(fsps_channel_fetch(play.scene.channels.list[0], &message),
					 FSPS_ERR_GONE);
			play.late = fault_channel(play.scene.bus, FAULT_TOPIC);
			fault_let_publisher_look(play.scene.publisher);
			ck_assert_int_eq(fault_publish(play.scene.publisher, 0, NULL), 1);
			ck_assert_uint_eq(count_of(play.late), 1);
		}
		clear_play(&play);
	} while (fault_poke_acted(&play.poke) && ++at > 0);
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
