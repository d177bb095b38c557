/* SPDX-License-Identifier: MIT */
/*
 * Implements bench_report_histogram() of bench/report.h. The rows grow with what is in them,
 * so that what differs by microseconds and what differs by milliseconds are both seen, and end
 * where P99.9 is: one that came a second late must not make all others one row. The last row has
 * what is above.
 */
#include <stdio.h>
#include <string.h>

#include "bench/report.h"
#include "cli/human.h"

enum { ROWS = 16, BAR = 40 };

static void put_row(struct cli_output *output, uint64_t from_ns, uint64_t to_ns, uint64_t count,
		    uint64_t most, uint64_t all)
{
	char from[CLI_HUMAN_BYTES];
	char to[CLI_HUMAN_BYTES];
	char bar[BAR + 1];
	char line[160];
	/* Whoever is there is seen. */
	size_t len = (size_t)((count * BAR + most - 1) / most);

	memset(bar, '#', len);
	bar[len] = '\0';
	cli_human_time(from_ns, from);
	cli_human_time(to_ns, to);
	snprintf(line, sizeof line, "%8s - %-8s %7.3f %%  %s\n", from, to,
		 100.0 * (double)count / (double)all, bar);
	cli_output_text(output, line);
}

/* Where the rows begin; the one behind the last one is where they end. Each has as many buckets as
 * the others, but at least one, so there may be fewer. Returns how many there are. */
static size_t divide(const struct bench_histogram *histogram, uint64_t *ret_begins)
{
	size_t first = bench_histogram_bucket(histogram->min_ns);
	size_t end = bench_histogram_bucket(bench_histogram_quantile_ns(histogram, 0.999)) + 1;
	size_t rows = end - first < ROWS ? end - first : ROWS;

	for (size_t i = 0; i <= rows; i++)
		ret_begins[i] = bench_histogram_from_ns(first + (end - first) * i / rows);
	return rows;
}

void bench_report_histogram(struct cli_output *output, const struct bench_histogram *histogram)
{
	uint64_t begins[ROWS + 1];
	uint64_t counts[ROWS + 1];
	uint64_t most = 1;
	size_t rows;

	if (histogram->count == 0)
		return;
	rows = divide(histogram, begins);
	for (size_t i = 0; i <= rows; i++) {
		counts[i] = bench_histogram_between(histogram, begins[i],
						    i < rows ? begins[i + 1] : UINT64_MAX);
		most = counts[i] > most ? counts[i] : most;
	}
	cli_output_byte(output, '\n');
	for (size_t i = 0; i < rows; i++)
		put_row(output, begins[i], begins[i + 1], counts[i], most, histogram->count);
	if (counts[rows] > 0)
		put_row(output, begins[rows], histogram->max_ns, counts[rows], most,
			histogram->count);
}
