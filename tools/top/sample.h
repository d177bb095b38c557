/* SPDX-License-Identifier: MIT */
/*
 * The channels of the home at one moment, with what changed since the moment before. To look
 * disturbs nobody.
 *
 * Nobody counts what goes into a channel one by one where messages lie many to a file, so what came
 * in is the larger of what the channel says was published and what left it, or waits, more than
 * before.
 */
#ifndef TOP_SAMPLE_H
#define TOP_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fsps/bus.h>
#include <fsps/home.h>

#include "cli/operands.h"
#include "tail/processes.h"
#include "top/channel_row.h"
#include "top/table.h"

/* Of all channels together, whether they are shown or not. */
struct top_totals {
	size_t channels;
	size_t durable;
	double in;
	double out;
	uint64_t backlog;
	uint64_t claimed;
	uint64_t dead;
};

/* What of a channel is compared with the next moment. */
struct top_counters {
	char *name;
	uint64_t created_us;
	uint64_t published;
	/* What left it, or waits. */
	uint64_t flow;
	uint64_t delivered;
	uint64_t lost;
};

struct top_moment {
	/* In the order of the listing: by name. */
	struct top_counters *list;
	size_t count;
	size_t capacity;
};

struct top_sample {
	fsps_bus *bus;
	struct tail_processes processes;
	struct top_moment before;
	/* 0: this is the first one. */
	int64_t before_ns;
	/* How long it is since the one before; 0: rates are unknown. */
	double interval_s;
	struct top_totals totals;
	struct fsps_home_info home;
	/* There is no home yet. */
	bool no_home;
};

void top_sample_init(struct top_sample *sample, fsps_bus *bus);
void top_sample_deinit(struct top_sample *sample);

/* Looks, and fills the table with the channels that concern one of the filters; none: all. table
 * NULL: only totals are wanted. 0 or a code of libfsps. */
int top_sample_take(struct top_sample *sample, const struct cli_operands *filters,
		    struct top_table *table);

#endif
