/* SPDX-License-Identifier: MIT */
/* Implements tail/summary.h. */
#include "tail/summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/clock.h"
#include "cli/human.h"
#include "cli/json.h"
#include "cli/number.h"
#include "cli/table.h"
#include "cli/terminal.h"

/* Lines of the terminal that are not topics: heading, sum, and where the cursor stays. */
enum { OTHER_ROWS = 3 };

/* To the first place, and away with what is there. */
#define PAINT_OVER "\033[H\033[2J"

enum column { RATE, RATE_BYTES, MESSAGES, BYTES, SENDER, TOPIC, COLUMNS };

static const struct cli_column columns[COLUMNS] = {
	[RATE] = {.title = "MSG/S", .number = true},
	[RATE_BYTES] = {.title = "BYTES/S", .number = true},
	[MESSAGES] = {.title = "MESSAGES", .number = true},
	[BYTES] = {.title = "BYTES", .number = true},
	[SENDER] = {.title = "SENDER"},
	[TOPIC] = {.title = "TOPIC"},
};

static double per_s(uint64_t all, uint64_t mark, int64_t interval_ns)
{
	return interval_ns <= 0 ? 0 : (double)(all - mark) * CLI_NS_PER_S / (double)interval_ns;
}

/* ---- as a table ---- */

static int add_row(struct cli_table *table, const struct tail_count *all,
		   const struct tail_count *mark, int64_t interval_ns, const char *sender,
		   const char *topic)
{
	char rate[CLI_HUMAN_BYTES];
	char rate_bytes[CLI_HUMAN_BYTES];
	char messages[CLI_HUMAN_BYTES];
	char bytes[CLI_HUMAN_BYTES];
	const char *const cells[COLUMNS] = {rate, rate_bytes, messages, bytes, sender, topic};

	cli_human_number(per_s(all->messages, mark->messages, interval_ns), rate);
	cli_human_bytes((uint64_t)per_s(all->bytes, mark->bytes, interval_ns), rate_bytes);
	snprintf(messages, sizeof messages, "%" PRIu64, all->messages);
	cli_human_bytes(all->bytes, bytes);
	return cli_table_add(table, cells);
}

static int add_topic(const struct tail_summary *summary, struct cli_table *table,
		     const struct tail_topic *topic, int64_t interval_ns)
{
	char sender[TAIL_SENDER_BYTES + 4];

	tail_sender_text(topic->uid, tail_processes_find(summary->processes, topic->member),
			 sender);
	if (topic->several)
		strcat(sender, "...");
	return add_row(table, &topic->all, &topic->mark, interval_ns, sender, topic->name);
}

static int add_all(struct cli_table *table, const struct tail_topics *topics, int64_t interval_ns,
		   uint64_t missed)
{
	char text[64];

	snprintf(text, sizeof text, "%zu %s, %" PRIu64 " missed", topics->count,
		 topics->count == 1 ? "topic" : "topics", missed);
	return add_row(table, &topics->all, &topics->mark, interval_ns, "-", text);
}

static size_t rows_of(const struct tail_summary *summary, bool paints)
{
	size_t rows = paints ? cli_terminal_rows(summary->output->fd) : SIZE_MAX;
	size_t room = rows > OTHER_ROWS ? rows - OTHER_ROWS : 1;

	return summary->topics->count < room ? summary->topics->count : room;
}

static int print_table(struct tail_summary *summary, const struct tail_slot *sorted,
		       int64_t interval_ns, uint64_t missed, bool last)
{
	bool paints = cli_terminal_paints(summary->output->fd) && !last;
	size_t rows = rows_of(summary, paints);
	struct cli_table table;
	int result = 0;

	cli_table_init(&table, columns, COLUMNS);
	for (size_t i = 0; result == 0 && i < rows; i++)
		result = add_topic(summary, &table, sorted[i].topic, interval_ns);
	if (result == 0)
		result = add_all(&table, summary->topics, interval_ns, missed);
	if (paints)
		cli_output_text(summary->output, PAINT_OVER);
	else if (summary->printed)
		cli_output_byte(summary->output, '\n');
	if (result == 0)
		cli_table_print(&table, summary->output);
	cli_table_deinit(&table);
	return result;
}

/* ---- as JSON ---- */

static void print_json(struct cli_output *output, const struct tail_topic *topic,
		       const struct tail_process *process, const char *time, int64_t interval_ns)
{
	cli_output_text(output, "{\"topic\":");
	cli_json_text(output, topic->name);
	cli_json_put_text(output, "time", time);
	cli_json_field(output, "interval_seconds");
	cli_json_double(output, cli_human_microseconds((double)interval_ns / CLI_NS_PER_S));
	cli_json_put_unsigned(output, "messages", topic->all.messages);
	cli_json_put_unsigned(output, "bytes", topic->all.bytes);
	cli_json_field(output, "messages_per_second");
	cli_json_double(output, cli_human_thousandths(per_s(topic->all.messages,
							    topic->mark.messages, interval_ns)));
	cli_json_field(output, "bytes_per_second");
	cli_json_double(output, cli_human_thousandths(
					per_s(topic->all.bytes, topic->mark.bytes, interval_ns)));
	cli_json_field(output, "uid");
	if (topic->uid == UINT32_MAX)
		cli_output_text(output, "null");
	else
		cli_json_unsigned(output, topic->uid);
	tail_process_json(output, process);
	cli_output_text(output, "}\n");
}

static void print_lines(struct tail_summary *summary, const struct tail_slot *sorted,
			int64_t interval_ns)
{
	char time[CLI_TIME_BYTES];

	cli_format_utc(cli_wall_us(), time);
	for (size_t i = 0; i < summary->topics->count; i++)
		print_json(summary->output, sorted[i].topic,
			   tail_processes_find(summary->processes, sorted[i].topic->member), time,
			   interval_ns);
}

int tail_summary_print(struct tail_summary *summary, int64_t interval_ns, uint64_t missed,
		       bool last)
{
	struct tail_slot *sorted = tail_topics_sorted(summary->topics);
	int result = 0;

	if (sorted == NULL && summary->topics->count > 0)
		return -1;
	if (summary->json)
		print_lines(summary, sorted, interval_ns);
	else
		result = print_table(summary, sorted, interval_ns, missed, last);
	summary->printed = true;
	free(sorted);
	return result;
}
