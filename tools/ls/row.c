/* SPDX-License-Identifier: MIT */
/* Implements ls/row.h. */
#include "ls/row.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/clock.h"
#include "cli/listed.h"
#include "cli/users.h"

uint64_t ls_oldest_age_us(const struct fsps_channel_info *info)
{
	uint64_t now_us = cli_wall_us();

	return now_us > info->oldest_us ? now_us - info->oldest_us : 0;
}

static const char *alive_text(enum fsps_alive alive)
{
	switch (alive) {
	case FSPS_ALIVE_YES:
		return "yes";
	case FSPS_ALIVE_NO:
		return "no";
	case FSPS_ALIVE_UNKNOWN:
		break;
	}
	return "?";
}

static void fill_number(char *cell, uint64_t number)
{
	snprintf(cell, LS_CELL_BYTES, "%" PRIu64, number);
}

static void fill_counter(char *cell, const struct fsps_channel_info *info, uint64_t count)
{
	if (info->plain)
		strcpy(cell, "-");
	else
		fill_number(cell, count);
}

/* What stands behind the pattern in the directory's name, but for a process: it tells of what kind
 * the channel is. */
static void fill_name(char *cell, const struct fsps_channel_info *info)
{
	if (info->kind == FSPS_KIND_LIVE)
		strcpy(cell, "-");
	else
		snprintf(cell, LS_CELL_BYTES, "%s%s", info->durable,
			 info->kind == FSPS_KIND_INBOX ? ".in" : "");
}

/* A durable channel without a reader is no dead one. */
static void fill_alive(char *cell, const struct fsps_channel_info *info)
{
	if (info->kind == FSPS_KIND_DURABLE && info->readers == 0)
		strcpy(cell, "-");
	else
		strcpy(cell, alive_text(info->alive));
}

static void fill_readers(char *cell, const struct fsps_channel_info *info)
{
	if (info->kind == FSPS_KIND_DURABLE)
		fill_number(cell, info->readers);
	else if (info->alive == FSPS_ALIVE_UNKNOWN)
		strcpy(cell, "?");
	else
		fill_number(cell, info->alive == FSPS_ALIVE_YES);
}

static void fill_owner(struct ls_row *row, const struct fsps_channel_info *info)
{
	snprintf(row->cells[LS_PATTERN], LS_CELL_BYTES, "%s", info->pattern);
	fill_name(row->cells[LS_NAME], info);
	/* A durable channel has a process only while somebody reads from it. */
	if (info->pid == 0)
		strcpy(row->cells[LS_PID], "-");
	else
		snprintf(row->cells[LS_PID], LS_CELL_BYTES, "%" PRId64, info->pid);
	cli_user_text(info->uid, row->cells[LS_USER]);
	fill_alive(row->cells[LS_ALIVE], info);
	fill_readers(row->cells[LS_READERS], info);
	cli_listed_command(info, row->cells[LS_COMMAND]);
	if (row->cells[LS_COMMAND][0] == '\0')
		strcpy(row->cells[LS_COMMAND], "-");
}

void ls_row_fill(struct ls_row *row, const struct fsps_channel_info *info)
{
	char(*cells)[LS_CELL_BYTES] = row->cells;

	fill_owner(row, info);
	fill_number(cells[LS_BACKLOG], info->backlog);
	if (info->oldest_us == 0)
		strcpy(cells[LS_OLDEST], "-");
	else
		cli_format_span(ls_oldest_age_us(info), cells[LS_OLDEST]);
	fill_number(cells[LS_CLAIMED], info->claimed);
	fill_number(cells[LS_DELAYED], info->delayed);
	fill_number(cells[LS_DEAD], info->dead_letters);
	fill_counter(cells[LS_PUBLISHED], info, info->published);
	fill_counter(cells[LS_DELIVERED], info, info->delivered);
	fill_counter(cells[LS_ACKNOWLEDGED], info, info->acknowledged);
	fill_counter(cells[LS_REDELIVERED], info, info->redelivered);
	ls_row_fill_limits(row, info);
}
