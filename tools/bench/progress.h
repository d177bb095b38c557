/* SPDX-License-Identifier: MIT */
/* How far a round is: a line on the terminal that is written over and over, and whether anything
 * moves at all. */
#ifndef BENCH_PROGRESS_H
#define BENCH_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/plan.h"
#include "bench/shared.h"

struct bench_progress {
	/* Somebody looks on. */
	bool shown;
	/* A line stands there. */
	bool dirty;
	/* Which combination and which round this is, for that line. */
	const struct bench_case *what;
	size_t case_number;
	size_t cases;
	int64_t round;
	int64_t rounds;
	/* When it was shown last, and what had been received then. */
	int64_t shown_ns;
	uint64_t received;
	/* When we looked last, when something had moved last, and what was counted then. */
	int64_t look_ns;
	int64_t moved_ns;
	uint64_t counted;
};

/* Whether there is a terminal that wants it. */
void bench_progress_init(struct bench_progress *progress, bool wanted, size_t cases,
			 int64_t rounds);

/* A round begins. */
void bench_progress_begin(struct bench_progress *progress, const struct bench_case *what,
			  size_t case_number, int64_t round);

/* How long to wait before the next look. */
int bench_progress_pause_ms(const struct bench_progress *progress);

/* Looks, and shows it. Returns since when nothing has moved, in ns. */
int64_t bench_progress_look(struct bench_progress *progress, const struct bench_shared *shared);

/* Takes the line away. */
void bench_progress_clear(struct bench_progress *progress);

#endif
