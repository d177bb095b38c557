/* SPDX-License-Identifier: MIT */
/* Implements bench/timetable.h. */
#include "bench/timetable.h"

#include "cli/clock.h"
#include "cli/signals.h"

int64_t bench_timetable_due_ns(const struct bench_timetable *timetable)
{
	return timetable->start_ns + (int64_t)timetable->number * timetable->interval_ns;
}

int64_t bench_timetable_wait(const struct bench_timetable *timetable)
{
	int64_t due_ns = bench_timetable_due_ns(timetable);
	int64_t now_ns = cli_now_ns();

	if (now_ns < due_ns - timetable->spin_ns) {
		cli_sleep_until(due_ns - timetable->spin_ns);
		now_ns = cli_now_ns();
	}
	while (now_ns < due_ns && cli_stop_signal() == 0)
		now_ns = cli_now_ns();
	return now_ns;
}

uint64_t bench_timetable_due_before(const struct bench_timetable *timetable, int64_t ns)
{
	if (ns <= timetable->start_ns)
		return 0;
	return (uint64_t)((ns - timetable->start_ns - 1) / timetable->interval_ns) + 1;
}
