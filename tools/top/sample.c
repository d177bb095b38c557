/* SPDX-License-Identifier: MIT */
/* Implements top/sample.h. */
#include "top/sample.h"

#include <stdlib.h>
#include <string.h>

#include <fsps/error.h>

#include "cli/clock.h"
#include "cli/listed.h"
#include "cli/number.h"

/* Shorter intervals give no rates. */
#define INTERVAL_S_LEAST 0.001

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

static struct top_counters counters_of(const struct fsps_channel_info *info)
{
	return (struct top_counters){.created_us = info->created_us,
				     .published = info->published,
				     .flow = info->backlog + info->delivered - info->redelivered +
					     info->set_aside + top_channel_lost(info) -
					     info->dropped_new,
				     .delivered = info->delivered,
				     .lost = top_channel_lost(info) + info->refused};
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

static int note(const struct fsps_channel_info *info, void *userdata)
{
	struct look *look = userdata;
	struct top_sample *sample = look->sample;
	struct top_counters now = counters_of(info);
	struct top_counters before = counters_before(look, info);
	double interval_s = sample->interval_s;
	struct top_channel_view view = {.has_rates = interval_s > 0, .wall_us = look->wall_us};

	if (view.has_rates) {
		view.in = came_in(info, &now, &before) / interval_s;
		view.out = more(now.delivered, before.delivered) / interval_s;
		view.loses = now.lost > before.lost;
	}
	add_totals(&sample->totals, info, view.in, view.out);
	look->no_memory = keep(&look->now, info->name, &now) < 0;
	if (!look->no_memory && look->table != NULL && is_wanted(look, info))
		look->no_memory =
			top_channel_row_add(look->table, info, &view, &sample->processes) < 0;
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
