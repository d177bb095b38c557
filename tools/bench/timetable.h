/* SPDX-License-Identifier: MIT */
/*
 * When messages are due. The message of number i is due i intervals after the start, whenever those
 * before it were sent: who is late stays late until he has caught up, and shows it.
 */
#ifndef BENCH_TIMETABLE_H
#define BENCH_TIMETABLE_H

#include <stdint.h>

struct bench_timetable {
	/* 0: everything is due at once. */
	int64_t interval_ns;
	/* How long before its time a message is waited for without going to sleep. */
	int64_t spin_ns;
	int64_t start_ns;
	uint64_t number;
};

/* When the next one is due. */
int64_t bench_timetable_due_ns(const struct bench_timetable *timetable);

/* Waits for that time. Returns the time that it is then; a stop signal ends the wait. */
int64_t bench_timetable_wait(const struct bench_timetable *timetable);

/* How many were due before a time. */
uint64_t bench_timetable_due_before(const struct bench_timetable *timetable, int64_t ns);

#endif
