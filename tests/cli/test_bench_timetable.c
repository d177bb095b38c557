/* SPDX-License-Identifier: MIT */
/* pubsub-bench --rate: when messages are due, and that nobody waits too short. */
#include "bench/timetable.h"

#include "cli/clock.h"
#include "unit/check_main.h"

enum { INTERVAL_NS = 100, START_NS = 5000 };

START_TEST(a_message_is_due_by_its_number_whenever_the_others_were_sent)
{
	struct bench_timetable timetable = {.interval_ns = INTERVAL_NS, .start_ns = START_NS};

	ck_assert_int_eq(bench_timetable_due_ns(&timetable), START_NS);
	timetable.number = 7;
	ck_assert_int_eq(bench_timetable_due_ns(&timetable), START_NS + 7 * INTERVAL_NS);
	timetable.number = UINT64_C(1) << 40;
	ck_assert_int_eq(bench_timetable_due_ns(&timetable),
			 START_NS + (INT64_C(1) << 40) * INTERVAL_NS);
}
END_TEST

static const struct {
	int64_t ns;
	uint64_t due;
} before[] = {
	{0, 0},    {START_NS, 0},         {START_NS + 1, 1},     {START_NS + 100, 1},
	{5101, 2}, {START_NS + 1000, 10}, {START_NS + 1001, 11},
};

START_TEST(what_is_due_before_a_time_is_what_begins_before_it)
{
	const struct bench_timetable timetable = {.interval_ns = INTERVAL_NS, .start_ns = START_NS};

	ck_assert_uint_eq(bench_timetable_due_before(&timetable, before[_i].ns), before[_i].due);
}
END_TEST

START_TEST(what_is_overdue_is_not_waited_for)
{
	struct bench_timetable timetable = {.interval_ns = 1, .start_ns = cli_now_ns()};
	int64_t now_ns = bench_timetable_wait(&timetable);

	ck_assert_int_ge(now_ns, timetable.start_ns);
	ck_assert_int_le(now_ns, cli_now_ns());
}
END_TEST

/* Asleep, awake, and first the one and then the other. */
static const int64_t spins_ns[] = {0, 1000000000, 500000};

START_TEST(nobody_is_too_early)
{
	struct bench_timetable timetable = {.interval_ns = 1000000,
					    .spin_ns = spins_ns[_i],
					    .start_ns = cli_now_ns(),
					    .number = 2};
	int64_t now_ns = bench_timetable_wait(&timetable);

	ck_assert_int_ge(now_ns, timetable.start_ns + 2000000);
	ck_assert_int_ge(cli_now_ns(), now_ns);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("cli bench timetable");
	TCase *tcase = tcase_create("timetable");

	tcase_add_test(tcase, a_message_is_due_by_its_number_whenever_the_others_were_sent);
	tcase_add_loop_test(tcase, what_is_due_before_a_time_is_what_begins_before_it, 0,
			    (int)(sizeof before / sizeof *before));
	tcase_add_test(tcase, what_is_overdue_is_not_waited_for);
	tcase_add_loop_test(tcase, nobody_is_too_early, 0,
			    (int)(sizeof spins_ns / sizeof *spins_ns));
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
