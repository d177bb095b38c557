/* SPDX-License-Identifier: MIT */
/* What came out of the rounds of one combination. */
#ifndef BENCH_FIGURES_H
#define BENCH_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/histogram.h"
#include "bench/plan.h"
#include "bench/shared.h"

/* One round. Without the warm-up, but for what was lost. */
struct bench_round {
	uint64_t published;
	/* By all subscribers on all channels. */
	uint64_t received;
	uint64_t lost;
	uint64_t out_of_order;
	/* They are among the lost ones. */
	uint64_t damaged;
	/* Of a timetable: what it asked for. */
	uint64_t due;
	/* From the first publish to the last receive. */
	double seconds;
	double messages_per_s;
	double publish_per_s;
	double deliveries_per_s;
	double bytes_per_s;
	/* A message that was published, and one that was received. */
	double publisher_cpu_us;
	double subscriber_cpu_us;
	uint64_t publisher_rss_kib;
	uint64_t subscriber_rss_kib;
};

struct bench_figures {
	const struct bench_case *what;
	struct bench_round *rounds;
	size_t rounds_count;
	/* Of all rounds: latencies, and how late publishers were by themselves. */
	struct bench_histogram latency;
	struct bench_histogram late;
};

/* Room for so many rounds. 0, or an exit code after saying what is wrong. */
int bench_figures_init(struct bench_figures *figures, const struct bench_case *what, size_t rounds);
void bench_figures_deinit(struct bench_figures *figures);

/* Adds the round that has just ended. Returns it. */
const struct bench_round *bench_figures_add(struct bench_figures *figures,
					    const struct bench_shared *shared);

/* Of one number of all rounds, which is told by its place in them (offsetof). */
enum bench_of { BENCH_MEDIAN, BENCH_LEAST, BENCH_MOST };
double bench_figures_of(const struct bench_figures *figures, size_t place, enum bench_of which);

/* Of all rounds: what was lost or wrong, and the most memory. */
uint64_t bench_figures_bad(const struct bench_figures *figures);
uint64_t bench_figures_publisher_rss_kib(const struct bench_figures *figures);
uint64_t bench_figures_subscriber_rss_kib(const struct bench_figures *figures);

#endif
