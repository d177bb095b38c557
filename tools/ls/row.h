/* SPDX-License-Identifier: MIT */
/* A channel as text, in the columns of the table. */
#ifndef LS_ROW_H
#define LS_ROW_H

#include <stdint.h>

#include <fsps/bus.h>

enum ls_column {
	LS_PATTERN,
	LS_PID,
	LS_USER,
	LS_COMMAND,
	LS_ALIVE,
	LS_BACKLOG,
	LS_OLDEST,
	LS_PUBLISHED,
	LS_DELIVERED,
	LS_DROPPED,
	LS_COLUMNS
};

enum { LS_CELL_BYTES = 256 };

struct ls_row {
	char cells[LS_COLUMNS][LS_CELL_BYTES];
};

/* The user's name, or the number if there is no name for it. ret_name: LS_CELL_BYTES. */
void ls_user_name(uint32_t uid, char *ret_name);

/* Who owns the channel: what its control block says, or what the process is called. ret_name:
 * LS_CELL_BYTES; "" if unknown. */
void ls_command_name(const struct fsps_channel_info *info, char *ret_name);

/* A span of time in two or three characters and a unit: 850ms, 12s, 3m, 5h, 9d. */
void ls_format_age(uint64_t age_us, char *ret_text);

/* How long the oldest message has waited, by the real-time clock; 0 if its time lies ahead. */
uint64_t ls_oldest_age_us(const struct fsps_channel_info *info);

/* Fills all cells. */
void ls_row_fill(struct ls_row *row, const struct fsps_channel_info *info);

#endif
