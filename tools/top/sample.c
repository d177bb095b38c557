/* SPDX-License-Identifier: MIT */
/* Implements top/sample.h. */
#include "top/sample.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fsps/durable.h>
#include <fsps/error.h>
#include <fsps/topic.h>

#include "cli/clock.h"
#include "cli/listed.h"
#include "cli/number.h"
#include "cli/users.h"

enum { US_PER_S = 1000000, OLD_S = 60 };

/* Shorter intervals give no rates. */
#define INTERVAL_S_LEAST 0.001

const struct top_column top_channel_columns[TOP_CHANNEL_COLUMNS] = {
	[TOP_CHANNEL] = {"CHANNEL", "channel", TOP_NAME,
			 "pattern, or pattern_name of a durable channel"},
	[TOP_CHANNEL_IN] = {"IN/S", "in_per_second", TOP_RATE, "messages in, a second"},
	[TOP_CHANNEL_OUT] = {"OUT/S", "out_per_second", TOP_RATE, "messages handed out, a second"},
	[TOP_CHANNEL_BACKLOG] = {"BACKLOG", "backlog", TOP_COUNT, "messages that wait"},
	[TOP_CHANNEL_OLDEST] = {"OLDEST", "oldest_seconds", TOP_SECONDS,
				"how long the first of them has"},
	[TOP_CHANNEL_DROPPED] = {"DROPPED", "dropped", TOP_COUNT,
				 "lost: it was full, or they too old"},
	[TOP_CHANNEL_REFUSED] = {"REFUSED", "refused", TOP_COUNT, "publishers were told: full"},
	[TOP_CHANNEL_CLAIMED] = {"CLAIMED", "claimed", TOP_COUNT, "somebody works on them"},
	[TOP_CHANNEL_DELAYED] = {"DELAYED", "delayed", TOP_COUNT, "failed, come again later"},
	[TOP_CHANNEL_DEAD] = {"DEAD", "dead_letters", TOP_COUNT, "dead letters"},
	[TOP_CHANNEL_HELD] = {"HELD", "held_bytes", TOP_BYTES, "bytes that count for its limit"},
	[TOP_CHANNEL_READERS] = {"READERS", "readers", TOP_COUNT, "processes that read from it"},
	[TOP_CHANNEL_PUBLISHERS] = {"PUBS", "publishers", TOP_COUNT, "processes that stream to it"},
	[TOP_CHANNEL_PUBLISHER] = {"PUBLISHER", "publisher", TOP_TEXT, "one of these"},
	[TOP_CHANNEL_USER] = {"USER", "user", TOP_TEXT, "whose it is"},
	[TOP_CHANNEL_PID] = {"PID", "pid", TOP_COUNT, "a process that reads from it"},
	[TOP_CHANNEL_COMMAND] = {"CMD", "command", TOP_TEXT, "what that calls itself"},
};

void top_sample_init(struct top_sample *sample, fsps_bus *bus)
{
	*sample = (struct top_sample){.bus = bus};
	tail_processes_init(&sample->processes, bus);
}

static void moment_deinit(struct top_moment *moment)
{
	for (size_t i = 0; i < moment->count; i++)
		free(moment->list[i].name);
	free(moment->list);
	*moment = (struct top_moment){0};
}

void top_sample_deinit(struct top_sample *sample)
{
	moment_deinit(&sample->before);
	tail_processes_deinit(&sample->processes);
}

/* ---- counters ---- */

/* One look. */
struct look {
	struct top_sample *sample;
	const struct cli_operands *filters;
	struct top_table *table;
	struct top_moment now;
	/* How far the moment before was compared. */
	size_t compared;
	uint64_t wall_us;
	bool no_memory;
};

static uint64_t lost(const struct fsps_channel_info *info)
{
	return info->dropped + info->dropped_new + info->dropped_oldest + info->expired +
	       info->evicted;
}

static struct top_counters counters_of(const struct fsps_channel_info *info)
{
	return (struct top_counters){.created_us = info->created_us,
				     .published = info->published,
				     .flow = info->backlog + info->delivered - info->redelivered +
					     info->set_aside + lost(info) - info->dropped_new,
				     .delivered = info->delivered,
				     .lost = lost(info) + info->refused};
}

/* 0 or -1 (no memory). */
static int keep(struct top_moment *moment, const char *name, const struct top_counters *counters)
{
	if (moment->count == moment->capacity) {
		size_t capacity = 2 * moment->capacity + 16;
		struct top_counters *grown = reallocarray(moment->list, capacity, sizeof *grown);

		if (grown == NULL)
			return -1;
		moment->list = grown;
		moment->capacity = capacity;
	}
	moment->list[moment->count] = *counters;
	moment->list[moment->count].name = strdup(name);
	return moment->list[moment->count++].name == NULL ? -1 : 0;
}

/* What it had counted the moment before: nothing if it was not there. Both listings are sorted. */
static struct top_counters counters_before(struct look *look, const struct fsps_channel_info *info)
{
	const struct top_moment *before = &look->sample->before;

	for (; look->compared < before->count; look->compared++) {
		const struct top_counters *counters = &before->list[look->compared];
		int order = strcmp(counters->name, info->name);

		if (order == 0 && counters->created_us == info->created_us)
			return *counters;
		if (order > 0)
			break;
	}
	return (struct top_counters){0};
}

static double more(uint64_t now, uint64_t before)
{
	return now > before ? (double)(now - before) : 0;
}

static double came_in(const struct fsps_channel_info *info, const struct top_counters *now,
		      const struct top_counters *before)
{
	double published = more(now->published, before->published);
	double flow = more(now->flow, before->flow);

	/* What is handed out again, or removed by hand, is no flow. */
	return info->kind == FSPS_KIND_LIVE && flow > published ? flow : published;
}

/* ---- a channel as a row ---- */

/* A live channel's directory has a random number and a process in it, which say nothing here. */
static void name_of(const struct fsps_channel_info *info, char *ret_name, size_t size)
{
	if (info->kind == FSPS_KIND_LIVE)
		snprintf(ret_name, size, "%s", info->pattern);
	else
		snprintf(ret_name, size, "%s_%s%s", info->pattern, info->durable,
			 info->kind == FSPS_KIND_INBOX ? ".in" : "");
}

static void fill_publisher(struct look *look, struct top_row *row,
			   const struct fsps_channel_info *info)
{
	const struct tail_process *process =
		tail_processes_find(&look->sample->processes, info->publisher);
	char text[TOP_TEXT_BYTES];

	top_row_number(row, TOP_CHANNEL_PUBLISHERS, info->publishers);
	if (process == NULL || process->pid == 0)
		return;
	snprintf(text, sizeof text, "%s:%" PRId64, process->identity, process->pid);
	top_row_text(row, TOP_CHANNEL_PUBLISHER, text);
}

static void fill_readers(struct top_row *row, const struct fsps_channel_info *info)
{
	if (info->kind == FSPS_KIND_DURABLE)
		top_row_number(row, TOP_CHANNEL_READERS, info->readers);
	else if (info->alive != FSPS_ALIVE_UNKNOWN)
		top_row_number(row, TOP_CHANNEL_READERS, info->alive == FSPS_ALIVE_YES);
}

static void fill_owner(struct top_row *row, const struct fsps_channel_info *info)
{
	char text[CLI_COMMAND_BYTES];

	fill_readers(row, info);
	cli_user_text(info->uid, text);
	top_row_text(row, TOP_CHANNEL_USER, text);
	if (info->pid != 0)
		top_row_number(row, TOP_CHANNEL_PID, (double)info->pid);
	cli_listed_command(info, text);
	top_row_text(row, TOP_CHANNEL_COMMAND, text);
}

static void fill_waiting(const struct look *look, struct top_row *row,
			 const struct fsps_channel_info *info)
{
	top_row_number(row, TOP_CHANNEL_BACKLOG, (double)info->backlog);
	if (info->oldest_us != 0)
		top_row_number(row, TOP_CHANNEL_OLDEST,
			       more(look->wall_us, info->oldest_us) / US_PER_S);
	top_row_number(row, TOP_CHANNEL_CLAIMED, (double)info->claimed);
	top_row_number(row, TOP_CHANNEL_DELAYED, (double)info->delayed);
	top_row_number(row, TOP_CHANNEL_DEAD, (double)info->dead_letters);
}

static void fill_counters(const struct look *look, struct top_row *row,
			  const struct fsps_channel_info *info, double in, double out)
{
	if (info->plain)
		return;
	if (look->sample->interval_s > 0) {
		top_row_number(row, TOP_CHANNEL_IN, in);
		top_row_number(row, TOP_CHANNEL_OUT, out);
	}
	top_row_number(row, TOP_CHANNEL_DROPPED, (double)lost(info));
	top_row_number(row, TOP_CHANNEL_REFUSED, (double)info->refused);
	top_row_number(row, TOP_CHANNEL_HELD, (double)info->held_bytes);
}

static enum top_mark mark_of(const struct look *look, const struct fsps_channel_info *info,
			     const struct top_counters *now, const struct top_counters *before)
{
	if (look->sample->interval_s > 0 && now->lost > before->lost)
		return TOP_MARK_WARN;
	if (info->dead_letters > 0 || info->alive == FSPS_ALIVE_NO)
		return info->kind == FSPS_KIND_DURABLE && info->dead_letters == 0 ? TOP_MARK_NONE
										  : TOP_MARK_NOTE;
	return info->oldest_us != 0 && more(look->wall_us, info->oldest_us) > OLD_S * US_PER_S
		       ? TOP_MARK_NOTE
		       : TOP_MARK_NONE;
}

/* ---- looking ---- */

static bool is_wanted(const struct look *look, const struct fsps_channel_info *info)
{
	for (size_t i = 0; i < look->filters->count; i++) {
		if (cli_listed_concerns(look->filters->values[i], info))
			return true;
	}
	return look->filters->count == 0;
}

static void add_totals(struct top_totals *totals, const struct fsps_channel_info *info, double in,
		       double out)
{
	totals->channels++;
	totals->durable += info->kind == FSPS_KIND_DURABLE;
	totals->in += in;
	totals->out += out;
	totals->backlog += info->backlog;
	totals->claimed += info->claimed;
	totals->dead += info->dead_letters;
}

static int show(struct look *look, const struct fsps_channel_info *info, double in, double out,
		enum top_mark mark)
{
	char name[FSPS_PATTERN_MAX + FSPS_DURABLE_NAME_MAX + 8];
	struct top_row *row;

	name_of(info, name, sizeof name);
	row = top_table_add(look->table, name, info->name);
	if (row == NULL)
		return -1;
	row->mark = mark;
	fill_counters(look, row, info, in, out);
	fill_waiting(look, row, info);
	fill_publisher(look, row, info);
	fill_owner(row, info);
	return 0;
}

static int note(const struct fsps_channel_info *info, void *userdata)
{
	struct look *look = userdata;
	struct top_counters now = counters_of(info);
	struct top_counters before = counters_before(look, info);
	double interval_s = look->sample->interval_s;
	double in = interval_s > 0 ? came_in(info, &now, &before) / interval_s : 0;
	double out = interval_s > 0 ? more(now.delivered, before.delivered) / interval_s : 0;

	add_totals(&look->sample->totals, info, in, out);
	look->no_memory = keep(&look->now, info->name, &now) < 0;
	if (!look->no_memory && look->table != NULL && is_wanted(look, info))
		look->no_memory = show(look, info, in, out, mark_of(look, info, &now, &before)) < 0;
	return look->no_memory;
}

static void begin(struct top_sample *sample)
{
	int64_t now_ns = cli_now_ns();
	double interval_s = (double)(now_ns - sample->before_ns) / CLI_NS_PER_S;

	sample->interval_s =
		sample->before_ns != 0 && interval_s >= INTERVAL_S_LEAST ? interval_s : 0;
	sample->before_ns = now_ns;
	sample->totals = (struct top_totals){0};
	sample->home = (struct fsps_home_info){.size = sizeof sample->home};
}

int top_sample_take(struct top_sample *sample, const struct cli_operands *filters,
		    struct top_table *table)
{
	struct look look = {
		.sample = sample, .filters = filters, .table = table, .wall_us = cli_wall_us()};
	int result;

	begin(sample);
	if (table != NULL)
		top_table_begin(table, top_channel_columns, TOP_CHANNEL_COLUMNS);
	result = fsps_home_look(sample->bus, &sample->home);
	sample->no_home = result == 0;
	if (result < 0)
		return result;
	if (tail_processes_read(&sample->processes) < 0)
		return FSPS_ERR_NO_MEMORY;
	result = fsps_bus_list(sample->bus, note, &look);
	moment_deinit(&sample->before);
	sample->before = look.now;
	if (result < 0)
		return result;
	return look.no_memory ? FSPS_ERR_NO_MEMORY : 0;
}
