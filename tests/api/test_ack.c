/* SPDX-License-Identifier: MIT */
/*
 * Settling through the public API: acknowledged, given back, twice, elsewhere; what comes again and
 * when; how many may be unsettled, and for how long.
 */
#include <time.h>

#include "api/work_stage.h"
#include "unit/check_main.h"

/* ---- acknowledged ---- */

START_TEST(what_is_acknowledged_does_not_come_again)
{
	work_publish(publisher, 0, 100);
	work_do(channel, 0, 100);
	fixture_expect_nothing(channel);
	ck_assert_uint_eq(fixture_stats(channel).acknowledged, 100);
	ck_assert_uint_eq(fixture_stats(channel).unsettled, 0);
	reopen();
	fixture_expect_nothing(channel);
	fsps_channel_close(channel);
	channel = NULL;
	work_expect_empty(bus);
}
END_TEST

START_TEST(what_is_unsettled_is_nobodys_yet)
{
	fsps_message *messages[20];

	work_publish(publisher, 0, 20);
	work_take_all(channel, 0, 20, 1, messages);
	fixture_expect_nothing(channel);
	ck_assert_uint_eq(fixture_stats(channel).unsettled, 20);
	/* In an order of their own. */
	for (unsigned i = 0; i < 20; i++)
		work_ack(channel, messages[i * 7 % 20]);
	fixture_expect_nothing(channel);
	ck_assert_uint_eq(fixture_stats(channel).unsettled, 0);
}
END_TEST

START_TEST(what_was_settled_cannot_be_settled_again)
{
	fsps_message *messages[3];

	work_publish(publisher, 0, 3);
	work_take_all(channel, 0, 3, 1, messages);
	ck_assert_int_eq(fsps_message_ack(channel, messages[0]), FSPS_OK);
	ck_assert_int_eq(fsps_message_nack(channel, messages[1], LATE_MS, NULL), FSPS_OK);
	ck_assert_int_eq(fsps_message_reject(channel, messages[2], NULL), FSPS_OK);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(fsps_message_ack(channel, messages[i]), FSPS_ERR_ARGUMENT);
		ck_assert_int_eq(fsps_message_nack(channel, messages[i], 0, NULL),
				 FSPS_ERR_ARGUMENT);
		ck_assert_int_eq(fsps_message_reject(channel, messages[i], NULL),
				 FSPS_ERR_ARGUMENT);
		ck_assert_int_eq(fsps_message_extend(channel, messages[i], 0), FSPS_ERR_ARGUMENT);
	}
	work_unref_all(messages, 3);
	ck_assert_uint_eq(fixture_stats(channel).acknowledged, 1);
	ck_assert_uint_eq(fixture_stats(channel).late, 0);
}
END_TEST

START_TEST(null_cannot_be_settled_and_delays_have_a_range)
{
	fsps_message *message;

	work_publish(publisher, 0, 1);
	message = work_take(channel, 0, 1);
	ck_assert_int_eq(fsps_message_ack(NULL, message), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_message_ack(channel, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_message_nack(NULL, message, 0, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_message_nack(channel, NULL, 0, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_message_nack(channel, message, -2, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_message_nack(channel, message, FSPS_DELAY_MS_MAX + 1, NULL),
			 FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_message_reject(NULL, message, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_message_reject(channel, NULL, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_message_extend(NULL, message, 0), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_message_extend(channel, NULL, 0), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_message_extend(channel, message, -1), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_message_extend(channel, message, FSPS_DELAY_MS_MAX + 1),
			 FSPS_ERR_ARGUMENT);
	ck_assert_uint_eq(fsps_message_attempt(NULL), 0);
	/* It is as it was. */
	work_ack(channel, message);
}
END_TEST

START_TEST(a_message_of_another_channel_cannot_be_settled_here)
{
	struct fsps_channel_options options = work_options();
	fsps_channel *other;
	fsps_message *message;

	options.durable = "other";
	other = work_open_with(bus, &options);
	ck_assert_int_eq(fixture_publish(publisher, "a", "0"), 2);
	message = work_take(channel, 0, 1);
	ck_assert_int_eq(fsps_message_ack(other, message), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_message_nack(other, message, 0, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_message_reject(other, message, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_message_extend(other, message, 0), FSPS_ERR_ARGUMENT);
	work_ack(channel, message);
	work_do(other, 0, 1);
	fsps_channel_close(other);
}
END_TEST

START_TEST(a_message_of_a_former_handle_cannot_be_settled_by_the_next)
{
	fsps_message *messages[6];

	work_publish(publisher, 0, 6);
	work_take_all(channel, 0, 6, 1, messages);
	reopen();
	for (unsigned i = 0; i < 6; i++)
		ck_assert_int_eq(fsps_message_ack(channel, messages[i]), FSPS_ERR_ARGUMENT);
	work_unref_all(messages, 6);
	work_do(channel, 0, 6);
}
END_TEST

START_TEST(a_message_that_was_built_cannot_be_settled)
{
	fsps_message *received;
	fsps_message *built = NULL;
	void *bytes = NULL;
	size_t length = 0;

	work_publish(publisher, 0, 1);
	received = work_take(channel, 0, 1);
	ck_assert_int_eq(fsps_message_encode(received, &bytes, &length), FSPS_OK);
	ck_assert_int_eq(fsps_message_decode(bytes, length, &built), FSPS_OK);
	ck_assert_uint_eq(fsps_message_attempt(built), 0);
	ck_assert_int_eq(fsps_message_ack(channel, built), FSPS_ERR_ARGUMENT);
	fsps_message_unref(built);
	free(bytes);
	work_ack(channel, received);
}
END_TEST

START_TEST(a_message_that_was_kept_is_settled_as_well)
{
	fsps_message *messages[20];
	fsps_message *kept[20];

	work_publish(publisher, 0, 20);
	work_take_all(channel, 0, 20, 1, messages);
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(fsps_message_keep(messages[i], &kept[i]), FSPS_OK);
		fsps_message_unref(messages[i]);
		ck_assert_uint_eq(fsps_message_attempt(kept[i]), 1);
	}
	for (int i = 0; i < 20; i++)
		work_ack(channel, kept[i]);
	ck_assert_uint_eq(fixture_stats(channel).unsettled, 0);
	fixture_expect_nothing(channel);
}
END_TEST

START_TEST(a_message_and_the_one_that_was_kept_of_it_are_settled_once)
{
	fsps_message *messages[20];

	work_publish(publisher, 0, 20);
	work_take_all(channel, 0, 20, 1, messages);
	for (int i = 0; i < 20; i++) {
		fsps_message *kept;
		int r;

		ck_assert_int_eq(fsps_message_keep(messages[i], &kept), FSPS_OK);
		work_ack(channel, kept);
		r = fsps_message_ack(channel, messages[i]);
		/* The same message with another reference, or a copy, which is too late. */
		ck_assert_int_eq(r, kept == messages[i] ? FSPS_ERR_ARGUMENT : FSPS_ERR_EXPIRED);
		fsps_message_unref(messages[i]);
	}
	ck_assert_uint_eq(fixture_stats(channel).acknowledged, 20);
}
END_TEST

START_TEST(messages_stay_readable_after_they_were_settled_and_the_channel_closed)
{
	fsps_message *messages[200];

	work_publish(publisher, 0, 200);
	work_take_all(channel, 0, 200, 1, messages);
	for (int i = 0; i < 200; i++)
		ck_assert_int_eq(fsps_message_ack(channel, messages[i]), FSPS_OK);
	reopen();
	work_publish(publisher, 1000, 200);
	for (unsigned i = 0; i < 200; i++)
		ck_assert_uint_eq(work_number(messages[i]), i);
	work_unref_all(messages, 200);
	work_do(channel, 1000, 200);
}
END_TEST

/* ---- given back ---- */

START_TEST(what_is_given_back_comes_again_at_once_and_is_counted)
{
	struct fsps_channel_options options = work_options();
	uint64_t id = 0;

	options.attempts_max = 100;
	reopen_with(&options);
	work_publish(publisher, 0, 10);
	for (unsigned attempt = 1; attempt <= 20; attempt++) {
		fsps_message *message = work_take(channel, 0, attempt);

		ck_assert(id == 0 || fsps_message_id(message) == id);
		id = fsps_message_id(message);
		ck_assert_int_eq(fsps_message_nack(channel, message, 0, NULL), FSPS_OK);
		fsps_message_unref(message);
	}
	work_ack(channel, work_take(channel, 0, 21));
	work_do(channel, 1, 9);
	fixture_expect_nothing(channel);
	ck_assert_uint_eq(fixture_stats(channel).redelivered, 20);
	ck_assert_uint_eq(fixture_stats(channel).delivered, 30);
}
END_TEST

START_TEST(a_count_of_attempts_outlives_its_reader)
{
	fsps_message *messages[10];

	work_publish(publisher, 0, 10);
	work_take_all(channel, 0, 10, 1, messages);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(fsps_message_nack(channel, messages[i], 0, NULL), FSPS_OK);
	work_unref_all(messages, 10);
	reopen();
	work_take_all(channel, 0, 5, 2, messages);
	reopen();
	work_unref_all(messages, 5);
	for (unsigned i = 0; i < 10; i++)
		work_ack(channel, work_take(channel, i, 2));
}
END_TEST

START_TEST(what_is_given_back_for_later_comes_after_the_others)
{
	fsps_message *message;
	int64_t begun_ms;

	work_publish(publisher, 0, 10);
	message = work_take(channel, 0, 1);
	begun_ms = fixture_now_ms();
	ck_assert_int_eq(fsps_message_nack(channel, message, 300, NULL), FSPS_OK);
	fsps_message_unref(message);
	work_do(channel, 1, 9);
	work_ack(channel, work_take(channel, 0, 2));
	/* The clocks of the two differ by their grain. */
	ck_assert_int_ge(fixture_now_ms() - begun_ms, 300 - 20);
}
END_TEST

/* When the message that comes again does so: us since 1970. */
static int note_due(const struct fsps_waiting *waiting, void *userdata)
{
	if (waiting->state == FSPS_DELAYED)
		*(uint64_t *)userdata = waiting->due_us;
	return 0;
}

START_TEST(backing_off_takes_twice_as_long_each_time)
{
	struct fsps_channel_options options = work_options();

	options.attempts_max = 30;
	reopen_with(&options);
	work_publish(publisher, 0, 1);
	for (unsigned attempt = 1; attempt <= 12; attempt++) {
		const uint64_t expected_s = attempt > 9 ? 300 : UINT64_C(1) << (attempt - 1);
		fsps_message *message = work_take(channel, 0, attempt);
		uint64_t due_us = 0;
		struct timespec now;
		char from[300];

		clock_gettime(CLOCK_REALTIME, &now);
		ck_assert_int_eq(fsps_message_nack(channel, message, FSPS_BACKOFF, NULL), FSPS_OK);
		ck_assert_int_eq(fsps_channel_peek(bus, WORK_CHANNEL, note_due, &due_us), 1);
		ck_assert_uint_ge(due_us / 1000000 + 1, (uint64_t)now.tv_sec + expected_s);
		ck_assert_uint_le(due_us / 1000000, (uint64_t)now.tv_sec + expected_s + 5);
		/* Somebody lets it be due now. */
		snprintf(from, sizeof from, "%s",
			 fixture_path("%s/%s", WORK_CHANNEL,
				      fixture_find(fixture_path(WORK_CHANNEL), ".r-")));
		ck_assert_int_eq(
			rename(from, fixture_path("%s/.r-1-%u-%llu", WORK_CHANNEL, attempt,
						  (unsigned long long)fsps_message_id(message))),
			0);
		fsps_message_unref(message);
	}
	work_do(channel, 0, 1);
}
END_TEST

/* ---- how many ---- */

START_TEST(no_more_are_handed_out_than_may_be_unsettled)
{
	enum { MOST = 7 };
	struct fsps_channel_options options = work_options();
	fsps_message *messages[MOST];
	fsps_message *message = NULL;

	options.unsettled_max = MOST;
	reopen_with(&options);
	work_publish(publisher, 0, 20);
	work_take_all(channel, 0, MOST, 1, messages);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(fsps_channel_fetch(channel, &message), FSPS_ERR_BUSY);
		ck_assert_int_eq(fsps_channel_receive(channel, FSPS_FOREVER, &message),
				 FSPS_ERR_BUSY);
		ck_assert_ptr_null(message);
	}
	/* However it is settled: that makes room. */
	ck_assert_int_eq(fsps_message_ack(channel, messages[3]), FSPS_OK);
	work_ack(channel, work_take(channel, 7, 1));
	ck_assert_int_eq(fsps_message_reject(channel, messages[4], NULL), FSPS_OK);
	ck_assert_int_eq(fsps_message_nack(channel, messages[5], LATE_MS, NULL), FSPS_OK);
	work_do(channel, 8, 12);
	for (int i = 0; i < MOST; i++)
		if (i < 3 || i > 5)
			ck_assert_int_eq(fsps_message_ack(channel, messages[i]), FSPS_OK);
	work_unref_all(messages, MOST);
}
END_TEST

START_TEST(expired_ones_make_room_too)
{
	struct fsps_channel_options options = work_options();
	fsps_message *message;
	fsps_message *next = NULL;
	int r = FSPS_ERR_BUSY;

	options.unsettled_max = 1;
	options.deadline_ms = SOON_MS;
	reopen_with(&options);
	work_publish(publisher, 0, 1);
	message = work_take(channel, 0, 1);
	while (r == FSPS_ERR_BUSY || r == 0) {
		/* About once a second it is worth a look. */
		(void)fixture_readable(fsps_channel_fd(channel), FIXTURE_PATIENCE_MS);
		r = fsps_channel_fetch(channel, &next);
	}
	ck_assert_int_eq(r, 1);
	ck_assert_uint_eq(fsps_message_attempt(next), 2);
	fsps_message_unref(message);
	work_ack(channel, next);
}
END_TEST

START_TEST(very_many_are_settled_in_any_order)
{
	enum { MANY = 20000 };
	struct fsps_channel_options options = work_options();
	static fsps_message *messages[MANY];

	options.unsettled_max = MANY;
	reopen_with(&options);
	work_publish(publisher, 0, MANY);
	work_take_all(channel, 0, MANY, 1, messages);
	for (unsigned i = 0; i < MANY; i++)
		if (i % 97 != 0)
			ck_assert_int_eq(fsps_message_ack(channel, messages[i * 7919 % MANY]),
					 FSPS_OK);
	reopen_with(&options);
	work_unref_all(messages, MANY);
	for (unsigned left = (MANY + 96) / 97; left > 0; left--) {
		fsps_message *message = fixture_receive(channel);

		ck_assert_uint_eq(fsps_message_attempt(message), 1);
		work_ack(channel, message);
	}
	fixture_expect_nothing(channel);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ack");
	TCase *tcase = fixture_tcase(suite, "ack");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, what_is_acknowledged_does_not_come_again);
	tcase_add_test(tcase, what_is_unsettled_is_nobodys_yet);
	tcase_add_test(tcase, what_was_settled_cannot_be_settled_again);
	tcase_add_test(tcase, null_cannot_be_settled_and_delays_have_a_range);
	tcase_add_test(tcase, a_message_of_another_channel_cannot_be_settled_here);
	tcase_add_test(tcase, a_message_of_a_former_handle_cannot_be_settled_by_the_next);
	tcase_add_test(tcase, a_message_that_was_built_cannot_be_settled);
	tcase_add_test(tcase, a_message_that_was_kept_is_settled_as_well);
	tcase_add_test(tcase, a_message_and_the_one_that_was_kept_of_it_are_settled_once);
	tcase_add_test(tcase,
		       messages_stay_readable_after_they_were_settled_and_the_channel_closed);
	tcase_add_test(tcase, what_is_given_back_comes_again_at_once_and_is_counted);
	tcase_add_test(tcase, a_count_of_attempts_outlives_its_reader);
	tcase_add_test(tcase, what_is_given_back_for_later_comes_after_the_others);
	tcase_add_test(tcase, backing_off_takes_twice_as_long_each_time);
	tcase_add_test(tcase, no_more_are_handed_out_than_may_be_unsettled);
	tcase_add_test(tcase, expired_ones_make_room_too);
	tcase_add_test(tcase, very_many_are_settled_in_any_order);
	return check_main(suite);
}
