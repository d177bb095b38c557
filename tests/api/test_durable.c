/* SPDX-License-Identifier: MIT */
/*
 * Durable channels through the public API: they exist without a reader, collect meanwhile, are
 * found again by their name, let one reader in or a group, and can be removed.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/work.h"
#include "unit/check_main.h"

static fsps_bus *bus;
static fsps_publisher *publisher;

static void set_up(void)
{
	bus = fixture_open_bus();
	publisher = fixture_open_publisher(bus);
}

static void tear_down(void)
{
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

static void create(void)
{
	ck_assert_int_eq(fsps_durable_create(bus, "a", "w"), 1);
}

/* ---- there ---- */

START_TEST(creating_says_whether_the_channel_was_there)
{
	ck_assert_int_eq(fsps_durable_create(bus, "a", "w"), 1);
	ck_assert(fixture_exists(fixture_path(WORK_CHANNEL)));
	ck_assert_int_eq(fsps_durable_create(bus, "a", "w"), 0);
	ck_assert_int_eq(fsps_durable_create(bus, "a", "other"), 1);
	ck_assert_int_eq(fsps_durable_create(bus, "b", "w"), 1);
}
END_TEST

START_TEST(what_is_created_again_keeps_what_waits_in_it)
{
	fsps_channel *channel;

	create();
	work_publish(publisher, 0, 7);
	ck_assert_int_eq(fsps_durable_create(bus, "a", "w"), 0);
	channel = work_open(bus);
	work_do(channel, 0, 7);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(opening_creates_what_is_missing_and_closing_leaves_it)
{
	fsps_channel *channel = work_open(bus);

	ck_assert_str_eq(fsps_channel_name(channel), WORK_CHANNEL);
	ck_assert_str_eq(fsps_channel_pattern(channel), "a");
	fsps_channel_close(channel);
	ck_assert(fixture_exists(fixture_path(WORK_CHANNEL)));
	ck_assert_int_eq(fsps_durable_create(bus, "a", "w"), 0);
	ck_assert_int_eq(fsps_publisher_matched(publisher, "a"), 1);
}
END_TEST

/* ---- collecting ---- */

START_TEST(it_collects_while_nobody_listens)
{
	fsps_channel *channel;

	create();
	work_publish(publisher, 0, 100);
	channel = work_open(bus);
	for (unsigned i = 0; i < 100; i++)
		work_ack(channel, work_take(channel, i, 1));
	fixture_expect_nothing(channel);
	fsps_channel_close(channel);
	work_expect_empty(bus);
}
END_TEST

START_TEST(it_collects_between_two_readers)
{
	fsps_channel *channel = work_open(bus);

	work_publish(publisher, 0, 20);
	work_do(channel, 0, 13);
	fsps_channel_close(channel);
	work_publish(publisher, 20, 20);
	channel = work_open(bus);
	work_do(channel, 13, 27);
	fixture_expect_nothing(channel);
	fsps_channel_close(channel);
	work_expect_empty(bus);
}
END_TEST

START_TEST(what_was_published_before_the_channel_was_created_is_not_in_it)
{
	fsps_channel *channel;

	ck_assert_int_eq(fixture_publish(publisher, "a", "too early"), 0);
	create();
	work_publish(publisher, 0, 1);
	channel = work_open(bus);
	work_do(channel, 0, 1);
	fixture_expect_nothing(channel);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(each_of_two_channels_of_a_pattern_gets_every_message)
{
	struct fsps_channel_options options = work_options();
	fsps_channel *channels[2];

	channels[0] = work_open(bus);
	options.durable = "W-2";
	channels[1] = work_open_with(bus, &options);
	for (unsigned i = 0; i < 30; i++) {
		char text[16];

		snprintf(text, sizeof text, "%u", i);
		ck_assert_int_eq(fixture_publish(publisher, "a", text), 2);
	}
	for (int c = 0; c < 2; c++) {
		work_do(channels[c], 0, 30);
		fixture_expect_nothing(channels[c]);
		fsps_channel_close(channels[c]);
	}
}
END_TEST

START_TEST(its_descriptor_is_readable_at_once_if_something_waits)
{
	fsps_channel *channel;
	fsps_message *message;

	create();
	work_publish(publisher, 0, 3);
	channel = work_open(bus);
	ck_assert(fixture_readable(fsps_channel_fd(channel), 0));
	work_do(channel, 0, 1);
	message = work_take(channel, 1, 1);
	fsps_channel_close(channel);
	fsps_message_unref(message);
	/* What was given back, too. */
	channel = work_open(bus);
	ck_assert(fixture_readable(fsps_channel_fd(channel), 0));
	work_do(channel, 1, 2);
	fsps_channel_close(channel);
}
END_TEST

/* ---- one reader, or a group ---- */

static void expect_busy(fsps_bus *who, int shared)
{
	struct fsps_channel_options options = work_options();
	fsps_channel *channel;

	options.shared = shared;
	ck_assert_int_eq(work_try(who, &options, &channel), FSPS_ERR_BUSY);
	ck_assert_ptr_null(channel);
	ck_assert_int_eq(fsps_last_error()->code, FSPS_ERR_BUSY);
	ck_assert_ptr_nonnull(strstr(fsps_last_error()->text, WORK_CHANNEL));
}

START_TEST(a_reader_alone_keeps_everybody_else_out_until_it_closes)
{
	fsps_bus *other = fixture_open_bus();
	fsps_channel *channel = work_open(bus);

	expect_busy(bus, 0);
	expect_busy(bus, 1);
	expect_busy(other, 0);
	expect_busy(other, 1);
	/* Who was turned away has taken nothing along. */
	work_publish(publisher, 0, 10);
	work_do(channel, 0, 10);
	fsps_channel_close(channel);
	fsps_channel_close(work_open(other));
	fsps_channel_close(work_join(other));
	fsps_bus_close(other);
}
END_TEST

START_TEST(a_group_keeps_a_reader_alone_out_until_its_last_worker_closes)
{
	fsps_bus *other = fixture_open_bus();
	fsps_channel *first = work_join(bus);
	fsps_channel *second = work_join(other);

	expect_busy(bus, 0);
	fsps_channel_close(first);
	expect_busy(bus, 0);
	fsps_channel_close(second);
	fsps_channel_close(work_open(bus));
	fsps_bus_close(other);
}
END_TEST

START_TEST(a_channel_whose_reader_was_killed_is_free)
{
	fsps_channel *channel;
	pid_t child;
	int ready[2];
	char byte;

	ck_assert_int_eq(pipe(ready), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		(void)work_open(bus);
		if (write(ready[1], "r", 1) != 1)
			_exit(1);
		pause();
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	expect_busy(bus, 0);
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	channel = work_open(bus);
	work_publish(publisher, 0, 1);
	work_do(channel, 0, 1);
	fsps_channel_close(channel);
	close(ready[0]);
}
END_TEST

/* ---- removed ---- */

static int receive_until_it_fails(fsps_channel *channel)
{
	int64_t end_ms = fixture_now_ms() + FIXTURE_PATIENCE_MS;
	int r = 0;

	while (r >= 0 && fixture_now_ms() < end_ms) {
		fsps_message *message = NULL;

		r = fsps_channel_receive(channel, 1000, &message);
		fsps_message_unref(message);
	}
	return r;
}

START_TEST(removed_while_somebody_reads_it_is_gone_for_him)
{
	fsps_channel *channel = work_open(bus);

	work_publish(publisher, 0, 10);
	ck_assert_int_eq(fsps_durable_remove(bus, WORK_CHANNEL, 0), FSPS_ERR_BUSY);
	work_do(channel, 0, 5);
	ck_assert_int_eq(fsps_durable_remove(bus, WORK_CHANNEL, FSPS_DURABLE_FORCE), FSPS_OK);
	ck_assert(!fixture_exists(fixture_path(WORK_CHANNEL)));
	ck_assert_int_eq(receive_until_it_fails(channel), FSPS_ERR_GONE);
	ck_assert_int_eq(receive_until_it_fails(channel), FSPS_ERR_GONE);
	fsps_channel_close(channel);
	ck_assert(!fixture_exists(fixture_path(WORK_CHANNEL)));
	fixture_publish_until(publisher, "a", "x", 0);
}
END_TEST

START_TEST(a_channel_made_anew_is_another_one)
{
	fsps_channel *former = work_open(bus);
	fsps_channel *channel;

	work_publish(publisher, 0, 10);
	ck_assert_int_eq(fsps_durable_remove(bus, WORK_CHANNEL, FSPS_DURABLE_FORCE), FSPS_OK);
	channel = work_open(bus);
	fixture_expect_nothing(channel);
	work_publish(publisher, 10, 10);
	work_do(channel, 10, 10);
	ck_assert_int_eq(receive_until_it_fails(former), FSPS_ERR_GONE);
	/* Closing what is gone leaves alone what is there. */
	fsps_channel_close(former);
	work_publish(publisher, 20, 10);
	work_do(channel, 20, 10);
	fsps_channel_close(channel);
}
END_TEST

/* ---- onlookers, hooks, forks ---- */

static int note_info(const struct fsps_channel_info *info, void *userdata)
{
	struct fsps_channel_info *seen = userdata;

	ck_assert_str_eq(info->name, WORK_CHANNEL);
	ck_assert_str_eq(info->pattern, "a");
	ck_assert_str_eq(info->durable, "w");
	ck_assert_int_eq(info->kind, FSPS_KIND_DURABLE);
	*seen = *info;
	return 1;
}

static struct fsps_channel_info look(void)
{
	struct fsps_channel_info seen = {.size = 0};

	ck_assert_int_eq(fsps_bus_list(bus, note_info, &seen), 1);
	return seen;
}

START_TEST(a_listing_shows_who_reads_and_what_became_of_the_messages)
{
	fsps_channel *channel;
	fsps_message *message;

	create();
	ck_assert_uint_eq(look().readers, 0);
	work_publish(publisher, 0, 10);
	ck_assert_uint_eq(look().backlog, 10);
	channel = work_open(bus);
	ck_assert_uint_eq(look().readers, 1);
	ck_assert_int_eq(look().shared, 0);
	work_do(channel, 0, 3);
	message = work_take(channel, 3, 1);
	ck_assert_int_eq(fsps_message_nack(channel, message, 0, NULL), FSPS_OK);
	fsps_message_unref(message);
	work_ack(channel, work_take(channel, 3, 2));
	ck_assert_uint_eq(look().acknowledged, 4);
	ck_assert_uint_eq(look().redelivered, 1);
	ck_assert_uint_eq(look().delivered, 5);
	fsps_channel_close(channel);
	ck_assert_uint_eq(look().readers, 0);
	ck_assert_uint_eq(look().backlog, 6);
	channel = work_join(bus);
	ck_assert_int_eq(look().shared, 1);
	fsps_channel_close(channel);
}
END_TEST

static int drop_odd(const fsps_message *message, const char *channel_name, void *userdata)
{
	(void)userdata;
	ck_assert_str_eq(channel_name, WORK_CHANNEL);
	return work_number(message) % 2 == 1;
}

START_TEST(what_a_hook_drops_does_not_come_again)
{
	fsps_channel *channel = work_open(bus);

	ck_assert_int_eq(fsps_bus_add_deliver_hook(bus, drop_odd, NULL), FSPS_OK);
	work_publish(publisher, 0, 20);
	for (unsigned i = 0; i < 20; i += 2)
		work_ack(channel, work_take(channel, i, 1));
	fixture_expect_nothing(channel);
	ck_assert_uint_eq(fixture_stats(channel).dropped, 10);
	ck_assert_uint_eq(fixture_stats(channel).unsettled, 0);
	ck_assert_int_eq(fsps_bus_remove_deliver_hook(bus, drop_odd, NULL), 1);
	fsps_channel_close(channel);
	work_expect_empty(bus);
}
END_TEST

/* Every use of the parent's handle is refused, and its end changes nothing. Answers 0 if so. */
static int use_it_in_a_child(fsps_channel *channel, fsps_message *message)
{
	fsps_message *next = NULL;

	if (fsps_channel_fetch(channel, &next) != FSPS_ERR_FORKED ||
	    fsps_message_ack(channel, message) != FSPS_ERR_FORKED ||
	    fsps_message_nack(channel, message, 0, NULL) != FSPS_ERR_FORKED ||
	    fsps_message_reject(channel, message, NULL) != FSPS_ERR_FORKED ||
	    fsps_message_extend(channel, message, 0) != FSPS_ERR_FORKED)
		return 1;
	fsps_channel_close(channel);
	return 0;
}

START_TEST(a_forked_child_can_neither_settle_nor_give_back_what_its_parent_has)
{
	fsps_channel *channel = work_open(bus);
	fsps_message *message;
	int status = -1;
	pid_t child;

	work_publish(publisher, 0, 2);
	message = work_take(channel, 0, 1);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		_exit(use_it_in_a_child(channel, message));
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	expect_busy(bus, 0);
	work_ack(channel, message);
	work_do(channel, 1, 1);
	fixture_expect_nothing(channel);
	fsps_channel_close(channel);
	work_expect_empty(bus);
}
END_TEST

START_TEST(a_child_that_lives_on_does_not_keep_its_parents_channel_taken)
{
	fsps_channel *channel = work_open(bus);
	int ready[2];
	int hold[2];
	char byte;
	pid_t child;

	ck_assert_int_eq(pipe(ready), 0);
	ck_assert_int_eq(pipe(hold), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		close(hold[1]);
		if (write(ready[1], "r", 1) != 1)
			_exit(1);
		_exit(read(hold[0], &byte, 1) == 0 ? 0 : 1);
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	fsps_channel_close(channel);
	fsps_channel_close(work_open(bus));
	close(hold[1]);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	close(hold[0]);
	close(ready[0]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("durable");
	TCase *tcase = fixture_tcase(suite, "durable");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, creating_says_whether_the_channel_was_there);
	tcase_add_test(tcase, what_is_created_again_keeps_what_waits_in_it);
	tcase_add_test(tcase, opening_creates_what_is_missing_and_closing_leaves_it);
	tcase_add_test(tcase, it_collects_while_nobody_listens);
	tcase_add_test(tcase, it_collects_between_two_readers);
	tcase_add_test(tcase, what_was_published_before_the_channel_was_created_is_not_in_it);
	tcase_add_test(tcase, each_of_two_channels_of_a_pattern_gets_every_message);
	tcase_add_test(tcase, its_descriptor_is_readable_at_once_if_something_waits);
	tcase_add_test(tcase, a_reader_alone_keeps_everybody_else_out_until_it_closes);
	tcase_add_test(tcase, a_group_keeps_a_reader_alone_out_until_its_last_worker_closes);
	tcase_add_test(tcase, a_channel_whose_reader_was_killed_is_free);
	tcase_add_test(tcase, removed_while_somebody_reads_it_is_gone_for_him);
	tcase_add_test(tcase, a_channel_made_anew_is_another_one);
	tcase_add_test(tcase, a_listing_shows_who_reads_and_what_became_of_the_messages);
	tcase_add_test(tcase, what_a_hook_drops_does_not_come_again);
	tcase_add_test(tcase, a_forked_child_can_neither_settle_nor_give_back_what_its_parent_has);
	tcase_add_test(tcase, a_child_that_lives_on_does_not_keep_its_parents_channel_taken);
	return check_main(suite);
}
