/* SPDX-License-Identifier: MIT */
/* Implements the tables of bench/report.h. */
#include "bench/report.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "cli/fail.h"
#include "cli/human.h"
#include "cli/status.h"
#include "cli/table.h"

enum { CELL_BYTES = 40 };

typedef char cell[CELL_BYTES];

/* ---- messages a second ---- */

enum column {
	MODE,
	SIZE,
	PUBS,
	SUBS,
	CHANNELS,
	MESSAGES,
	LOWEST,
	HIGHEST,
	DELIVERED,
	MEGABYTES,
	LOST,
	PUB_CPU,
	SUB_CPU,
	PUB_RSS,
	SUB_RSS,
	COLUMNS
};

static const struct cli_column columns[COLUMNS] = {
	[MODE] = {"MODE", false, true},
	[SIZE] = {"SIZE", true, false},
	[PUBS] = {"PUBS", true, true},
	[SUBS] = {"SUBS", true, true},
	[CHANNELS] = {"CHANNELS", true, true},
	[MESSAGES] = {"MSGS/S", true, false},
	[LOWEST] = {"LOWEST", true, true},
	[HIGHEST] = {"HIGHEST", true, true},
	[DELIVERED] = {"DELIVERED/S", true, true},
	[MEGABYTES] = {"MB/S", true, false},
	[LOST] = {"LOST", true, false},
	[PUB_CPU] = {"PUB-US", true, false},
	[SUB_CPU] = {"SUB-US", true, false},
	[PUB_RSS] = {"PUB-RSS", true, false},
	[SUB_RSS] = {"SUB-RSS", true, false},
};

static void fill_number(char *text, uint64_t number)
{
	snprintf(text, CELL_BYTES, "%" PRIu64, number);
}

/* A column of which every cell is one says nothing. */
static void fill_unless_one(char *text, uint64_t number)
{
	if (number == 1)
		snprintf(text, CELL_BYTES, "-");
	else
		fill_number(text, number);
}

static void fill_case(cell *cells, const struct bench_case *what)
{
	snprintf(cells[MODE], CELL_BYTES, "%s", bench_mode_text(what->mode));
	cli_human_size(what->size, cells[SIZE]);
	fill_unless_one(cells[PUBS], what->publishers);
	fill_unless_one(cells[SUBS], what->subscribers);
	fill_unless_one(cells[CHANNELS], what->channels);
}

static double of(const struct bench_figures *figures, size_t place)
{
	return bench_figures_of(figures, place, BENCH_MEDIAN);
}

/* What is the same with one round. */
static void fill_range(cell *cells, const struct bench_figures *figures)
{
	size_t place = offsetof(struct bench_round, messages_per_s);

	if (figures->rounds_count == 1) {
		snprintf(cells[LOWEST], CELL_BYTES, "-");
		snprintf(cells[HIGHEST], CELL_BYTES, "-");
		return;
	}
	cli_human_number(bench_figures_of(figures, place, BENCH_LEAST), cells[LOWEST]);
	cli_human_number(bench_figures_of(figures, place, BENCH_MOST), cells[HIGHEST]);
}

static void fill_row(cell *cells, const struct bench_figures *figures)
{
	const struct bench_case *what = figures->what;

	fill_case(cells, what);
	cli_human_number(of(figures, offsetof(struct bench_round, messages_per_s)),
			 cells[MESSAGES]);
	fill_range(cells, figures);
	if (what->subscribers * what->channels == 1)
		snprintf(cells[DELIVERED], CELL_BYTES, "-");
	else
		cli_human_number(of(figures, offsetof(struct bench_round, deliveries_per_s)),
				 cells[DELIVERED]);
	cli_human_digits(of(figures, offsetof(struct bench_round, bytes_per_s)) / 1e6,
			 cells[MEGABYTES]);
	fill_number(cells[LOST], bench_figures_bad(figures));
	cli_human_digits(of(figures, offsetof(struct bench_round, publisher_cpu_us)),
			 cells[PUB_CPU]);
	cli_human_digits(of(figures, offsetof(struct bench_round, subscriber_cpu_us)),
			 cells[SUB_CPU]);
	cli_human_kib(bench_figures_publisher_rss_kib(figures), cells[PUB_RSS]);
	cli_human_kib(bench_figures_subscriber_rss_kib(figures), cells[SUB_RSS]);
}

/* ---- latencies ---- */

enum latency_column {
	L_MODE,
	L_SIZE,
	L_PUBS,
	L_SUBS,
	L_CHANNELS,
	L_COUNT,
	L_MIN,
	L_P50,
	L_P90,
	L_P99,
	L_P99_9,
	L_P99_99,
	L_MAX,
	L_COLUMNS
};

static const struct cli_column latency_columns[L_COLUMNS] = {
	[L_MODE] = {"MODE", false, true},        [L_SIZE] = {"SIZE", true, false},
	[L_PUBS] = {"PUBS", true, true},         [L_SUBS] = {"SUBS", true, true},
	[L_CHANNELS] = {"CHANNELS", true, true}, [L_COUNT] = {"COUNT", true, false},
	[L_MIN] = {"MIN", true, false},          [L_P50] = {"P50", true, false},
	[L_P90] = {"P90", true, false},          [L_P99] = {"P99", true, false},
	[L_P99_9] = {"P99.9", true, false},      [L_P99_99] = {"P99.99", true, false},
	[L_MAX] = {"MAX", true, false},
};

static void fill_latency(cell *cells, const struct bench_figures *figures)
{
	static const struct {
		enum latency_column column;
		double share;
	} shares[] = {
		{L_P50, 0.5}, {L_P90, 0.9}, {L_P99, 0.99}, {L_P99_9, 0.999}, {L_P99_99, 0.9999},
	};
	const struct bench_histogram *latency = &figures->latency;

	fill_case(cells, figures->what);
	cli_human_number((double)latency->count, cells[L_COUNT]);
	cli_human_time(latency->min_ns, cells[L_MIN]);
	cli_human_time(latency->max_ns, cells[L_MAX]);
	for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
		cli_human_time(bench_histogram_quantile_ns(latency, shares[i].share),
			       cells[shares[i].column]);
}

_Static_assert((int)L_MODE == (int)MODE && (int)L_CHANNELS == (int)CHANNELS,
	       "both tables begin alike");

/* ---- both ---- */

typedef void (*fill_cells)(cell *cells, const struct bench_figures *figures);

/* named: with its mode. */
static int add_row(struct cli_table *table, fill_cells fill, const struct bench_figures *figures,
		   bool named)
{
	const char *pointers[COLUMNS];
	cell cells[COLUMNS];

	_Static_assert((int)L_COLUMNS <= (int)COLUMNS, "there is room for either");
	fill(cells, figures);
	for (size_t i = 0; i < table->columns_count; i++)
		pointers[i] = cells[i];
	if (!named)
		pointers[MODE] = "-";
	return cli_table_add(table, pointers);
}

/* The heading has it if there is but one. */
static bool is_one_mode(const struct bench_figures *figures, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		if (figures[i].what->mode != figures[0].what->mode)
			return false;
	}
	return true;
}

/* latencies: of those that have some. */
static int print_table(struct cli_output *output, const struct bench_figures *figures, size_t count,
		       bool latencies)
{
	struct cli_table table;
	int result = 0;

	if (latencies)
		cli_table_init(&table, latency_columns, L_COLUMNS);
	else
		cli_table_init(&table, columns, COLUMNS);
	for (size_t i = 0; i < count && result == 0; i++) {
		if (!latencies || figures[i].latency.count > 0)
			result = add_row(&table, latencies ? fill_latency : fill_row, &figures[i],
					 !is_one_mode(figures, count));
	}
	if (result == 0 && table.rows > 0) {
		if (latencies)
			cli_output_byte(output, '\n');
		cli_table_print(&table, output);
	}
	cli_table_deinit(&table);
	return result == 0 ? 0 : cli_fail(CLI_ERROR, "no memory");
}

int bench_report_tables(struct cli_output *output, const struct bench_figures *figures,
			size_t count)
{
	int status = print_table(output, figures, count, false);

	return status == 0 ? print_table(output, figures, count, true) : status;
}
