/* SPDX-License-Identifier: MIT */
/* A channel as text, in the columns of the table. */
#ifndef LS_ROW_H
#define LS_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include <fsps/bus.h>

/* All that can be shown; which of them are is the table's business. */
enum ls_column {
	LS_PATTERN,
	LS_NAME,
	LS_PID,
	LS_USER,
	LS_ALIVE,
	LS_READERS,
	LS_BACKLOG,
	LS_FULL,
	LS_OLDEST,
	LS_CLAIMED,
	LS_DELAYED,
	LS_MISSED,
	LS_DEAD,
	LS_PUBLISHED,
	LS_DELIVERED,
	LS_ACKNOWLEDGED,
	LS_REDELIVERED,
	LS_REFUSED,
	LS_DROPPED,
	LS_EXPIRED,
	LS_EVICTED,
	LS_HELD,
	LS_MAX_BYTES,
	LS_MAX_MESSAGES,
	LS_MAX_AGE,
	LS_WHEN_FULL,
	LS_PUBLISHERS,
	LS_COMMAND,
	LS_COLUMNS
};

enum { LS_CELL_BYTES = 256 };

struct ls_row {
	char cells[LS_COLUMNS][LS_CELL_BYTES];
};

/* What a channel does when it is full, as --when-full of pubsub-subscribe has it. */
const char *ls_when_full_text(int when_full);

/* How long the oldest message has waited, by the real-time clock; 0 if its time lies ahead. */
uint64_t ls_oldest_age_us(const struct fsps_channel_info *info);

/* Whether a limit is one: 0 and UINT64_MAX are none. */
bool ls_is_limit(uint64_t limit);

/* Fills the cells that have to do with limits. */
void ls_row_fill_limits(struct ls_row *row, const struct fsps_channel_info *info);

/* Fills all cells. */
void ls_row_fill(struct ls_row *row, const struct fsps_channel_info *info);

#endif
