/* SPDX-License-Identifier: MIT */
/*
 * Somebody sets the clock while messages are worked on or wait to come again. Then a message may
 * come once more than it had to, but it is never lost, and nobody waits for longer than the longest
 * deadline that was ever asked for in its channel.
 */
#include "base/sys.h"
#include "fault/fault.h"
#include "subscribe/channel.h"
#include "unit/check_main.h"

enum {
	DEADLINE_MS = 30000,
	/* How much clocks that two processes read one after the other may differ. */
	SLACK_MS = 1000,
};

#define SECOND_US INT64_C(1000000)
#define HOUR_US   (3600 * SECOND_US)
#define YEAR_US   (365 * 24 * HOUR_US)

static const int64_t large_steps[] = {HOUR_US, -HOUR_US, YEAR_US, -YEAR_US};

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* Two workers of a group in two processes, as far as the home can tell. */
struct pair {
	fsps_bus *buses[2];
	fsps_channel *workers[2];
	fsps_publisher *publisher;
};

static fsps_channel *join(fsps_bus *bus, int64_t deadline_ms)
{
	const struct fsps_channel_options options = {.size = sizeof options,
						     .durable = "w",
						     .shared = 1,
						     .deadline_ms = deadline_ms,
						     .attempts_max = 1000};
	fsps_channel *channel = NULL;

	ck_assert_int_eq(fsps_channel_open(bus, FAULT_TOPIC, &options, &channel), FSPS_OK);
	return channel;
}

static void pair_set(struct pair *pair)
{
	for (int i = 0; i < 2; i++) {
		pair->buses[i] = fault_bus();
		pair->workers[i] = join(pair->buses[i], DEADLINE_MS);
	}
	pair->publisher = fault_publisher(pair->buses[0]);
}

static void pair_clear(struct pair *pair)
{
	fsi_sys_clock_step_us = 0;
	fsps_publisher_close(pair->publisher);
	for (int i = 0; i < 2; i++) {
		fsps_channel_close(pair->workers[i]);
		fsps_bus_close(pair->buses[i]);
	}
}

/* What a worker gets once it has looked after everything, as it does once a second: NULL for
 * nothing. What it takes back in one look it finds in the next, at once. */
static fsps_message *look(fsps_channel *worker)
{
	fsps_message *message = NULL;
	int r = 0;

	fault_let_second_pass(worker);
	for (int i = 0; i < 3 && r == 0; i++) {
		worker->look_over_ms = 0;
		worker->look_over_due = true;
		r = fsps_channel_fetch(worker, &message);
	}
	ck_assert_int_ge(r, 0);
	return message;
}

static fsps_message *expect(fsps_channel *worker, unsigned number, unsigned attempt)
{
	fsps_message *message = look(worker);

	ck_assert_msg(message != NULL, "with the clock set by %lld us nothing came",
		      (long long)fsi_sys_clock_step_us);
	ck_assert_uint_eq(fault_number_of(message), number);
	ck_assert_uint_eq(fsps_message_attempt(message), attempt);
	return message;
}

static void publish(struct pair *pair, unsigned number)
{
	ck_assert_int_eq(fault_publish(pair->publisher, number, NULL), 1);
}

static void ack(fsps_channel *worker, fsps_message *message)
{
	ck_assert_int_eq(fsps_message_ack(worker, message), FSPS_OK);
	fsps_message_unref(message);
}

static void expect_nothing_left(struct pair *pair)
{
	for (int i = 0; i < 2; i++)
		ck_assert_ptr_null(look(pair->workers[i]));
	ck_assert_uint_eq(fault_count_names(FAULT_TOPIC "_w", ".k-"), 0);
	ck_assert_uint_eq(fault_count_names(FAULT_TOPIC "_w", ".r-"), 0);
	ck_assert_uint_eq(fault_count_names(FAULT_TOPIC "_w", ".d-"), 0);
}

/* ---- claims ---- */

START_TEST(a_large_step_may_repeat_what_is_claimed_and_loses_nothing)
{
	struct pair pair;
	fsps_message *first;
	fsps_message *again;

	pair_set(&pair);
	publish(&pair, 0);
	first = expect(pair.workers[0], 0, 1);
	ck_assert_ptr_null(look(pair.workers[1]));
	fsi_sys_clock_step_us = large_steps[_i];
	again = expect(pair.workers[1], 0, 2);
	ck_assert_int_eq(fsps_message_ack(pair.workers[0], first), FSPS_ERR_EXPIRED);
	fsps_message_unref(first);
	ack(pair.workers[1], again);
	expect_nothing_left(&pair);
	pair_clear(&pair);
}
END_TEST

START_TEST(whoever_is_in_time_is_so_whatever_the_clock_says)
{
	struct pair pair;
	fsps_message *message;

	pair_set(&pair);
	publish(&pair, 0);
	message = expect(pair.workers[0], 0, 1);
	/* Nobody has looked since. */
	fsi_sys_clock_step_us = large_steps[_i];
	ack(pair.workers[0], message);
	expect_nothing_left(&pair);
	pair_clear(&pair);
}
END_TEST

START_TEST(a_deadline_is_extended_whatever_the_clock_says)
{
	struct pair pair;
	fsps_message *message;

	pair_set(&pair);
	publish(&pair, 0);
	message = expect(pair.workers[0], 0, 1);
	fsi_sys_clock_step_us = large_steps[_i];
	ck_assert_int_eq(fsps_message_extend(pair.workers[0], message, 0), FSPS_OK);
	/* By the new clock it is in the future. */
	ck_assert_ptr_null(look(pair.workers[1]));
	ack(pair.workers[0], message);
	expect_nothing_left(&pair);
	pair_clear(&pair);
}
END_TEST

/* Set back by less than the deadline or more: from then on it takes the longest deadline at most.
 */
START_TEST(after_a_step_back_nobody_waits_for_longer_than_the_longest_deadline)
{
	const int64_t back_us = _i * 5 * SECOND_US;
	struct pair pair;
	fsps_message *first;
	fsps_message *again;

	pair_set(&pair);
	publish(&pair, 0);
	first = expect(pair.workers[0], 0, 1);
	fsi_sys_clock_step_us = -back_us;
	again = look(pair.workers[1]);
	if (again == NULL) {
		fsi_sys_clock_step_us += (DEADLINE_MS + SLACK_MS) * INT64_C(1000);
		again = look(pair.workers[1]);
	}
	ck_assert_ptr_nonnull(again);
	fsps_message_unref(first);
	ack(pair.workers[1], again);
	expect_nothing_left(&pair);
	pair_clear(&pair);
}
END_TEST

START_TEST(what_is_not_due_does_not_come_for_a_small_step)
{
	static const int64_t small_steps[] = {0, SECOND_US / 2, -SECOND_US / 2, 20 * SECOND_US};
	struct pair pair;
	fsps_message *message;

	pair_set(&pair);
	publish(&pair, 0);
	message = expect(pair.workers[0], 0, 1);
	fsi_sys_clock_step_us = small_steps[_i];
	ck_assert_ptr_null(look(pair.workers[1]));
	ack(pair.workers[0], message);
	expect_nothing_left(&pair);
	pair_clear(&pair);
}
END_TEST

/* Of two readers with deadlines of their own the longer one tells what "too far away" is. */
START_TEST(the_longest_deadline_of_a_channel_is_kept)
{
	struct pair pair;
	fsps_message *message;

	pair_set(&pair);
	publish(&pair, 0);
	message = expect(pair.workers[0], 0, 1);
	ck_assert_int_eq(fsps_message_extend(pair.workers[0], message, 10 * DEADLINE_MS), FSPS_OK);
	/* It is further away than the other one's deadline, and not too far. */
	ck_assert_ptr_null(look(pair.workers[1]));
	ack(pair.workers[0], message);
	expect_nothing_left(&pair);
	pair_clear(&pair);
}
END_TEST

/* ---- what waits to come again ---- */

START_TEST(what_was_delayed_comes_at_once_after_a_large_step)
{
	struct pair pair;
	fsps_message *message;

	pair_set(&pair);
	publish(&pair, 0);
	message = expect(pair.workers[0], 0, 1);
	ck_assert_int_eq(fsps_message_nack(pair.workers[0], message, 10000, NULL), FSPS_OK);
	fsps_message_unref(message);
	ck_assert_ptr_null(look(pair.workers[1]));
	fsi_sys_clock_step_us = large_steps[_i];
	ack(pair.workers[1], expect(pair.workers[1], 0, 2));
	expect_nothing_left(&pair);
	pair_clear(&pair);
}
END_TEST

START_TEST(after_a_step_back_nobody_waits_for_longer_than_the_longest_delay)
{
	enum { DELAY_MS = 10000, LONGEST_MS = 40000 };
	const int64_t back_us = _i * 5 * SECOND_US;
	struct pair pair;
	fsps_message *message;
	unsigned left;

	pair_set(&pair);
	publish(&pair, 0);
	publish(&pair, 1);
	for (unsigned i = 0; i < 2; i++) {
		message = expect(pair.workers[0], i, 1);
		ck_assert_int_eq(fsps_message_nack(pair.workers[0], message,
						   i == 0 ? LONGEST_MS : DELAY_MS, NULL),
				 FSPS_OK);
		fsps_message_unref(message);
	}
	fsi_sys_clock_step_us = -back_us;
	for (left = 2; left > 0 && (message = look(pair.workers[1])) != NULL; left--)
		ack(pair.workers[1], message);
	fsi_sys_clock_step_us += (LONGEST_MS + SLACK_MS) * INT64_C(1000);
	for (; left > 0; left--) {
		message = look(pair.workers[1]);
		ck_assert_ptr_nonnull(message);
		ack(pair.workers[1], message);
	}
	expect_nothing_left(&pair);
	pair_clear(&pair);
}
END_TEST

START_TEST(what_is_given_back_at_a_close_comes_at_once_though_the_clock_is_set_back_then)
{
	struct pair pair;
	fsps_message *message;

	pair_set(&pair);
	publish(&pair, 0);
	message = expect(pair.workers[0], 0, 1);
	fsps_channel_close(pair.workers[0]);
	fsps_message_unref(message);
	fsi_sys_clock_step_us = large_steps[_i];
	ack(pair.workers[1], expect(pair.workers[1], 0, 1));
	pair.workers[0] = join(pair.buses[0], DEADLINE_MS);
	expect_nothing_left(&pair);
	pair_clear(&pair);
}
END_TEST

/* ---- a reader alone ---- */

START_TEST(a_reader_alone_does_its_work_whatever_the_clock_says)
{
	const struct fsps_channel_options options = {.size = sizeof options, .durable = "w"};
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = fault_publisher(bus);
	fsps_channel *channel = NULL;
	fsps_message *message;

	ck_assert_int_eq(fsps_channel_open(bus, FAULT_TOPIC, &options, &channel), FSPS_OK);
	for (unsigned i = 0; i < 8; i++) {
		fsi_sys_clock_step_us = i % 2 == 0 ? 0 : large_steps[_i];
		ck_assert_int_eq(fault_publish(publisher, i, NULL), 1);
		message = expect(channel, i, 1);
		fsi_sys_clock_step_us = i % 2 == 0 ? large_steps[_i] : 0;
		ck_assert_int_eq(fsps_message_nack(channel, message, 0, NULL), FSPS_OK);
		fsps_message_unref(message);
		message = expect(channel, i, 2);
		ack(channel, message);
		ck_assert_ptr_null(look(channel));
	}
	fsi_sys_clock_step_us = 0;
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("deadline");
	TCase *claims = fault_case(suite, "claims");
	TCase *delays = fault_case(suite, "delays");

	tcase_add_loop_test(claims, a_large_step_may_repeat_what_is_claimed_and_loses_nothing, 0,
			    COUNT_OF(large_steps));
	tcase_add_loop_test(claims, whoever_is_in_time_is_so_whatever_the_clock_says, 0,
			    COUNT_OF(large_steps));
	tcase_add_loop_test(claims, a_deadline_is_extended_whatever_the_clock_says, 0,
			    COUNT_OF(large_steps));
	tcase_add_loop_test(
		claims, after_a_step_back_nobody_waits_for_longer_than_the_longest_deadline, 0, 20);
	tcase_add_loop_test(claims, what_is_not_due_does_not_come_for_a_small_step, 0, 4);
	tcase_add_test(claims, the_longest_deadline_of_a_channel_is_kept);
	tcase_add_loop_test(delays, what_was_delayed_comes_at_once_after_a_large_step, 0,
			    COUNT_OF(large_steps));
	tcase_add_loop_test(
		delays, after_a_step_back_nobody_waits_for_longer_than_the_longest_delay, 0, 20);
	tcase_add_loop_test(
		delays,
		what_is_given_back_at_a_close_comes_at_once_though_the_clock_is_set_back_then, 0,
		COUNT_OF(large_steps));
	tcase_add_loop_test(delays, a_reader_alone_does_its_work_whatever_the_clock_says, 0,
			    COUNT_OF(large_steps));
	return check_main(suite);
}
