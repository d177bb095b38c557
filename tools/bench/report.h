/* SPDX-License-Identifier: MIT */
/* Tables and histogram for people. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "bench/figures.h"
#include "bench/machine.h"
#include "bench/options.h"
#include "cli/output.h"

/* What was measured on what: two lines and an empty one. */
void bench_report_heading(struct cli_output *output, const struct bench_options *options,
			  const struct bench_plan *plan, const struct bench_machine *machine);

/* The tables, of as many combinations as there are figures of. 0, or an exit code after saying
 * what is wrong. */
int bench_report_tables(struct cli_output *output, const struct bench_figures *figures,
			size_t count);

/* What a timetable asked for and did not get, and what of the latency the publishers were. */
void bench_report_timetable(struct cli_output *output, const struct bench_figures *figures,
			    size_t count);

/* A row of bars for each range of latencies. */
void bench_report_histogram(struct cli_output *output, const struct bench_histogram *histogram);

#endif
