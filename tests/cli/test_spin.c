/* SPDX-License-Identifier: MIT */
/* --spin: when to look on and when to go to sleep. */
#include "subscribe/spin.h"

#include "cli/clock.h"
#include "unit/check_main.h"

enum { US = 2000, NS_PER_US = 1000 };

START_TEST(without_spin_it_sleeps_at_once)
{
	struct subscribe_spin spin;

	subscribe_spin_init(&spin, 0);
	ck_assert(!subscribe_spin_goes_on(&spin));
	subscribe_spin_message(&spin);
	ck_assert(!subscribe_spin_goes_on(&spin));
	ck_assert_uint_eq(subscribe_spin_channel_us(0), 0);
}
END_TEST

START_TEST(it_looks_on_for_its_time_after_each_message)
{
	struct subscribe_spin spin;

	subscribe_spin_init(&spin, US);
	for (int message = 0; message < 3; message++) {
		int64_t start_ns = cli_now_ns();

		subscribe_spin_message(&spin);
		while (subscribe_spin_goes_on(&spin))
			continue;
		ck_assert_int_ge(cli_now_ns() - start_ns, US * NS_PER_US);
		/* Woken for nothing it sleeps on. */
		ck_assert(!subscribe_spin_goes_on(&spin));
	}
}
END_TEST

START_TEST(the_library_is_asked_for_a_step_at_most)
{
	ck_assert_uint_eq(subscribe_spin_channel_us(1), 1);
	ck_assert_uint_eq(subscribe_spin_channel_us(1000), 1000);
	ck_assert_uint_eq(subscribe_spin_channel_us(1000000), 1000 * SUBSCRIBE_SPIN_STEP_MS);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("cli spin");
	TCase *tcase = tcase_create("spin");

	tcase_add_test(tcase, without_spin_it_sleeps_at_once);
	tcase_add_test(tcase, it_looks_on_for_its_time_after_each_message);
	tcase_add_test(tcase, the_library_is_asked_for_a_step_at_most);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
