/* SPDX-License-Identifier: MIT */
/* Implements bench/document.h. */
#include "bench/document.h"

#include <stdlib.h>

#include <fsps/version.h>

#include "cli/clock.h"
#include "cli/json.h"
#include "cli/number.h"

static void put_double(struct cli_output *output, const char *name, double number)
{
	cli_json_field(output, name);
	cli_json_double(output, number);
}

static void put_text(struct cli_output *output, const char *name, const char *text)
{
	cli_json_field(output, name);
	cli_json_text(output, text == NULL || text[0] == '\0' ? NULL : text);
}

/* null where there is none. */
static void put_optional(struct cli_output *output, const char *name, bool given, double number)
{
	if (given)
		put_double(output, name, number);
	else
		put_text(output, name, NULL);
}

static void put_machine(struct cli_output *output, const struct bench_machine *machine)
{
	cli_json_field(output, "machine");
	cli_output_text(output, "{\"processor\":");
	cli_json_text(output, machine->processor);
	cli_json_put_unsigned(output, "processors", machine->processors);
	put_text(output, "kernel", machine->kernel);
	cli_json_put_unsigned(output, "memory_bytes", machine->memory_bytes);
	cli_output_byte(output, '}');
}

static const char *way_text(enum bench_way way)
{
	static const char *const texts[] = {"plain", "batch", "prepared", "in-place"};

	return texts[way];
}

static double seconds(int64_t ns)
{
	return (double)ns / CLI_NS_PER_S;
}

static void put_options(struct cli_output *output, const struct bench_options *options)
{
	bool counted = options->count != BENCH_NOT_GIVEN;

	cli_json_field(output, "options");
	cli_output_text(output, "{\"count\":");
	if (counted)
		cli_json_signed(output, options->count);
	else
		cli_output_text(output, "null");
	cli_json_put_unsigned(output, "rounds", (uint64_t)options->rounds);
	put_double(output, "warm_up_s", seconds(options->warm_up_ns));
	put_optional(output, "rate_per_s", options->interval_ns > 0,
		     (double)CLI_NS_PER_S / (double)(options->interval_ns + !options->interval_ns));
	put_text(output, "way", way_text(options->way));
	cli_json_put_unsigned(output, "batch", (uint64_t)options->batch);
	cli_json_put_bool(output, "touch", options->touch);
	cli_json_put_bool(output, "sync", options->sync);
	cli_json_put_bool(output, "durable", options->durable);
	cli_json_put_bool(output, "ack", options->ack);
	cli_json_put_unsigned(output, "spin_us", (uint64_t)options->spin_us);
	cli_json_put_bool(output, "pin", options->pin);
	put_text(output, "lane", getenv("FSPS_LANE"));
	cli_output_byte(output, '}');
}

static void put_round(struct cli_output *output, const struct bench_round *round, bool timed)
{
	cli_output_text(output, "{\"published\":");
	cli_json_unsigned(output, round->published);
	cli_json_put_unsigned(output, "received", round->received);
	cli_json_put_unsigned(output, "lost", round->lost);
	cli_json_put_unsigned(output, "out_of_order", round->out_of_order);
	cli_json_put_unsigned(output, "damaged", round->damaged);
	put_double(output, "seconds", round->seconds);
	put_double(output, "messages_per_s", round->messages_per_s);
	put_double(output, "publish_per_s", round->publish_per_s);
	put_double(output, "deliveries_per_s", round->deliveries_per_s);
	put_double(output, "bytes_per_s", round->bytes_per_s);
	put_double(output, "publisher_cpu_us", round->publisher_cpu_us);
	put_double(output, "subscriber_cpu_us", round->subscriber_cpu_us);
	cli_json_put_unsigned(output, "publisher_rss_kib", round->publisher_rss_kib);
	cli_json_put_unsigned(output, "subscriber_rss_kib", round->subscriber_rss_kib);
	if (timed)
		cli_json_put_unsigned(output, "due", round->due);
	else
		put_text(output, "due", NULL);
	cli_output_byte(output, '}');
}

static void put_buckets(struct cli_output *output, const struct bench_histogram *histogram)
{
	bool first = true;

	cli_json_field(output, "buckets");
	cli_output_byte(output, '[');
	for (size_t i = 0; i < BENCH_HISTOGRAM_BUCKETS; i++) {
		if (histogram->buckets[i] == 0)
			continue;
		cli_output_text(output, first ? "[" : ",[");
		cli_json_unsigned(output, bench_histogram_from_ns(i));
		cli_output_byte(output, ',');
		cli_json_unsigned(output, bench_histogram_from_ns(i + 1));
		cli_output_byte(output, ',');
		cli_json_unsigned(output, histogram->buckets[i]);
		cli_output_byte(output, ']');
		first = false;
	}
	cli_output_byte(output, ']');
}

static void put_late(struct cli_output *output, const struct bench_histogram *late)
{
	if (late->count == 0) {
		put_text(output, "late_p99_ns", NULL);
		put_text(output, "late_max_ns", NULL);
		return;
	}
	cli_json_put_unsigned(output, "late_p99_ns", bench_histogram_quantile_ns(late, 0.99));
	cli_json_put_unsigned(output, "late_max_ns", late->max_ns);
}

static void put_latency(struct cli_output *output, const struct bench_figures *figures)
{
	static const struct {
		const char *name;
		double share;
	} shares[] = {
		{"p50_ns", 0.5},     {"p90_ns", 0.9},       {"p99_ns", 0.99},
		{"p99_9_ns", 0.999}, {"p99_99_ns", 0.9999},
	};
	const struct bench_histogram *latency = &figures->latency;

	cli_json_field(output, "latency");
	if (latency->count == 0) {
		cli_output_text(output, "null");
		return;
	}
	cli_output_text(output, "{\"count\":");
	cli_json_unsigned(output, latency->count);
	cli_json_put_unsigned(output, "min_ns", latency->min_ns);
	for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
		cli_json_put_unsigned(output, shares[i].name,
				      bench_histogram_quantile_ns(latency, shares[i].share));
	cli_json_put_unsigned(output, "max_ns", latency->max_ns);
	put_buckets(output, latency);
	put_late(output, &figures->late);
	cli_output_byte(output, '}');
}

static void put_rounds(struct cli_output *output, const struct bench_figures *figures, bool timed)
{
	cli_json_field(output, "rounds");
	cli_output_byte(output, '[');
	for (size_t i = 0; i < figures->rounds_count; i++) {
		if (i > 0)
			cli_output_byte(output, ',');
		put_round(output, &figures->rounds[i], timed);
	}
	cli_output_byte(output, ']');
}

static void put_case(struct cli_output *output, const struct bench_figures *figures, bool timed)
{
	const struct bench_case *what = figures->what;
	size_t place = offsetof(struct bench_round, messages_per_s);

	cli_output_text(output, "{\"mode\":");
	cli_json_text(output, bench_mode_text(what->mode));
	cli_json_put_unsigned(output, "size", what->size);
	cli_json_put_unsigned(output, "publishers", what->publishers);
	cli_json_put_unsigned(output, "subscribers", what->subscribers);
	cli_json_put_unsigned(output, "channels", what->channels);
	put_optional(output, "duration_s", what->duration_ns != BENCH_NOT_GIVEN,
		     seconds(what->duration_ns));
	put_rounds(output, figures, timed);
	cli_json_field(output, "messages_per_s");
	cli_output_text(output, "{\"median\":");
	cli_json_double(output, bench_figures_of(figures, place, BENCH_MEDIAN));
	put_double(output, "min", bench_figures_of(figures, place, BENCH_LEAST));
	put_double(output, "max", bench_figures_of(figures, place, BENCH_MOST));
	cli_output_byte(output, '}');
	cli_json_put_unsigned(output, "lost", bench_figures_bad(figures));
	put_latency(output, figures);
	cli_output_byte(output, '}');
}

void bench_print_document(struct cli_output *output, const struct bench_document *document)
{
	char started[CLI_TIME_BYTES];

	cli_format_utc(document->started_us, started);
	cli_output_text(output, "{\"version\":");
	cli_json_text(output, fsps_version());
	put_text(output, "started", started);
	cli_json_put_bool(output, "complete", document->complete);
	put_machine(output, document->machine);
	cli_json_field(output, "home");
	cli_output_text(output, "{\"path\":");
	cli_json_text(output, document->home);
	put_text(output, "file_system", document->machine->file_system);
	cli_output_byte(output, '}');
	put_options(output, document->options);
	cli_json_field(output, "cases");
	cli_output_byte(output, '[');
	for (size_t i = 0; i < document->count; i++) {
		if (i > 0)
			cli_output_byte(output, ',');
		put_case(output, &document->figures[i], document->options->interval_ns > 0);
	}
	cli_output_text(output, "]}\n");
}
