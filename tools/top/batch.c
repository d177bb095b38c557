/* SPDX-License-Identifier: MIT */
/* Implements top/batch.h. */
#include "top/batch.h"

#include <signal.h>
#include <unistd.h>

#include "cli/clock.h"
#include "cli/fail.h"
#include "cli/human.h"
#include "cli/json.h"
#include "cli/signals.h"
#include "cli/status.h"
#include "cli/table.h"
#include "top/heading.h"

struct batch {
	struct top_view *view;
	const struct top_options *options;
	struct cli_output output;
};

/* ---- a table ---- */

static int add_row(const struct top_table *table, const struct top_row *row,
		   struct cli_table *ret_table)
{
	char texts[TOP_COLUMNS_MAX][TOP_TEXT_BYTES];
	const char *cells[TOP_COLUMNS_MAX];

	for (size_t i = 0; i < table->columns_count; i++)
		cells[i] = top_value_text(table, row, i, texts[i]);
	return cli_table_add(ret_table, cells);
}

/* 0 or an exit code. */
static int print_rows(struct batch *batch)
{
	const struct top_table *table = &batch->view->table;
	struct cli_column columns[TOP_COLUMNS_MAX];
	struct cli_table printed;
	int result = 0;

	for (size_t i = 0; i < table->columns_count; i++)
		columns[i] =
			(struct cli_column){.title = table->columns[i].title,
					    .number = top_column_is_number(&table->columns[i])};
	cli_table_init(&printed, columns, table->columns_count);
	for (size_t i = 0; result == 0 && i < table->count; i++)
		result = add_row(table, &table->rows[i], &printed);
	if (result == 0)
		cli_table_print(&printed, &batch->output);
	cli_table_deinit(&printed);
	return result == 0 ? 0 : cli_fail(CLI_ERROR, "no memory");
}

static int print_table(struct batch *batch, bool first)
{
	char text[TOP_HEADING_BYTES];

	if (!first)
		cli_output_byte(&batch->output, '\n');
	for (int i = 0; i < TOP_HEADINGS; i++) {
		top_heading(batch->view, i, text);
		cli_output_text(&batch->output, text);
		cli_output_byte(&batch->output, '\n');
	}
	cli_output_byte(&batch->output, '\n');
	return print_rows(batch);
}

/* ---- JSON ---- */

static void put_rate(struct cli_output *output, const char *name, bool known, double rate)
{
	cli_json_field(output, name);
	if (known)
		cli_json_double(output, cli_human_thousandths(rate));
	else
		cli_output_text(output, "null");
}

static void print_totals(struct cli_output *output, const struct top_sample *sample)
{
	const struct top_totals *totals = &sample->totals;
	bool known = sample->interval_s > 0;

	cli_json_field(output, "interval_seconds");
	if (known)
		cli_json_double(output, cli_human_microseconds(sample->interval_s));
	else
		cli_output_text(output, "null");
	cli_json_put_unsigned(output, "bytes_total", sample->home.bytes_total);
	cli_json_put_unsigned(output, "bytes_free", sample->home.bytes_free);
	cli_json_put_unsigned(output, "bytes_reserved", sample->home.bytes_reserved);
	cli_json_put_unsigned(output, "processes", sample->processes.living);
	put_rate(output, "in_per_second", known, totals->in);
	put_rate(output, "out_per_second", known, totals->out);
	cli_json_put_unsigned(output, "backlog", totals->backlog);
	cli_json_put_unsigned(output, "claimed", totals->claimed);
	cli_json_put_unsigned(output, "dead_letters", totals->dead);
}

static void print_json(struct batch *batch)
{
	const struct top_view *view = batch->view;
	struct cli_output *output = &batch->output;
	char time[CLI_TIME_BYTES];

	cli_format_utc(cli_wall_us(), time);
	cli_output_text(output, "{\"time\":");
	cli_json_text(output, time);
	cli_json_put_text(output, "home", fsps_bus_home(view->bus));
	print_totals(output, &view->sample);
	if (view->shows_topics)
		cli_json_put_unsigned(output, "missed", view->topics.inbox.missed);
	cli_json_field(output, view->shows_topics ? "topics" : "channels");
	cli_output_byte(output, '[');
	for (size_t i = 0; i < view->table.count; i++) {
		if (i > 0)
			cli_output_byte(output, ',');
		top_row_json(output, &view->table, &view->table.rows[i]);
	}
	cli_output_text(output, "]}\n");
}

/* ---- one after another ---- */

/* 0 or an exit code after saying what is wrong. */
static int look(struct top_view *view)
{
	int result = top_view_look(view);

	return result < 0 ? cli_fail_library(result, NULL) : 0;
}

static int print(struct batch *batch, bool first)
{
	int status = 0;

	if (batch->options->json)
		print_json(batch);
	else
		status = print_table(batch, first);
	cli_output_flush(&batch->output);
	return status == 0 ? cli_output_status(&batch->output) : status;
}

/* Until the next table. 0 or an exit code. */
static int wait(struct batch *batch, int64_t due_ns)
{
	int code = 0;

	switch (top_view_wait(batch->view, due_ns, batch->output.fd, false, &code)) {
	case TOP_WAIT_DUE:
	case TOP_WAIT_INPUT:
		return 0;
	case TOP_WAIT_STOPPED:
		return CLI_SIGNAL + cli_stop_signal();
	case TOP_WAIT_CLOSED:
		return CLI_SIGNAL + SIGPIPE;
	case TOP_WAIT_FAILED:
		break;
	}
	return cli_fail_library(code, NULL);
}

int top_batch(struct top_view *view, const struct top_options *options)
{
	struct batch batch = {.view = view, .options = options};
	int64_t left = options->iterations;
	int status = look(view);

	cli_output_init(&batch.output, STDOUT_FILENO);
	/* Rates are over a whole interval, so the first table comes after one, and none is made up
	 * for after we were stopped. */
	for (bool first = true; status == 0 && left != 0; first = false) {
		status = wait(&batch, cli_now_ns() + options->delay_ns);
		if (status == 0)
			status = look(view);
		if (status == 0)
			status = print(&batch, first);
		left -= left > 0;
	}
	if (status == CLI_DONE)
		return cli_output_finish(&batch.output);
	if (cli_output_status(&batch.output) == CLI_ERROR)
		return cli_output_finish(&batch.output);
	return status;
}
