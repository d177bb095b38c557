/* SPDX-License-Identifier: MIT */
/*
 * What a channel dropped, being full, as its reader is told: the gap before a message, once, also
 * by a group's workers and by readers that come one after the other; and what becomes of messages
 * that are handed out when the segment that they lie in is dropped.
 */
#include "api/lane.h"
#include "api/work.h"
#include "unit/check_main.h"

enum {
	/* Few messages, each in a file. */
	FEW = 10,
	/* So many that segments are used. */
	MANY = 2000,
	LENGTH = 600,
};

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

static struct fsps_channel_options dropping(uint64_t messages)
{
	return (struct fsps_channel_options){.size = sizeof(struct fsps_channel_options),
					     .limit_messages = messages,
					     .when_full = FSPS_FULL_DROP_OLDEST};
}

static fsps_channel *open_with(const struct fsps_channel_options *options)
{
	fsps_channel *channel = NULL;
	int r = fsps_channel_open(bus, "a", options, &channel);

	ck_assert_msg(r == FSPS_OK, "opening: %s", fsps_last_error()->text);
	return channel;
}

static void publish(uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++)
		ck_assert_int_eq(lane_publish(publisher, "a", i, LENGTH, NULL), 1);
}

static int note_dropped(const struct fsps_channel_info *info, void *userdata)
{
	if (info->kind != FSPS_KIND_INBOX)
		*(uint64_t *)userdata = info->dropped_oldest;
	return 0;
}

static uint64_t count_dropped(void)
{
	uint64_t dropped = 0;

	ck_assert_int_ge(fsps_bus_list(bus, note_dropped, &dropped), 1);
	return dropped;
}

/* What a reader saw. */
struct tally {
	uint64_t seen;
	uint64_t missed;
};

/* Takes all; each message's number is one more than those before it, handed out or missed. */
static struct tally take_all_in_order(fsps_channel *channel, struct tally tally)
{
	fsps_message *message;
	int r;

	while ((r = fsps_channel_fetch(channel, &message)) == 1) {
		tally.missed += fsps_message_missed(message);
		ck_assert_uint_eq(lane_number_of(message), tally.seen + tally.missed);
		tally.seen++;
		fsps_message_unref(message);
	}
	ck_assert_int_eq(r, 0);
	return tally;
}

static struct tally take_all(fsps_channel *channel, struct tally tally)
{
	fsps_message *message;

	while (fsps_channel_fetch(channel, &message) == 1) {
		tally.missed += fsps_message_missed(message);
		tally.seen++;
		if (fsps_message_attempt(message) > 0)
			ck_assert_int_eq(fsps_message_ack(channel, message), FSPS_OK);
		fsps_message_unref(message);
	}
	return tally;
}

/* ---- told once ---- */

START_TEST(a_gap_is_told_with_the_message_behind_it_and_once)
{
	struct fsps_channel_options options = dropping(FEW);
	fsps_channel *channel = open_with(&options);

	publish(0, 2 * FEW);
	for (uint32_t i = 0; i < FEW; i++) {
		fsps_message *message = fixture_receive(channel);

		ck_assert_uint_eq(lane_number_of(message), FEW + i);
		ck_assert_uint_eq(fsps_message_missed(message), i == 0 ? FEW : 0);
		fsps_message_unref(message);
	}
	ck_assert_uint_eq(fixture_stats(channel).missed, FEW);
	ck_assert_uint_eq(count_dropped(), FEW);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(every_message_is_handed_out_or_missed)
{
	struct fsps_channel_options options = dropping(_i == 0 ? FEW : MANY);
	fsps_channel *channel = open_with(&options);
	struct tally tally = {.seen = 0};
	const uint32_t burst = (uint32_t)options.limit_messages * 2 + 7;

	for (uint32_t i = 0; i < 5; i++) {
		publish(i * burst, burst);
		tally = take_all_in_order(channel, tally);
	}
	ck_assert_uint_eq(tally.seen + tally.missed, 5 * burst);
	ck_assert_uint_gt(tally.missed, 0);
	ck_assert_uint_eq(fixture_stats(channel).missed, tally.missed);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_kept_copy_tells_the_same_gap)
{
	struct fsps_channel_options options = dropping(MANY);
	fsps_channel *channel = open_with(&options);
	fsps_message *message;
	fsps_message *kept = NULL;

	publish(0, 3 * MANY);
	message = fixture_receive(channel);
	ck_assert_uint_gt(fsps_message_missed(message), 0);
	ck_assert_int_eq(fsps_message_keep(message, &kept), FSPS_OK);
	ck_assert_uint_eq(fsps_message_missed(kept), fsps_message_missed(message));
	fsps_message_unref(message);
	fsps_message_unref(kept);
	fsps_channel_close(channel);
}
END_TEST

/* Drops what bears that number, and notes what gap it saw there. */
struct picky {
	uint32_t number;
	uint64_t missed;
};

static int refuse_number(const fsps_message *message, const char *channel_name, void *userdata)
{
	struct picky *picky = userdata;

	(void)channel_name;
	if (lane_number_of(message) != picky->number)
		return 0;
	picky->missed = fsps_message_missed(message);
	return 1;
}

START_TEST(a_gap_belongs_to_the_next_message_that_no_hook_drops)
{
	struct fsps_channel_options options = dropping(2);
	struct picky picky = {.number = 3};
	fsps_channel *channel = open_with(&options);
	fsps_message *message;

	ck_assert_int_eq(fsps_bus_add_deliver_hook(bus, refuse_number, &picky), FSPS_OK);
	publish(0, 5);
	message = fixture_receive(channel);
	ck_assert_uint_eq(lane_number_of(message), 4);
	ck_assert_uint_eq(fsps_message_missed(message), 3);
	ck_assert_uint_eq(picky.missed, 3);
	fsps_message_unref(message);
	fsps_channel_close(channel);
}
END_TEST

/* ---- several readers ---- */

START_TEST(a_gap_is_told_to_the_reader_that_comes_and_not_to_those_after_it)
{
	struct fsps_channel_options options = dropping(FEW);
	fsps_channel *channel;
	fsps_message *message;

	options.durable = "w";
	fsps_channel_close(open_with(&options));
	publish(0, 2 * FEW);
	channel = open_with(&options);
	message = fixture_receive(channel);
	ck_assert_uint_eq(fsps_message_missed(message), FEW);
	ck_assert_int_eq(fsps_message_ack(channel, message), FSPS_OK);
	fsps_message_unref(message);
	fsps_channel_close(channel);
	channel = open_with(&options);
	message = fixture_receive(channel);
	ck_assert_uint_eq(fsps_message_missed(message), 0);
	fsps_message_unref(message);
	ck_assert_uint_eq(fixture_stats(channel).missed, 0);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(the_workers_of_a_group_are_told_of_each_gap_together_once)
{
	struct fsps_channel_options options = dropping(FEW);
	struct tally tallies[2] = {{.seen = 0}};
	fsps_channel *workers[2];

	options.durable = "w";
	options.shared = 1;
	for (int i = 0; i < 2; i++)
		workers[i] = open_with(&options);
	for (uint32_t round = 0; round < 8; round++) {
		publish(round * 2 * FEW, 2 * FEW);
		tallies[round % 2] = take_all(workers[round % 2], tallies[round % 2]);
	}
	ck_assert_uint_eq(tallies[0].missed + tallies[1].missed, count_dropped());
	ck_assert_uint_eq(tallies[0].seen + tallies[1].seen + count_dropped(), 16 * FEW);
	for (int i = 0; i < 2; i++)
		fsps_channel_close(workers[i]);
}
END_TEST

/* ---- what is handed out when it is dropped ---- */

static struct fsps_channel_options reader_of(int which)
{
	struct fsps_channel_options options = dropping(MANY);

	options.durable = which == 1 ? "w" : NULL;
	options.delivery = which == 2 ? FSPS_AT_MOST_ONCE : FSPS_AT_LEAST_ONCE;
	return options;
}

START_TEST(a_message_that_is_handed_out_stays_as_it_is_when_what_it_lies_in_is_dropped)
{
	struct fsps_channel_options options = reader_of(_i);
	fsps_channel *channel = open_with(&options);
	fsps_message *messages[4];

	publish(0, 100);
	for (uint32_t i = 0; i < 4; i++)
		messages[i] = fixture_receive(channel);
	publish(100, 4 * MANY);
	(void)take_all(channel, (struct tally){.seen = 0});
	publish(100 + 4 * MANY, 4 * MANY);
	for (uint32_t i = 0; i < 4; i++) {
		ck_assert_uint_eq(lane_number_of(messages[i]), i);
		if (options.delivery == FSPS_AT_LEAST_ONCE)
			ck_assert_int_eq(fsps_message_ack(channel, messages[i]), FSPS_OK);
		fsps_message_unref(messages[i]);
	}
	(void)take_all(channel, (struct tally){.seen = 0});
	ck_assert_uint_eq(fixture_stats(channel).unsettled, 0);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_message_that_is_given_back_comes_again_though_what_it_lay_in_was_dropped)
{
	struct fsps_channel_options options = reader_of(_i);
	fsps_channel *channel = open_with(&options);
	fsps_message *message;

	publish(0, 100);
	message = fixture_receive(channel);
	ck_assert_uint_eq(lane_number_of(message), 0);
	publish(100, 4 * MANY);
	ck_assert_int_eq(fsps_message_nack(channel, message, 0, NULL), FSPS_OK);
	fsps_message_unref(message);
	message = fixture_receive(channel);
	ck_assert_uint_eq(lane_number_of(message), 0);
	ck_assert_uint_eq(fsps_message_attempt(message), 2);
	ck_assert_int_eq(fsps_message_ack(channel, message), FSPS_OK);
	fsps_message_unref(message);
	fsps_channel_close(channel);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gap");
	TCase *told = fixture_tcase(suite, "told");
	TCase *readers = fixture_tcase(suite, "readers");
	TCase *handed_out = fixture_tcase(suite, "handed-out");

	tcase_add_checked_fixture(told, set_up, tear_down);
	tcase_add_test(told, a_gap_is_told_with_the_message_behind_it_and_once);
	tcase_add_loop_test(told, every_message_is_handed_out_or_missed, 0, 2);
	tcase_add_test(told, a_kept_copy_tells_the_same_gap);
	tcase_add_test(told, a_gap_belongs_to_the_next_message_that_no_hook_drops);
	tcase_add_checked_fixture(readers, set_up, tear_down);
	tcase_add_test(readers, a_gap_is_told_to_the_reader_that_comes_and_not_to_those_after_it);
	tcase_add_test(readers, the_workers_of_a_group_are_told_of_each_gap_together_once);
	tcase_add_checked_fixture(handed_out, set_up, tear_down);
	tcase_add_loop_test(
		handed_out,
		a_message_that_is_handed_out_stays_as_it_is_when_what_it_lies_in_is_dropped, 0, 3);
	tcase_add_loop_test(
		handed_out,
		a_message_that_is_given_back_comes_again_though_what_it_lay_in_was_dropped, 0, 2);
	return check_main(suite);
}
