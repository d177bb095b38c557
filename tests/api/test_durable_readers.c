/* SPDX-License-Identifier: MIT */
/*
 * What one reader of a durable channel leaves to the next, through the public API: what it had, in
 * the publisher's order; of at-most-once delivery nothing that was handed out.
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

/* ---- at most once ---- */

static fsps_channel *open_at_most_once(void)
{
	struct fsps_channel_options options = work_options();

	options.delivery = FSPS_AT_MOST_ONCE;
	return work_open_with(bus, &options);
}

static void take_unacknowledged(fsps_channel *channel, unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++)
		fsps_message_unref(work_take(channel, i, 0));
}

START_TEST(at_most_once_what_was_handed_out_does_not_come_again)
{
	fsps_channel *channel = open_at_most_once();

	work_publish(publisher, 0, 100);
	for (unsigned first = 0; first < 100; first += 20) {
		take_unacknowledged(channel, first, 20);
		fsps_channel_close(channel);
		channel = open_at_most_once();
	}
	fixture_expect_nothing(channel);
	fsps_channel_close(channel);
	work_expect_empty(bus);
}
END_TEST

START_TEST(at_most_once_nothing_can_be_settled)
{
	fsps_channel *channel = open_at_most_once();
	fsps_message *message;

	work_publish(publisher, 0, 1);
	message = work_take(channel, 0, 0);
	ck_assert_int_eq(fsps_message_ack(channel, message), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_message_nack(channel, message, 0, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_message_reject(channel, message, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_message_extend(channel, message, 1), FSPS_ERR_ARGUMENT);
	fsps_message_unref(message);
	ck_assert_uint_eq(fixture_stats(channel).unsettled, 0);
	fsps_channel_close(channel);
}
END_TEST

/* A child takes `count` messages at most once and is killed. */
static void take_and_be_killed(unsigned count)
{
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		fsps_channel *channel = open_at_most_once();

		take_unacknowledged(channel, 0, count);
		(void)kill(getpid(), SIGKILL);
	}
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

START_TEST(at_most_once_a_kill_repeats_nothing_and_loses_no_more_than_a_batch)
{
	enum { TAKEN = 50, BATCH = 32, MESSAGES = 200 };
	fsps_channel *channel;
	fsps_message *message;
	unsigned next;

	create();
	work_publish(publisher, 0, MESSAGES);
	take_and_be_killed(TAKEN);
	channel = open_at_most_once();
	message = fixture_receive(channel);
	next = work_number(message);
	fsps_message_unref(message);
	ck_assert_uint_ge(next, TAKEN);
	ck_assert_uint_le(next, fixture_lane() == FIXTURE_LANE_PLAIN ? TAKEN : TAKEN + BATCH);
	take_unacknowledged(channel, next + 1, MESSAGES - next - 1);
	fixture_expect_nothing(channel);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(at_most_once_a_reader_gets_what_one_of_at_least_once_left)
{
	fsps_message *messages[6];
	fsps_channel *channel = work_open(bus);

	work_publish(publisher, 0, 10);
	work_take_all(channel, 0, 6, 1, messages);
	ck_assert_int_eq(fsps_message_ack(channel, messages[0]), FSPS_OK);
	ck_assert_int_eq(fsps_message_nack(channel, messages[1], 0, NULL), FSPS_OK);
	ck_assert_int_eq(fsps_message_ack(channel, messages[4]), FSPS_OK);
	fsps_channel_close(channel);
	work_unref_all(messages, 6);
	channel = open_at_most_once();
	take_unacknowledged(channel, 1, 3);
	take_unacknowledged(channel, 5, 5);
	fixture_expect_nothing(channel);
	fsps_channel_close(channel);
	work_expect_empty(bus);
}
END_TEST

/* ---- from one reader to the next ---- */

START_TEST(closing_gives_back_what_is_unsettled_without_counting_it)
{
	enum { ROUNDS = 8, TAKEN = 12 };
	fsps_message *messages[TAKEN];

	create();
	work_publish(publisher, 0, 20);
	for (int round = 0; round < ROUNDS; round++) {
		fsps_channel *channel = work_open(bus);

		work_take_all(channel, 0, TAKEN, 1, messages);
		fsps_channel_close(channel);
		work_unref_all(messages, TAKEN);
	}
	ck_assert_int_eq(work_letters(bus).count, 0);
}
END_TEST

START_TEST(closing_gives_back_what_lies_between_acknowledged_ones)
{
	enum { TAKEN = 40 };
	fsps_message *messages[TAKEN];
	fsps_channel *channel = work_open(bus);

	work_publish(publisher, 0, 60);
	work_take_all(channel, 0, TAKEN, 1, messages);
	for (unsigned i = TAKEN; i > 0; i -= 2)
		ck_assert_int_eq(fsps_message_ack(channel, messages[i - 1]), FSPS_OK);
	fsps_channel_close(channel);
	work_unref_all(messages, TAKEN);
	channel = work_open(bus);
	for (unsigned i = 0; i < TAKEN; i += 2)
		work_ack(channel, work_take(channel, i, 1));
	work_do(channel, TAKEN, 20);
	fixture_expect_nothing(channel);
	fsps_channel_close(channel);
	work_expect_empty(bus);
}
END_TEST

/* Ever other readers, each of which does some and leaves some it has taken. */
START_TEST(a_publishers_order_holds_from_one_reader_to_the_next)
{
	enum { ROUNDS = 30, A_ROUND = 37, DONE = 29, LEFT = 5 };
	unsigned published = 0;
	unsigned next = 0;

	create();
	for (int round = 0; round < ROUNDS; round++) {
		fsps_message *left[LEFT];
		fsps_channel *channel;

		work_publish(publisher, published, A_ROUND);
		published += A_ROUND;
		/* A group comes and goes: from now on there are files for a while. */
		if (round % 3 == 1)
			fsps_channel_close(work_join(bus));
		channel = round % 4 == 2 ? open_at_most_once() : work_open(bus);
		work_publish(publisher, published, 3);
		published += 3;
		if (round % 4 == 2) {
			take_unacknowledged(channel, next, DONE);
			next += DONE;
		} else {
			work_do(channel, next, DONE);
			next += DONE;
			work_take_all(channel, next, LEFT, 1, left);
		}
		fsps_channel_close(channel);
		if (round % 4 != 2)
			work_unref_all(left, LEFT);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("durable_readers");
	TCase *tcase = fixture_tcase(suite, "durable_readers");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, at_most_once_what_was_handed_out_does_not_come_again);
	tcase_add_test(tcase, at_most_once_nothing_can_be_settled);
	tcase_add_test(tcase, at_most_once_a_kill_repeats_nothing_and_loses_no_more_than_a_batch);
	tcase_add_test(tcase, at_most_once_a_reader_gets_what_one_of_at_least_once_left);
	tcase_add_test(tcase, closing_gives_back_what_is_unsettled_without_counting_it);
	tcase_add_test(tcase, closing_gives_back_what_lies_between_acknowledged_ones);
	tcase_add_test(tcase, a_publishers_order_holds_from_one_reader_to_the_next);
	return check_main(suite);
}
