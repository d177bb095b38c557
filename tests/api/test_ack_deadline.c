/* SPDX-License-Identifier: MIT */
/*
 * Deadlines and callbacks through the public API: settled too late, extended, or by what the
 * callback of fsps_subscribe() answers; live channels that deliver at least once.
 */
#include "api/work_stage.h"
#include "unit/check_main.h"

/* ---- deadlines ---- */

START_TEST(what_is_not_settled_in_time_comes_again_and_the_late_one_is_told)
{
	fsps_message *late[4];

	reopen_with_deadline(SOON_MS);
	work_publish(publisher, 0, 4);
	work_take_all(channel, 0, 4, 1, late);
	fsps_message_unref(work_take(channel, 0, 2));
	ck_assert_int_eq(fsps_message_ack(channel, late[0]), FSPS_ERR_EXPIRED);
	ck_assert_int_eq(fsps_message_nack(channel, late[1], 0, NULL), FSPS_ERR_EXPIRED);
	ck_assert_int_eq(fsps_message_reject(channel, late[2], NULL), FSPS_ERR_EXPIRED);
	ck_assert_int_eq(fsps_message_extend(channel, late[3], LATE_MS), FSPS_ERR_EXPIRED);
	ck_assert_int_eq(fsps_last_error()->code, FSPS_ERR_EXPIRED);
	ck_assert_uint_eq(fixture_stats(channel).late, 4);
	work_unref_all(late, 4);
	for (unsigned i = 1; i < 4; i++)
		work_ack(channel, work_take(channel, i, 2));
	work_ack(channel, work_take(channel, 0, 3));
	ck_assert_int_eq(work_letters(bus).count, 0);
}
END_TEST

START_TEST(settled_after_its_deadline_but_before_anybody_noticed_is_in_time_or_too_late)
{
	fsps_message *message;
	fsps_message *again = NULL;
	int r;

	reopen_with_deadline(1);
	work_publish(publisher, 0, 1);
	message = work_take(channel, 0, 1);
	r = fsps_message_ack(channel, message);
	fsps_message_unref(message);
	/* Either answer is allowed; what it says must hold. */
	ck_assert(r == FSPS_OK || r == FSPS_ERR_EXPIRED);
	if (r == FSPS_OK) {
		ck_assert_int_eq(fsps_channel_receive(channel, 1200, &again), 0);
	} else {
		again = fixture_receive(channel);
		fsps_message_unref(again);
	}
}
END_TEST

START_TEST(an_extended_deadline_holds)
{
	fsps_message *messages[3];

	reopen_with_deadline(SOON_MS);
	work_publish(publisher, 0, 3);
	work_take_all(channel, 0, 3, 1, messages);
	ck_assert_int_eq(fsps_message_extend(channel, messages[0], LATE_MS), FSPS_OK);
	ck_assert_int_eq(fsps_message_extend(channel, messages[2], LATE_MS), FSPS_OK);
	ck_assert_int_eq(fsps_message_extend(channel, messages[2], LATE_MS), FSPS_OK);
	/* The others' deadline passes. */
	work_ack(channel, work_take(channel, 1, 2));
	fixture_expect_nothing(channel);
	ck_assert_int_eq(fsps_message_ack(channel, messages[0]), FSPS_OK);
	ck_assert_int_eq(fsps_message_ack(channel, messages[2]), FSPS_OK);
	ck_assert_int_eq(fsps_message_ack(channel, messages[1]), FSPS_ERR_EXPIRED);
	work_unref_all(messages, 3);
}
END_TEST

START_TEST(a_deadline_can_be_drawn_nearer)
{
	fsps_message *message;

	work_publish(publisher, 0, 1);
	message = work_take(channel, 0, 1);
	ck_assert_int_eq(fsps_message_extend(channel, message, 1), FSPS_OK);
	work_ack(channel, work_take(channel, 0, 2));
	fsps_message_unref(message);
}
END_TEST

START_TEST(extending_by_nothing_extends_by_the_channels_deadline)
{
	fsps_message *messages[2];

	reopen_with_deadline(LATE_MS);
	work_publish(publisher, 0, 2);
	work_take_all(channel, 0, 2, 1, messages);
	ck_assert_int_eq(fsps_message_extend(channel, messages[0], SOON_MS), FSPS_OK);
	ck_assert_int_eq(fsps_message_extend(channel, messages[1], SOON_MS), FSPS_OK);
	ck_assert_int_eq(fsps_message_extend(channel, messages[0], 0), FSPS_OK);
	work_ack(channel, work_take(channel, 1, 2));
	fixture_expect_nothing(channel);
	ck_assert_int_eq(fsps_message_ack(channel, messages[0]), FSPS_OK);
	work_unref_all(messages, 2);
}
END_TEST

/* ---- fsps_subscribe() ---- */

/* What a callback answers to each number, and what it saw. */
struct script {
	int answers[8];
	unsigned seen[64];
	unsigned attempts[64];
	unsigned count;
	fsps_message *later;
};

static int play(fsps_message *message, void *userdata)
{
	struct script *script = userdata;
	unsigned number = work_number(message);

	ck_assert_uint_lt(script->count, 64);
	script->attempts[script->count] = fsps_message_attempt(message);
	script->seen[script->count++] = number;
	if (script->answers[number] == FSPS_LATER)
		script->later = fsps_message_ref(message);
	return script->answers[number];
}

START_TEST(a_callbacks_answer_settles_the_message)
{
	struct script script = {.answers = {FSPS_CONTINUE, FSPS_RETRY, FSPS_REJECT, FSPS_LATER,
					    FSPS_STOP, FSPS_CONTINUE}};

	work_publish(publisher, 0, 6);
	ck_assert_int_eq(fsps_subscribe(channel, play, &script, FSPS_FOREVER), 5);
	ck_assert_uint_eq(script.count, 5);
	work_expect_letter(bus, 2, "rejected", 1);
	ck_assert_uint_eq(fixture_stats(channel).unsettled, 1);
	ck_assert_uint_eq(fixture_stats(channel).acknowledged, 2);
	work_ack(channel, script.later);
	work_do(channel, 5, 1);
	fixture_expect_nothing(channel);
	/* After a second: that is how a callback's retry is delayed. */
	work_ack(channel, work_take(channel, 1, 2));
	fixture_expect_nothing(channel);
}
END_TEST

START_TEST(an_unknown_answer_gives_the_message_back_and_ends_the_loop)
{
	struct script script = {.answers = {_i == 0 ? -7 : 99}};

	work_publish(publisher, 0, 2);
	ck_assert_int_eq(fsps_subscribe(channel, play, &script, FSPS_FOREVER), 1);
	ck_assert_uint_eq(fixture_stats(channel).unsettled, 0);
	ck_assert_uint_eq(fixture_stats(channel).acknowledged, 0);
	work_do(channel, 1, 1);
	work_ack(channel, work_take(channel, 0, 2));
}
END_TEST

static int settle_itself(fsps_message *message, void *userdata)
{
	unsigned *count = userdata;

	++*count;
	if (work_number(message) == 0)
		ck_assert_int_eq(fsps_message_nack(channel, message, LATE_MS, NULL), FSPS_OK);
	else
		ck_assert_int_eq(fsps_message_ack(channel, message), FSPS_OK);
	return FSPS_CONTINUE;
}

START_TEST(a_callback_may_settle_the_message_itself)
{
	unsigned count = 0;

	work_publish(publisher, 0, 3);
	ck_assert_int_eq(fsps_subscribe(channel, settle_itself, &count, 0), 3);
	ck_assert_uint_eq(count, 3);
	ck_assert_uint_eq(fixture_stats(channel).acknowledged, 2);
	fixture_expect_nothing(channel);
}
END_TEST

/* Makes its own message late: another fetch in the midst of it takes the time. */
static int be_late(fsps_message *message, void *userdata)
{
	unsigned *calls = userdata;

	if (++*calls > 1)
		return FSPS_STOP;
	ck_assert_uint_eq(fsps_message_attempt(message), 1);
	/* It has come again, and stays with the one who fetched it. */
	fsps_message_unref(work_take(channel, 0, 2));
	return FSPS_CONTINUE;
}

START_TEST(a_callback_that_takes_too_long_is_no_failure)
{
	unsigned calls = 0;

	reopen_with_deadline(SOON_MS);
	work_publish(publisher, 0, 1);
	ck_assert_int_eq(fsps_subscribe(channel, be_late, &calls, FSPS_FOREVER), 2);
	ck_assert_uint_eq(calls, 2);
	ck_assert_uint_eq(fixture_stats(channel).late, 1);
	ck_assert_uint_eq(fixture_stats(channel).acknowledged, 1);
}
END_TEST

START_TEST(at_most_once_a_callbacks_answer_is_to_go_on)
{
	struct script script = {.answers = {FSPS_RETRY, FSPS_REJECT, FSPS_CONTINUE}};
	fsps_channel *live = fixture_subscribe(bus, "b");

	for (int i = 0; i < 3; i++) {
		const char text[] = {(char)('0' + i), '\0'};

		ck_assert_int_eq(fixture_publish(publisher, "b", text), 1);
	}
	ck_assert_int_eq(fsps_subscribe(live, play, &script, 0), 3);
	ck_assert_uint_eq(script.count, 3);
	fixture_expect_nothing(live);
	fsps_channel_close(live);
}
END_TEST

/* ---- live channels, at least once ---- */

START_TEST(a_live_channel_delivers_at_least_once_if_asked_to)
{
	const struct fsps_channel_options options = {.size = sizeof options,
						     .delivery = FSPS_AT_LEAST_ONCE,
						     .attempts_max = 2,
						     .deadline_ms = SOON_MS};
	fsps_message *messages[3];
	fsps_channel *live = NULL;
	char name[300];

	fsps_channel_close(channel);
	channel = NULL;
	ck_assert_int_eq(fsps_durable_remove(bus, WORK_CHANNEL, 0), FSPS_OK);
	ck_assert_int_eq(fsps_channel_open(bus, "a", &options, &live), FSPS_OK);
	snprintf(name, sizeof name, "%s", fsps_channel_name(live));
	work_publish(publisher, 0, 10);
	work_do(live, 0, 3);
	work_take_all(live, 3, 3, 1, messages);
	ck_assert_int_eq(fsps_message_nack(live, messages[0], 0, NULL), FSPS_OK);
	ck_assert_int_eq(fsps_message_extend(live, messages[1], LATE_MS), FSPS_OK);
	work_ack(live, work_take(live, 3, 2));
	work_do(live, 6, 4);
	/* The deadline of this one passes. */
	work_ack(live, work_take(live, 5, 2));
	ck_assert_int_eq(fsps_message_ack(live, messages[1]), FSPS_OK);
	work_unref_all(messages, 3);
	fixture_expect_nothing(live);
	ck_assert_uint_eq(fixture_stats(live).acknowledged, 10);
	fsps_channel_close(live);
	ck_assert(!fixture_exists(fixture_path("%s", name)));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ack_deadline");
	TCase *tcase = fixture_tcase(suite, "ack_deadline");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, what_is_not_settled_in_time_comes_again_and_the_late_one_is_told);
	tcase_add_test(
		tcase,
		settled_after_its_deadline_but_before_anybody_noticed_is_in_time_or_too_late);
	tcase_add_test(tcase, an_extended_deadline_holds);
	tcase_add_test(tcase, a_deadline_can_be_drawn_nearer);
	tcase_add_test(tcase, extending_by_nothing_extends_by_the_channels_deadline);
	tcase_add_test(tcase, a_callbacks_answer_settles_the_message);
	tcase_add_loop_test(tcase, an_unknown_answer_gives_the_message_back_and_ends_the_loop, 0,
			    2);
	tcase_add_test(tcase, a_callback_may_settle_the_message_itself);
	tcase_add_test(tcase, a_callback_that_takes_too_long_is_no_failure);
	tcase_add_test(tcase, at_most_once_a_callbacks_answer_is_to_go_on);
	tcase_add_test(tcase, a_live_channel_delivers_at_least_once_if_asked_to);
	return check_main(suite);
}
