/* SPDX-License-Identifier: MIT */
/* Implements bench/run.h. What was measured is reported in any case, also when it was interrupted.
 */
#include "bench/run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/crew.h"
#include "bench/document.h"
#include "bench/figures.h"
#include "bench/machine.h"
#include "bench/place.h"
#include "bench/report.h"
#include "cli/bus.h"
#include "cli/cleanup.h"
#include "cli/clock.h"
#include "cli/fail.h"
#include "cli/output.h"
#include "cli/signals.h"
#include "cli/status.h"

/* Descriptors of a channel, of a durable one, and of all else. */
enum { CHANNEL_FDS = 5, DURABLE_FDS = 9, OTHER_FDS = 64 };

struct run {
	const struct bench_options *options;
	struct bench_plan plan;
	struct bench_place place;
	struct bench_machine machine;
	struct bench_progress progress;
	uint64_t started_us;
	/* Of the combinations that were begun, and of how many at least a round is done. */
	struct bench_figures *figures;
	size_t figures_count;
	size_t rounds_done;
	/* What was lost does not keep others from being measured. */
	bool lost;
};

/* ---- before ---- */

/* Takes what descriptors we can get, and sees that they suffice. */
static int raise_descriptors(const struct bench_options *options, const struct bench_plan *plan)
{
	uint64_t each = options->durable ? DURABLE_FDS : CHANNEL_FDS;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 0;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	for (size_t i = 0; i < plan->count; i++) {
		uint64_t wanted = plan->cases[i].channels * each + OTHER_FDS;

		if (wanted > limit.rlim_max)
			return cli_fail(CLI_ERROR,
					"--channels %zu takes %" PRIu64
					" descriptors, and a process may have %" PRIu64
					" (ulimit -Hn)",
					plan->cases[i].channels, wanted, (uint64_t)limit.rlim_max);
	}
	return 0;
}

/* ---- a round ---- */

static void name_topics(struct bench_job *job, size_t round)
{
	snprintf(job->topic, sizeof job->topic, "pubsub-bench.%d.%zu", (int)getpid(), round);
	snprintf(job->answer_topic, sizeof job->answer_topic, "pubsub-bench.%d.%zu.back",
		 (int)getpid(), round);
}

static void remove_durable(fsps_bus *bus, const char *pattern, size_t subscriber, size_t channel)
{
	char name[BENCH_NAME_BYTES];
	char channel_name[BENCH_TOPIC_BYTES + BENCH_NAME_BYTES];
	int result;

	bench_durable_name(subscriber, channel, name);
	snprintf(channel_name, sizeof channel_name, "%s_%s", pattern, name);
	result = fsps_durable_remove(bus, channel_name, FSPS_DURABLE_FORCE);
	if (result < 0 && result != FSPS_ERR_NOT_FOUND)
		cli_fail_library(result, "removing a durable channel");
}

/* In a home that stays nothing of ours does. Live channels went with their processes. */
static void remove_channels(const struct bench_job *job)
{
	CLI_CLEANUP(cli_bus_close) struct cli_bus bus = {0};

	if (!job->options->durable || cli_bus_open(&bus, &job->common) != 0)
		return;
	for (size_t i = 0; i < job->what->subscribers; i++) {
		for (size_t j = 0; j < job->what->channels; j++)
			remove_durable(bus.bus, job->topic, i, j);
	}
	if (job->what->mode == BENCH_LATENCY)
		remove_durable(bus.bus, job->answer_topic, 1, 0);
}

static void tell_bad(struct run *run, const struct bench_case *what,
		     const struct bench_round *round)
{
	if (round->lost + round->out_of_order == 0)
		return;
	run->lost = true;
	bench_progress_clear(&run->progress);
	cli_say("%s, %zu bytes: of %" PRIu64 " deliveries %" PRIu64 " were lost, %" PRIu64
		" of them damaged, and %" PRIu64 " came twice or in the wrong order",
		bench_mode_text(what->mode), what->size, round->received + round->lost, round->lost,
		round->damaged, round->out_of_order);
}

static int run_round(struct run *run, const struct bench_case *what, struct bench_figures *figures)
{
	struct bench_shared shared;
	struct bench_job job = {.options = run->options,
				.what = what,
				.shared = &shared,
				.common = run->options->common};
	int status = bench_shared_open(&shared, what->publishers, what->subscribers);

	job.common.home = run->place.home;
	name_topics(&job, run->rounds_done);
	if (status == 0)
		status = bench_crew_run(&job, &run->progress);
	remove_channels(&job);
	if (status == 0) {
		tell_bad(run, what, bench_figures_add(figures, &shared));
		run->rounds_done++;
	}
	bench_shared_close(&shared);
	return status;
}

static int run_case(struct run *run, size_t index)
{
	const struct bench_case *what = &run->plan.cases[index];
	struct bench_figures *figures = &run->figures[index];
	int64_t rounds = run->options->rounds;
	int status = bench_figures_init(figures, what, (size_t)rounds);

	for (int64_t round = 0; round < rounds && status == 0; round++) {
		bench_progress_begin(&run->progress, what, index, round);
		status = run_round(run, what, figures);
	}
	if (figures->rounds_count > 0)
		run->figures_count = index + 1;
	return status;
}

static int run_all(struct run *run)
{
	int status = 0;

	for (size_t i = 0; i < run->plan.count && status == 0; i++)
		status = run_case(run, i);
	return status;
}

/* ---- after ---- */

static void print_document(struct cli_output *output, const struct run *run, bool complete)
{
	const struct bench_document document = {.options = run->options,
						.machine = &run->machine,
						.home = run->place.home,
						.started_us = run->started_us,
						.figures = run->figures,
						.count = run->figures_count,
						.complete = complete};

	bench_print_document(output, &document);
}

/* The first of those that have one, if it is the only one. */
static const struct bench_histogram *only_histogram(const struct run *run)
{
	const struct bench_histogram *only = NULL;

	for (size_t i = 0; i < run->figures_count; i++) {
		if (run->figures[i].latency.count == 0)
			continue;
		if (only != NULL)
			return NULL;
		only = &run->figures[i].latency;
	}
	return only;
}

static int print_tables(struct cli_output *output, const struct run *run)
{
	const struct bench_histogram *only = only_histogram(run);
	bool quiet = run->options->quiet;
	int status;

	if (!quiet)
		bench_report_heading(output, run->options, &run->plan, &run->machine);
	status = bench_report_tables(output, run->figures, run->figures_count);
	if (quiet || status != 0)
		return status;
	if (only != NULL)
		bench_report_histogram(output, only);
	bench_report_timetable(output, run->figures, run->figures_count);
	return 0;
}

static int report(const struct run *run, bool complete)
{
	struct cli_output output;
	int status = 0;
	int written;

	cli_output_init(&output, STDOUT_FILENO);
	if (run->options->json)
		print_document(&output, run, complete);
	else if (run->figures_count > 0)
		status = print_tables(&output, run);
	written = cli_output_finish(&output);
	return status == 0 ? written : status;
}

/* ---- all ---- */

static int prepare(struct run *run)
{
	const struct bench_options *options = run->options;
	int status = bench_plan_make(options, &run->plan);

	if (status == 0)
		status = raise_descriptors(options, &run->plan);
	if (status != 0)
		return status;
	run->figures = calloc(run->plan.count, sizeof *run->figures);
	if (run->figures == NULL)
		return cli_fail(CLI_ERROR, "no memory");
	bench_progress_init(&run->progress, !options->quiet, run->plan.count, options->rounds);
	status = bench_place_open(&run->place, &options->common);
	bench_machine_look(&run->machine, run->place.home);
	return status;
}

static int measure(struct run *run)
{
	int status = run_all(run);
	int reported = report(run, status == 0);

	if (status != 0)
		return status;
	return reported == 0 && run->lost ? CLI_FULL : reported;
}

int bench_run(const struct bench_options *options)
{
	struct run run = {.options = options, .place.lock = -1, .started_us = cli_wall_us()};
	int status = prepare(&run);

	if (status == 0)
		status = measure(&run);
	bench_place_close(&run.place);
	for (size_t i = 0; run.figures != NULL && i < run.plan.count; i++)
		bench_figures_deinit(&run.figures[i]);
	free(run.figures);
	bench_plan_deinit(&run.plan);
	return status;
}
