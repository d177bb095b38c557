/* SPDX-License-Identifier: MIT */
/* A channel as a row of the table: what stands in each column. */
#ifndef TOP_CHANNEL_ROW_H
#define TOP_CHANNEL_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include <fsps/bus.h>

#include "tail/processes.h"
#include "top/table.h"

enum top_channel_column {
	TOP_CHANNEL,
	TOP_CHANNEL_IN,
	TOP_CHANNEL_OUT,
	TOP_CHANNEL_BACKLOG,
	TOP_CHANNEL_OLDEST,
	TOP_CHANNEL_DROPPED,
	TOP_CHANNEL_REFUSED,
	TOP_CHANNEL_CLAIMED,
	TOP_CHANNEL_DELAYED,
	TOP_CHANNEL_DEAD,
	TOP_CHANNEL_HELD,
	TOP_CHANNEL_READERS,
	TOP_CHANNEL_PUBLISHERS,
	TOP_CHANNEL_PUBLISHER,
	TOP_CHANNEL_USER,
	TOP_CHANNEL_PID,
	TOP_CHANNEL_COMMAND,
	TOP_CHANNEL_COLUMNS
};

extern const struct top_column top_channel_columns[TOP_CHANNEL_COLUMNS];

/* What is known of a channel beside what it says itself. */
struct top_channel_view {
	/* Whether there is an interval to speak of: then messages a second. */
	bool has_rates;
	double in;
	double out;
	/* It lost or refused some in that time. */
	bool loses;
	/* Of now. */
	uint64_t wall_us;
};

/* How many messages were lost since it was created, for whatever reason. */
uint64_t top_channel_lost(const struct fsps_channel_info *info);

/* Adds a row. 0 or -1 (no memory). */
int top_channel_row_add(struct top_table *table, const struct fsps_channel_info *info,
			const struct top_channel_view *view, struct tail_processes *processes);

#endif
