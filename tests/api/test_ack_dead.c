/* SPDX-License-Identifier: MIT */
/*
 * What fails too often, is rejected, or dies with its reader, through the public API: dead letters,
 * and what a killed reader's messages come to.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/work_stage.h"
#include "unit/check_main.h"

/* ---- dead letters ---- */

START_TEST(what_fails_too_often_is_a_dead_letter_with_what_went_wrong)
{
	const unsigned attempts = (unsigned)_i;
	struct work_letter letter;
	uint64_t id = 0;

	reopen_with_attempts(attempts);
	work_publish(publisher, 0, 2);
	for (unsigned attempt = 1; attempt <= attempts; attempt++) {
		fsps_message *message = work_take(channel, 0, attempt);
		int r = fsps_message_nack(channel, message, 0,
					  attempt == attempts ? "it is\nbad" : "not this");

		id = fsps_message_id(message);
		ck_assert_int_eq(r, attempt == attempts);
		fsps_message_unref(message);
	}
	work_do(channel, 1, 1);
	fixture_expect_nothing(channel);
	letter = work_expect_letter(bus, 0, "failed", attempts);
	ck_assert_uint_eq(letter.id, id);
	ck_assert_str_eq(letter.error, "it is\nbad");
	ck_assert_uint_eq(fixture_stats(channel).dead, 1);
	ck_assert_uint_eq(fixture_stats(channel).unsettled, 0);
}
END_TEST

START_TEST(five_attempts_are_the_default)
{
	work_publish(publisher, 0, 1);
	for (unsigned attempt = 1; attempt <= 5; attempt++) {
		fsps_message *message = work_take(channel, 0, attempt);

		ck_assert_int_eq(fsps_message_nack(channel, message, 0, NULL), attempt == 5);
		fsps_message_unref(message);
	}
	work_expect_letter(bus, 0, "failed", 5);
}
END_TEST

START_TEST(what_is_rejected_is_a_dead_letter_at_once)
{
	fsps_message *messages[3];
	struct work_letter letter;

	work_publish(publisher, 0, 3);
	work_take_all(channel, 0, 3, 1, messages);
	ck_assert_int_eq(fsps_message_ack(channel, messages[0]), FSPS_OK);
	ck_assert_int_eq(fsps_message_reject(channel, messages[1], "never"), FSPS_OK);
	ck_assert_int_eq(fsps_message_ack(channel, messages[2]), FSPS_OK);
	work_unref_all(messages, 3);
	letter = work_expect_letter(bus, 1, "rejected", 1);
	ck_assert_str_eq(letter.error, "never");
	reopen();
	fixture_expect_nothing(channel);
	work_expect_letter(bus, 1, "rejected", 1);
}
END_TEST

START_TEST(a_dead_letter_that_is_replayed_is_as_new)
{
	struct work_letter letter;
	fsps_message *message;
	uint64_t id;

	work_publish(publisher, 0, 1);
	message = work_take(channel, 0, 1);
	id = fsps_message_id(message);
	ck_assert_int_eq(fsps_message_reject(channel, message, "why"), FSPS_OK);
	fsps_message_unref(message);
	letter = work_expect_letter(bus, 0, "rejected", 1);
	ck_assert_int_eq(fsps_dead_replay(bus, WORK_CHANNEL, letter.file), FSPS_OK);
	message = work_take(channel, 0, 1);
	ck_assert_uint_eq(fsps_message_id(message), id);
	work_ack(channel, message);
	ck_assert_int_eq(work_letters(bus).count, 0);
	ck_assert_uint_eq(work_count(".e-"), 0);
}
END_TEST

START_TEST(of_a_long_error_the_end_is_kept)
{
	char error[2 * FSPS_ERROR_TEXT_MAX];
	struct work_letter letter;
	fsps_message *message;

	memset(error, 'b', sizeof error);
	memcpy(error + sizeof error - 5, "end.", 5);
	work_publish(publisher, 0, 1);
	message = work_take(channel, 0, 1);
	ck_assert_int_eq(fsps_message_reject(channel, message, error), FSPS_OK);
	fsps_message_unref(message);
	letter = work_expect_letter(bus, 0, "rejected", 1);
	ck_assert_uint_eq(strlen(letter.error), FSPS_ERROR_TEXT_MAX);
	ck_assert_str_eq(letter.error, error + sizeof error - 1 - FSPS_ERROR_TEXT_MAX);
}
END_TEST

START_TEST(what_expires_too_often_is_a_dead_letter)
{
	struct fsps_channel_options options = work_options();

	options.deadline_ms = SOON_MS;
	options.attempts_max = 2;
	reopen_with(&options);
	work_publish(publisher, 0, 1);
	fsps_message_unref(work_take(channel, 0, 1));
	fsps_message_unref(work_take(channel, 0, 2));
	/* Another message tells that it is over. */
	work_publish(publisher, 1, 1);
	fsps_message_unref(work_take(channel, 1, 1));
	work_ack(channel, work_take(channel, 1, 2));
	work_expect_letter(bus, 0, "expired", 2);
}
END_TEST

/* A child takes the next message and is killed with it. */
static void die_with_the_next(const struct fsps_channel_options *options)
{
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		fsps_channel *own = work_open_with(bus, options);

		(void)fixture_receive(own);
		(void)kill(getpid(), SIGKILL);
	}
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

START_TEST(a_message_that_kills_its_readers_is_a_dead_letter)
{
	const uint32_t attempts = (uint32_t)_i;
	struct fsps_channel_options options = work_options();

	options.attempts_max = attempts;
	fsps_channel_close(channel);
	work_publish(publisher, 0, 3);
	for (uint32_t attempt = 1; attempt <= attempts; attempt++)
		die_with_the_next(&options);
	channel = work_open_with(bus, &options);
	work_do(channel, 1, 2);
	fixture_expect_nothing(channel);
	work_expect_letter(bus, 0, "died", attempts);
}
END_TEST

/* ---- kills ---- */

/* A child takes `taken` messages, acknowledges those from `from` on, looks once more, and is
 * killed. */
static void take_and_be_killed(unsigned taken, unsigned from)
{
	pid_t child;

	fsps_channel_close(channel);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		fsps_channel *own = work_open(bus);
		fsps_message *messages[64];

		work_take_all(own, 0, taken, 1, messages);
		for (unsigned i = from; i < taken; i++)
			work_ack(own, messages[i]);
		fixture_expect_nothing(own);
		(void)kill(getpid(), SIGKILL);
	}
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	channel = work_open(bus);
}

START_TEST(what_a_killed_reader_had_comes_again_counted)
{
	work_publish(publisher, 0, 20);
	take_and_be_killed(20, 20);
	for (unsigned i = 0; i < 20; i++)
		work_ack(channel, work_take(channel, i, 2));
	fixture_expect_nothing(channel);
	ck_assert_uint_eq(fixture_stats(channel).redelivered, 20);
}
END_TEST

START_TEST(what_was_acknowledged_before_a_fetch_found_nothing_does_not_come_again)
{
	work_publish(publisher, 0, 20);
	take_and_be_killed(20, 0);
	fixture_expect_nothing(channel);
}
END_TEST

START_TEST(one_that_stays_unsettled_brings_no_others_back_after_a_kill)
{
	work_publish(publisher, 0, 20);
	take_and_be_killed(20, 1);
	work_ack(channel, work_take(channel, 0, 2));
	fixture_expect_nothing(channel);
}
END_TEST

START_TEST(some_that_stay_unsettled_bring_no_others_back_after_a_kill)
{
	work_publish(publisher, 0, 30);
	take_and_be_killed(30, 5);
	for (unsigned i = 0; i < 5; i++)
		work_ack(channel, work_take(channel, i, 2));
	fixture_expect_nothing(channel);
}
END_TEST

/* A child takes ten messages, is done with the first, gives the next back or rejects it, and is
 * killed. */
static void settle_two_and_be_killed(bool rejects)
{
	pid_t child;

	fsps_channel_close(channel);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		fsps_channel *own = work_open(bus);
		fsps_message *messages[10];

		work_take_all(own, 0, 10, 1, messages);
		work_ack(own, messages[0]);
		if (rejects ? fsps_message_reject(own, messages[1], "bad") != FSPS_OK
			    : fsps_message_nack(own, messages[1], 0, NULL) != FSPS_OK)
			_exit(1);
		(void)kill(getpid(), SIGKILL);
	}
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	channel = work_open(bus);
}

/* Takes all that comes, the first message perhaps too, as a kill may undo its acknowledgement; each
 * but `without` comes once. */
static void expect_once(unsigned without)
{
	unsigned counts[10] = {0};
	fsps_message *message = NULL;

	while (fsps_channel_receive(channel, 1200, &message) == 1) {
		counts[work_number(message)]++;
		work_ack(channel, message);
	}
	ck_assert_uint_le(counts[0], 1);
	for (unsigned i = 1; i < 10; i++)
		ck_assert_msg(counts[i] == (i != without), "%u came %u times", i, counts[i]);
}

START_TEST(what_was_given_back_before_a_kill_comes_again_once)
{
	work_publish(publisher, 0, 10);
	settle_two_and_be_killed(false);
	expect_once(0);
}
END_TEST

START_TEST(what_was_rejected_before_a_kill_does_not_come_again)
{
	work_publish(publisher, 0, 10);
	settle_two_and_be_killed(true);
	expect_once(1);
	work_expect_letter(bus, 1, "rejected", 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ack_dead");
	TCase *tcase = fixture_tcase(suite, "ack_dead");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, what_fails_too_often_is_a_dead_letter_with_what_went_wrong, 1,
			    4);
	tcase_add_test(tcase, five_attempts_are_the_default);
	tcase_add_test(tcase, what_is_rejected_is_a_dead_letter_at_once);
	tcase_add_test(tcase, a_dead_letter_that_is_replayed_is_as_new);
	tcase_add_test(tcase, of_a_long_error_the_end_is_kept);
	tcase_add_test(tcase, what_expires_too_often_is_a_dead_letter);
	tcase_add_loop_test(tcase, a_message_that_kills_its_readers_is_a_dead_letter, 1, 4);
	tcase_add_test(tcase, what_a_killed_reader_had_comes_again_counted);
	tcase_add_test(tcase,
		       what_was_acknowledged_before_a_fetch_found_nothing_does_not_come_again);
	tcase_add_test(tcase, one_that_stays_unsettled_brings_no_others_back_after_a_kill);
	tcase_add_test(tcase, some_that_stay_unsettled_bring_no_others_back_after_a_kill);
	tcase_add_test(tcase, what_was_given_back_before_a_kill_comes_again_once);
	tcase_add_test(tcase, what_was_rejected_before_a_kill_does_not_come_again);
	return check_main(suite);
}
