/* SPDX-License-Identifier: MIT */
/* Tests of base/clock.h: a clock that is read often is right all the same. */
#include "check_main.h"

#include "base/clock.h"
#include "base/sys.h"

/* So many that the first of them are read from the clock itself and the rest need not be. */
enum { READINGS = 200000 };

static struct fsi_clock clock_under_test;

static void set_up(void)
{
	fsi_clock_init(&clock_under_test);
}

START_TEST(a_reading_is_never_late_and_no_more_than_a_microsecond_early)
{
	for (int i = 0; i < READINGS; i++) {
		uint64_t before = fsi_sys_realtime_us();
		uint64_t read = fsi_clock_us(&clock_under_test);
		uint64_t after = fsi_sys_realtime_us();

		ck_assert_uint_le(read, after);
		/* Both are rounded. */
		ck_assert_uint_ge(read + 2, before);
	}
}
END_TEST

START_TEST(readings_in_a_row_go_on)
{
	uint64_t first = fsi_clock_us(&clock_under_test);
	uint64_t last = first;

	for (int i = 0; i < READINGS; i++) {
		uint64_t read = fsi_clock_us(&clock_under_test);

		ck_assert_uint_ge(read, last);
		last = read;
	}
	ck_assert_uint_gt(last, first);
}
END_TEST

START_TEST(a_counter_that_was_set_back_is_not_gone_by)
{
	uint64_t read = fsi_clock_us(&clock_under_test);

	/* As if it could be relied on, and had since been set back. */
	clock_under_test.lasts = 1000;
	clock_under_test.ticks = UINT64_MAX / 2;
	clock_under_test.us = 1;
	ck_assert_uint_ge(fsi_clock_us(&clock_under_test), read);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("clock");
	TCase *tcase = tcase_create("clock");

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_test(tcase, a_reading_is_never_late_and_no_more_than_a_microsecond_early);
	tcase_add_test(tcase, readings_in_a_row_go_on);
	tcase_add_test(tcase, a_counter_that_was_set_back_is_not_gone_by);
	suite_add_tcase(suite, tcase);
	return check_main(suite);
}
