/* SPDX-License-Identifier: MIT */
/* Implements bench/figures.h. */
#include "bench/figures.h"

#include <stdlib.h>
#include <string.h>

#include "cli/fail.h"
#include "cli/status.h"

int bench_figures_init(struct bench_figures *figures, const struct bench_case *what, size_t rounds)
{
	*figures = (struct bench_figures){.what = what,
					  .rounds = calloc(rounds, sizeof *figures->rounds)};
	return figures->rounds == NULL ? cli_fail(CLI_ERROR, "no memory") : 0;
}

void bench_figures_deinit(struct bench_figures *figures)
{
	free(figures->rounds);
}

/* ---- adding up ---- */

/* What the processes of one side did together. */
struct side {
	uint64_t measured;
	int64_t start_ns;
	int64_t end_ns;
	int64_t cpu_ns;
	uint64_t rss_max_kib;
};

static struct side add_up(const struct bench_seat *seats, size_t count)
{
	struct side side = {.start_ns = seats[0].start_ns, .end_ns = seats[0].end_ns};

	for (size_t i = 0; i < count; i++) {
		const struct bench_seat *seat = &seats[i];

		side.measured += seat->measured;
		side.cpu_ns += seat->cpu_ns;
		if (seat->start_ns < side.start_ns)
			side.start_ns = seat->start_ns;
		if (seat->end_ns > side.end_ns)
			side.end_ns = seat->end_ns;
		if (seat->rss_max_kib > side.rss_max_kib)
			side.rss_max_kib = seat->rss_max_kib;
	}
	return side;
}

/* What was lost on the way, or came wrong. */
static void count_bad(struct bench_round *round, const struct bench_shared *shared, size_t channels)
{
	uint64_t wanted = bench_shared_published(shared) * channels;

	for (size_t i = 0; i < shared->subscribers; i++) {
		const struct bench_seat *seat = bench_shared_subscriber(shared, i);

		round->lost += wanted > seat->messages ? wanted - seat->messages : 0;
		round->out_of_order += seat->out_of_order;
		round->damaged += seat->damaged;
	}
}

static double per_second(double number, int64_t ns)
{
	return ns > 0 ? number * 1e9 / (double)ns : 0;
}

static double us_each(int64_t ns, uint64_t count)
{
	return count > 0 ? (double)ns / 1000 / (double)count : 0;
}

const struct bench_round *bench_figures_add(struct bench_figures *figures,
					    const struct bench_shared *shared)
{
	struct bench_round *round = &figures->rounds[figures->rounds_count++];
	const struct bench_case *what = figures->what;
	struct side out = add_up(bench_shared_publisher(shared, 0), shared->publishers);
	struct side in = add_up(bench_shared_subscriber(shared, 0), shared->subscribers);
	/* A round trip is over when the answer is there. */
	int64_t end_ns = out.end_ns > in.end_ns ? out.end_ns : in.end_ns;
	int64_t ns = end_ns - out.start_ns;

	*round = (struct bench_round){
		.published = out.measured,
		.received = in.measured,
		.seconds = (double)ns / 1e9,
		.messages_per_s = per_second((double)out.measured, ns),
		.publish_per_s = per_second((double)out.measured, out.end_ns - out.start_ns),
		.deliveries_per_s = per_second((double)in.measured, ns),
		.bytes_per_s = per_second((double)out.measured * (double)what->size, ns),
		.publisher_cpu_us = us_each(out.cpu_ns, out.measured),
		.subscriber_cpu_us = us_each(in.cpu_ns, in.measured),
		.publisher_rss_kib = out.rss_max_kib,
		.subscriber_rss_kib = in.rss_max_kib,
	};
	count_bad(round, shared, what->channels);
	for (size_t i = 0; i < shared->publishers + shared->subscribers; i++) {
		round->due += shared->seats[i].due;
		bench_histogram_merge(&figures->latency, &shared->seats[i].latency);
		bench_histogram_merge(&figures->late, &shared->seats[i].late);
	}
	return round;
}

/* ---- of all rounds ---- */

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left;
	double b = *(const double *)right;

	return (a > b) - (a < b);
}

double bench_figures_of(const struct bench_figures *figures, size_t place, enum bench_of which)
{
	double values[BENCH_ROUNDS_MAX];
	size_t count = figures->rounds_count;

	if (count == 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		memcpy(&values[i], (const char *)&figures->rounds[i] + place, sizeof values[i]);
	qsort(values, count, sizeof *values, compare);
	if (which == BENCH_LEAST)
		return values[0];
	if (which == BENCH_MOST)
		return values[count - 1];
	return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

uint64_t bench_figures_bad(const struct bench_figures *figures)
{
	uint64_t bad = 0;

	for (size_t i = 0; i < figures->rounds_count; i++)
		bad += figures->rounds[i].lost + figures->rounds[i].out_of_order;
	return bad;
}

uint64_t bench_figures_publisher_rss_kib(const struct bench_figures *figures)
{
	uint64_t most = 0;

	for (size_t i = 0; i < figures->rounds_count; i++) {
		if (figures->rounds[i].publisher_rss_kib > most)
			most = figures->rounds[i].publisher_rss_kib;
	}
	return most;
}

uint64_t bench_figures_subscriber_rss_kib(const struct bench_figures *figures)
{
	uint64_t most = 0;

	for (size_t i = 0; i < figures->rounds_count; i++) {
		if (figures->rounds[i].subscriber_rss_kib > most)
			most = figures->rounds[i].subscriber_rss_kib;
	}
	return most;
}
