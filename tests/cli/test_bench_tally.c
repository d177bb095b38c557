/* SPDX-License-Identifier: MIT */
/* What pubsub-bench counts: loss, order, repetition and damage, message by message. */
#include "bench/tally.h"

#include <string.h>

#include "unit/check_main.h"

enum { SIZE = 40, SINCE_NS = 1000, CHANNELS = 2, PUBLISHERS = 3 };

static struct bench_tally tally;
static unsigned char payload[SIZE];

static void begin(bool touch)
{
	ck_assert_int_eq(bench_tally_init(&tally, CHANNELS, PUBLISHERS, SIZE), 0);
	tally.touch = touch;
	tally.since_ns = SINCE_NS;
}

/* Lets a message come to a channel. */
static bool come(size_t channel, struct bench_stamp stamp)
{
	struct bench_stamp seen;
	bool good;

	bench_stamp_write(&stamp, payload, SIZE, tally.touch);
	good = bench_tally_take(&tally, channel, payload, SIZE, &seen);
	if (good) {
		ck_assert_uint_eq(seen.publisher, stamp.publisher);
		ck_assert_uint_eq(seen.sequence, stamp.sequence);
		ck_assert_int_eq(seen.measured, stamp.measured);
		ck_assert_int_eq(seen.last, stamp.last);
		ck_assert_int_eq(seen.due_ns, stamp.due_ns);
	}
	return good;
}

START_TEST(all_in_their_order_is_all_right)
{
	begin(false);
	for (uint64_t i = 0; i < 10; i++) {
		for (size_t channel = 0; channel < CHANNELS; channel++) {
			for (uint32_t publisher = 0; publisher < PUBLISHERS; publisher++)
				ck_assert(come(channel, (struct bench_stamp){
								.publisher = publisher,
								.sequence = i,
								.measured = i > 3,
								.last = i == 9,

								.due_ns = SINCE_NS + (int64_t)i}));
		}
	}
	ck_assert_uint_eq(tally.received, 10 * CHANNELS * PUBLISHERS);
	ck_assert_uint_eq(tally.measured, 6 * CHANNELS * PUBLISHERS);
	ck_assert_uint_eq(tally.out_of_order, 0);
	ck_assert_uint_eq(tally.damaged, 0);
	ck_assert_uint_eq(tally.open, 0);
	bench_tally_deinit(&tally);
}
END_TEST

START_TEST(channels_and_publishers_are_counted_apart)
{
	begin(false);
	tally.since_ns = 0;
	ck_assert(come(0, (struct bench_stamp){.publisher = 0, .sequence = 5}));
	ck_assert(come(1, (struct bench_stamp){.publisher = 0, .sequence = 0}));
	ck_assert(come(0, (struct bench_stamp){.publisher = 1, .sequence = 0}));
	ck_assert_uint_eq(tally.out_of_order, 0);
	bench_tally_deinit(&tally);
}
END_TEST

START_TEST(what_comes_twice_or_late_is_out_of_order)
{
	begin(false);
	tally.since_ns = 0;
	ck_assert(come(0, (struct bench_stamp){.sequence = 0}));
	ck_assert(come(0, (struct bench_stamp){.sequence = 2}));
	ck_assert(come(0, (struct bench_stamp){.sequence = 1}));
	ck_assert(come(0, (struct bench_stamp){.sequence = 2}));
	ck_assert_uint_eq(tally.out_of_order, 2);
	ck_assert_uint_eq(tally.received, 4);
	bench_tally_deinit(&tally);
}
END_TEST

START_TEST(a_last_message_that_comes_twice_ends_one_publisher)
{
	begin(false);
	tally.since_ns = 0;
	ck_assert(come(0, (struct bench_stamp){.sequence = 0, .last = true}));
	ck_assert(come(0, (struct bench_stamp){.sequence = 0, .last = true}));
	ck_assert_uint_eq(tally.open, CHANNELS * PUBLISHERS - 1);
	bench_tally_deinit(&tally);
}
END_TEST

/* Bits of the stamp's two words; in between there is nothing that is looked at. */
START_TEST(a_flipped_bit_of_the_stamp_is_damage)
{
	int byte = _i / 8 < 8 ? _i / 8 : SIZE - 16 + _i / 8;
	struct bench_stamp seen;

	begin(false);
	tally.since_ns = 0;
	bench_stamp_write(&(struct bench_stamp){.publisher = 1, .sequence = 77}, payload, SIZE,
			  false);
	payload[byte] ^= (unsigned char)(1 << _i % 8);
	ck_assert(!bench_tally_take(&tally, 0, payload, SIZE, &seen));
	ck_assert_uint_eq(tally.damaged, 1);
	bench_tally_deinit(&tally);
}
END_TEST

START_TEST(another_length_is_damage)
{
	struct bench_stamp seen;

	begin(false);
	tally.since_ns = 0;
	bench_stamp_write(&(struct bench_stamp){0}, payload, SIZE, false);
	ck_assert(!bench_tally_take(&tally, 0, payload, SIZE - 1, &seen));
	ck_assert_uint_eq(tally.damaged, 1);
	ck_assert_uint_eq(tally.received, 0);
	bench_tally_deinit(&tally);
}
END_TEST

START_TEST(a_publisher_that_does_not_exist_is_damage)
{
	begin(false);
	ck_assert(!come(0, (struct bench_stamp){.publisher = PUBLISHERS}));
	ck_assert_uint_eq(tally.damaged, 1);
	bench_tally_deinit(&tally);
}
END_TEST

START_TEST(a_due_time_outside_of_the_run_is_damage)
{
	begin(false);
	ck_assert(!come(0, (struct bench_stamp){.due_ns = SINCE_NS - 1}));
	ck_assert(!come(0, (struct bench_stamp){.due_ns = INT64_MAX}));
	ck_assert(!come(0, (struct bench_stamp){.due_ns = 0}));
	tally.since_ns = 0;
	ck_assert(!come(0, (struct bench_stamp){.due_ns = 1}));
	ck_assert_uint_eq(tally.damaged, 4);
	bench_tally_deinit(&tally);
}
END_TEST

START_TEST(with_touch_each_byte_between_is_looked_at)
{
	struct bench_stamp stamp = {.sequence = 7};
	struct bench_stamp seen;

	begin(true);
	tally.since_ns = 0;
	bench_stamp_write(&stamp, payload, SIZE, true);
	payload[8 + _i] ^= 1;
	ck_assert(!bench_tally_take(&tally, 0, payload, SIZE, &seen));
	payload[8 + _i] ^= 1;
	ck_assert(bench_tally_take(&tally, 0, payload, SIZE, &seen));
	bench_tally_deinit(&tally);
}
END_TEST

START_TEST(the_smallest_payload_has_no_bytes_between)
{
	unsigned char small[BENCH_STAMP_BYTES];
	struct bench_stamp stamp = {.publisher = 2, .sequence = 9, .due_ns = SINCE_NS};
	struct bench_stamp seen;

	bench_stamp_write(&stamp, small, sizeof small, true);
	ck_assert(bench_stamp_read(small, sizeof small, true, SINCE_NS, &seen));
	ck_assert_uint_eq(seen.sequence, 9);
	ck_assert_int_eq(seen.due_ns, SINCE_NS);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("cli bench tally");
	TCase *tcase = tcase_create("tally");

	tcase_add_test(tcase, all_in_their_order_is_all_right);
	tcase_add_test(tcase, channels_and_publishers_are_counted_apart);
	tcase_add_test(tcase, what_comes_twice_or_late_is_out_of_order);
	tcase_add_test(tcase, a_last_message_that_comes_twice_ends_one_publisher);
	tcase_add_loop_test(tcase, a_flipped_bit_of_the_stamp_is_damage, 0, 128);
	tcase_add_test(tcase, another_length_is_damage);
	tcase_add_test(tcase, a_publisher_that_does_not_exist_is_damage);
	tcase_add_test(tcase, a_due_time_outside_of_the_run_is_damage);
	tcase_add_loop_test(tcase, with_touch_each_byte_between_is_looked_at, 0,
			    SIZE - BENCH_STAMP_BYTES);
	tcase_add_test(tcase, the_smallest_payload_has_no_bytes_between);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
