/* SPDX-License-Identifier: MIT */
/* Implements what stands before and below the tables of bench/report.h. */
#include <inttypes.h>
#include <stdio.h>

#include "bench/report.h"
#include "cli/human.h"
#include "cli/number.h"

/* ---- heading ---- */

static const char *way_text(const struct bench_options *options)
{
	switch (options->way) {
	case BENCH_BATCH:
		return ", in batches";
	case BENCH_PREPARED:
		return ", prepared";
	case BENCH_IN_PLACE:
		return ", in place";
	case BENCH_PLAIN:
		break;
	}
	return "";
}

static void put_amount(struct cli_output *output, const struct bench_options *options,
		       const struct bench_plan *plan)
{
	char text[128];
	char rate[CLI_HUMAN_BYTES];

	if (options->count != BENCH_NOT_GIVEN)
		snprintf(text, sizeof text, "%" PRId64 " messages of each publisher",
			 options->count);
	else
		snprintf(text, sizeof text, "%.3g s each",
			 (double)plan->cases[0].duration_ns / CLI_NS_PER_S);
	cli_output_text(output, text);
	if (options->interval_ns > 0) {
		cli_human_number((double)CLI_NS_PER_S / (double)options->interval_ns, rate);
		snprintf(text, sizeof text, " at %s/s", rate);
		cli_output_text(output, text);
	}
	snprintf(text, sizeof text,
		 options->rounds == 1 ? ", 1 round" : ", median of %" PRId64 " rounds",
		 options->rounds);
	cli_output_text(output, text);
}

void bench_report_heading(struct cli_output *output, const struct bench_options *options,
			  const struct bench_plan *plan, const struct bench_machine *machine)
{
	char text[512];

	for (size_t i = 0; i < options->modes_count; i++) {
		cli_output_text(output, i > 0 ? ", " : "");
		cli_output_text(output, bench_mode_text(options->modes[i]));
	}
	cli_output_text(output, ": ");
	put_amount(output, options, plan);
	snprintf(text, sizeof text, "%s%s%s%s%s%s%s\n", way_text(options),
		 options->touch ? ", every byte" : "", options->durable ? ", durable" : "",
		 options->ack ? ", acknowledged" : "", options->sync ? ", synced" : "",
		 options->spin_us > 0 ? ", spinning" : "", options->pin ? ", pinned" : "");
	cli_output_text(output, text);
	snprintf(text, sizeof text, "%s, %" PRIu64 " processor%s, %s; home on %s\n\n",
		 machine->processor, machine->processors, machine->processors == 1 ? "" : "s",
		 machine->kernel, machine->file_system);
	cli_output_text(output, text);
}

/* ---- a timetable ---- */

static void tell_late(struct cli_output *output, const struct bench_figures *figures)
{
	char p99[CLI_HUMAN_BYTES];
	char most[CLI_HUMAN_BYTES];
	char text[160];

	cli_human_time(bench_histogram_quantile_ns(&figures->late, 0.99), p99);
	cli_human_time(figures->late.max_ns, most);
	snprintf(text, sizeof text,
		 "\nOf this the publishers themselves were late: by up to %s with 99 %% of the\n"
		 "messages, by %s at most.\n",
		 p99, most);
	cli_output_text(output, text);
}

static void tell_behind(struct cli_output *output, const struct bench_figures *figures)
{
	uint64_t due = 0;
	uint64_t published = 0;
	char text[256];

	for (size_t i = 0; i < figures->rounds_count; i++) {
		due += figures->rounds[i].due;
		published += figures->rounds[i].published;
	}
	if (published >= due)
		return;
	snprintf(text, sizeof text,
		 "%s, %zu bytes, %zu to %zu: the publishers could not keep up: %.3g %% of the "
		 "rate\n",
		 bench_mode_text(figures->what->mode), figures->what->size,
		 figures->what->publishers, figures->what->subscribers,
		 100.0 * (double)published / (double)due);
	cli_output_text(output, text);
}

void bench_report_timetable(struct cli_output *output, const struct bench_figures *figures,
			    size_t count)
{
	if (count == 1 && figures->late.count > 0)
		tell_late(output, figures);
	for (size_t i = 0; i < count; i++)
		tell_behind(output, &figures[i]);
}
