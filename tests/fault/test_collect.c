/* SPDX-License-Identifier: MIT */
/*
 * Publishing to a durable channel: what is linked there stays, whether anybody reads it, has made
 * it or can be told; which of files and segments it gets follows its readers; and what only looks
 * like one is none.
 */
#include "fault/durable.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "publish/publisher.h"
#include "unit/check_main.h"

/* A home with a durable channel, and a publisher. */
struct stage {
	fsps_bus *bus;
	fsps_publisher *publisher;
	struct durable durable;
};

static void set(struct stage *stage)
{
	stage->bus = fault_bus();
	ck_assert_int_eq(fsps_bus_create_home(stage->bus), FSPS_OK);
	durable_make(&stage->durable);
	fault_age_home();
	stage->publisher = fault_publisher(stage->bus);
}

static void clear(struct stage *stage)
{
	fsps_publisher_close(stage->publisher);
	fsps_bus_close(stage->bus);
	durable_remove(&stage->durable);
}

/* Publishes messages from `from` to below `below`, each of which reaches so many. */
static void publish(const struct stage *stage, unsigned from, unsigned below, int reached)
{
	for (unsigned i = from; i < below; i++) {
		int r = fault_publish(stage->publisher, i, NULL);

		ck_assert_msg(r == reached, "%d: %s", r, fsps_last_error()->text);
	}
}

/* ---- without a reader ---- */

START_TEST(without_a_reader_it_collects_files_and_segments)
{
	struct stage stage;

	set(&stage);
	publish(&stage, 0, 10, 1);
	ck_assert_uint_eq(durable_count_files(&stage.durable), fault_count_files(10));
	ck_assert_uint_gt(durable_count_segments(&stage.durable), 0);
	/* Its maker was never alive. */
	fault_let_publisher_second_pass(stage.publisher);
	publish(&stage, 10, 20, 1);
	ck_assert_int_eq(fsps_publisher_matched(stage.publisher, FAULT_TOPIC), 1);
	fsps_publisher_close(stage.publisher);
	stage.publisher = NULL;
	durable_expect(&stage.durable, 20);
	clear(&stage);
}
END_TEST

static void without_queue(void (*spoil)(const char *queue))
{
	struct stage stage;

	set(&stage);
	spoil(stage.durable.queue);
	publish(&stage, 0, 5, 1);
	ck_assert_uint_eq(atomic_load(&stage.durable.control->dirty), 1);
	durable_expect(&stage.durable, 5);
	/* Also while it had the bell open. */
	(void)unlink(stage.durable.queue);
	ck_assert_int_eq(mkfifo(stage.durable.queue, 0600), 0);
	publish(&stage, 5, 6, 1);
	spoil(stage.durable.queue);
	fault_let_publisher_second_pass(stage.publisher);
	publish(&stage, 6, 8, 1);
	durable_expect(&stage.durable, 8);
	clear(&stage);
}

static void delete_queue(const char *queue)
{
	ck_assert_int_eq(unlink(queue), 0);
}

static void replace_queue(const char *queue)
{
	int fd;

	ck_assert_int_eq(unlink(queue), 0);
	fd = open(queue, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

START_TEST(without_a_queue_it_collects)
{
	without_queue(delete_queue);
}
END_TEST

START_TEST(with_something_else_as_its_queue_it_collects)
{
	without_queue(replace_queue);
}
END_TEST

START_TEST(with_a_full_bell_it_collects_and_its_reader_is_told_to_look)
{
	const uint64_t record = 0;
	struct stage stage;
	int bell;

	fault_use_files();
	set(&stage);
	bell = open(stage.durable.queue, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	while (write(bell, &record, sizeof record) == sizeof record)
		;
	ck_assert_int_eq(errno, EAGAIN);
	publish(&stage, 0, 2, 1);
	ck_assert_uint_eq(atomic_load(&stage.durable.control->dirty), 1);
	durable_expect(&stage.durable, 2);
	close(bell);
	clear(&stage);
}
END_TEST

/* ---- readers come and go ---- */

/* What those who attach do. tell: not where there is no counter. */
static void take_segments(const struct stage *stage, bool takes, bool tell)
{
	if (takes)
		atomic_fetch_or(&stage->durable.control->features, FSI_CONTROL_READS_SEGMENTS);
	else
		atomic_fetch_and(&stage->durable.control->features, ~FSI_CONTROL_READS_SEGMENTS);
	if (tell)
		fsi_counter_bump(&stage->publisher->home->counter);
}

START_TEST(a_group_gets_files_and_the_next_exclusive_reader_segments_again)
{
	struct stage stage;
	unsigned segments;

	fault_use_segments();
	set(&stage);
	publish(&stage, 0, 3, 1);
	ck_assert_uint_eq(durable_count_files(&stage.durable), 0);
	take_segments(&stage, false, true);
	publish(&stage, 3, 6, 1);
	ck_assert_uint_eq(durable_count_files(&stage.durable), 3);
	segments = durable_count_segments(&stage.durable);
	take_segments(&stage, true, true);
	publish(&stage, 6, 9, 1);
	ck_assert_uint_eq(durable_count_files(&stage.durable), 3);
	ck_assert_uint_eq(durable_count_segments(&stage.durable), segments + 1);
	take_segments(&stage, false, true);
	publish(&stage, 9, 12, 1);
	ck_assert_uint_eq(durable_count_files(&stage.durable), 6);
	durable_expect(&stage.durable, 12);
	clear(&stage);
}
END_TEST

/* Whoever knows where a topic's messages go looks at nothing else for a millisecond; but what he
 * finds out for another topic may concern this one. */
START_TEST(a_message_to_nobody_does_not_hide_that_a_group_came)
{
	fsps_prepared *prepared = NULL;
	struct stage stage;

	fault_use_segments();
	set(&stage);
	ck_assert_int_eq(fsps_prepare(stage.publisher, FAULT_TOPIC, NULL, &prepared), FSPS_OK);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(fsps_publish_prepared(prepared, "x", 1, NULL), 1);
	take_segments(&stage, false, true);
	ck_assert_int_eq(fsps_publish(stage.publisher, "nobody", NULL, "x", 1, NULL), 0);
	stage.publisher->looked_us = fsi_sys_realtime_us();
	ck_assert_int_eq(fsps_publish_prepared(prepared, "x", 1, NULL), 1);
	ck_assert_uint_eq(durable_count_files(&stage.durable), 1);
	fsps_prepared_free(prepared);
	clear(&stage);
}
END_TEST

START_TEST(where_no_generation_tells_of_readers_they_are_asked_once_a_second)
{
	struct stage stage;

	fault_use_segments();
	set(&stage);
	publish(&stage, 0, 3, 1);
	take_segments(&stage, false, false);
	fault_let_publisher_second_pass(stage.publisher);
	publish(&stage, 3, 5, 1);
	ck_assert_uint_eq(durable_count_files(&stage.durable), 2);
	take_segments(&stage, true, false);
	fault_let_publisher_second_pass(stage.publisher);
	publish(&stage, 5, 7, 1);
	ck_assert_uint_eq(durable_count_files(&stage.durable), 2);
	durable_expect(&stage.durable, 7);
	clear(&stage);
}
END_TEST

START_TEST(what_a_group_gets_in_files_others_get_in_segments_in_order)
{
	struct stage stage;
	fsps_channel *live;

	fault_use_segments();
	set(&stage);
	live = fault_channel(stage.bus, FAULT_TOPIC);
	publish(&stage, 0, 3, 2);
	take_segments(&stage, false, true);
	publish(&stage, 3, 6, 2);
	take_segments(&stage, true, true);
	publish(&stage, 6, 9, 2);
	for (int i = 0; i < 9; i++)
		ck_assert_int_eq(fault_fetch(live), i);
	ck_assert_int_eq(fault_fetch(live), -1);
	durable_expect(&stage.durable, 9);
	ck_assert_uint_eq(durable_count_files(&stage.durable), 3);
	fsps_channel_close(live);
	clear(&stage);
}
END_TEST

START_TEST(a_batch_goes_to_a_group_as_files)
{
	struct fsps_outgoing batch[8] = {{.topic = FAULT_TOPIC}};
	struct stage stage;

	for (unsigned i = 0; i < 8; i++)
		batch[i] = (struct fsps_outgoing){
			.topic = FAULT_TOPIC, .payload = "x", .payload_len = 1};
	set(&stage);
	take_segments(&stage, false, false);
	ck_assert_int_eq(fsps_publish_batch(stage.publisher, batch, 8, NULL), 8);
	ck_assert_uint_eq(durable_count_files(&stage.durable), 8);
	ck_assert_uint_eq(durable_count_segments(&stage.durable), 0);
	clear(&stage);
}
END_TEST

/* ---- removed, and made again ---- */

/* What was rung in its queue since it was opened there. */
static int count_rings(int bell)
{
	uint64_t record;
	int count = 0;

	while (read(bell, &record, sizeof record) == sizeof record)
		count++;
	return count;
}

static void make_again(bool tell)
{
	struct stage stage;
	int bell;

	set(&stage);
	publish(&stage, 0, 5, 1);
	durable_remove(&stage.durable);
	durable_make(&stage.durable);
	if (tell)
		fsi_counter_bump(&stage.publisher->home->counter);
	else
		fault_let_publisher_look(stage.publisher);
	bell = open(stage.durable.queue, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(bell, 0);
	publish(&stage, 0, 5, 1);
	durable_expect(&stage.durable, 5);
	ck_assert_int_gt(count_rings(bell), 0);
	close(bell);
	clear(&stage);
}

START_TEST(one_that_was_removed_and_made_again_is_another_one)
{
	make_again(true);
}
END_TEST

START_TEST(so_it_is_for_who_is_told_by_the_home_alone)
{
	make_again(false);
}
END_TEST

/* ---- what is none ---- */

static void path_in_home(char *to, size_t size, const char *name)
{
	snprintf(to, size, "%s/%s", fault_home(), name);
}

/* Without a control block, with or without a queue that somebody reads. */
static void make_by_hand(bool with_queue)
{
	fsps_receipt *receipt = NULL;
	struct stage stage;
	char path[400];
	char queue[410];
	int bell = -1;

	set(&stage);
	ck_assert_int_eq(fsps_receipt_new(&receipt), FSPS_OK);
	path_in_home(path, sizeof path, FAULT_TOPIC "_backup");
	snprintf(queue, sizeof queue, "%s/queue", path);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	if (with_queue) {
		ck_assert_int_eq(mkfifo(queue, 0600), 0);
		bell = open(queue, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	}
	for (unsigned i = 0; i < 6; i++) {
		ck_assert_int_eq(fault_publish(stage.publisher, i, receipt), 1);
		ck_assert_int_eq(fsps_receipt_matched(receipt), 1);
	}
	ck_assert_int_eq(fsps_publisher_matched(stage.publisher, FAULT_TOPIC), 1);
	ck_assert_uint_eq(fault_count_names(FAULT_TOPIC "_backup", ""), with_queue);
	if (with_queue) {
		ck_assert_int_eq(count_rings(bell), 0);
		close(bell);
	}
	fsps_receipt_free(receipt);
	clear(&stage);
}

START_TEST(a_directory_made_by_hand_is_no_channel)
{
	make_by_hand(false);
}
END_TEST

START_TEST(nor_is_one_with_a_queue)
{
	make_by_hand(true);
}
END_TEST

START_TEST(a_symlink_with_such_a_name_is_no_channel)
{
	struct stage stage;
	char path[400];

	set(&stage);
	path_in_home(path, sizeof path, FAULT_TOPIC "_link");
	ck_assert_int_eq(symlink(stage.durable.path, path), 0);
	publish(&stage, 0, 5, 1);
	durable_expect(&stage.durable, 5);
	clear(&stage);
}
END_TEST

/* formix-pubsub reaches the channel by it, and we would twice. */
START_TEST(its_inbox_gets_nothing_of_ours)
{
	struct stage stage;
	char inbox[300];
	char path[600];
	int bell;

	set(&stage);
	snprintf(inbox, sizeof inbox, FAULT_TOPIC "_jobs.in_%ld", (long)getpid());
	path_in_home(path, sizeof path, inbox);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	strcat(path, "/queue");
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	bell = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	publish(&stage, 0, 5, 1);
	ck_assert_uint_eq(fault_count_names(inbox, ""), 1);
	ck_assert_int_eq(count_rings(bell), 0);
	durable_expect(&stage.durable, 5);
	close(bell);
	clear(&stage);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("collect");
	TCase *alone = fault_case(suite, "alone");
	TCase *readers = fault_case(suite, "readers");
	TCase *again = fault_case(suite, "again");
	TCase *none = fault_case(suite, "none");

	tcase_add_test(alone, without_a_reader_it_collects_files_and_segments);
	tcase_add_test(alone, without_a_queue_it_collects);
	tcase_add_test(alone, with_something_else_as_its_queue_it_collects);
	tcase_add_test(alone, with_a_full_bell_it_collects_and_its_reader_is_told_to_look);
	tcase_add_test(readers, a_group_gets_files_and_the_next_exclusive_reader_segments_again);
	tcase_add_test(readers, a_message_to_nobody_does_not_hide_that_a_group_came);
	tcase_add_test(readers, where_no_generation_tells_of_readers_they_are_asked_once_a_second);
	tcase_add_test(readers, what_a_group_gets_in_files_others_get_in_segments_in_order);
	tcase_add_test(readers, a_batch_goes_to_a_group_as_files);
	tcase_add_test(again, one_that_was_removed_and_made_again_is_another_one);
	tcase_add_test(again, so_it_is_for_who_is_told_by_the_home_alone);
	tcase_add_test(none, a_directory_made_by_hand_is_no_channel);
	tcase_add_test(none, nor_is_one_with_a_queue);
	tcase_add_test(none, a_symlink_with_such_a_name_is_no_channel);
	tcase_add_test(none, its_inbox_gets_nothing_of_ours);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
