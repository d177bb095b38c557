/* SPDX-License-Identifier: MIT */
/* Implements ls_row_fill_limits() of ls/row.h: how much a channel may keep, what it keeps, and what
 * it missed for that. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <fsps/limits.h>

#include "cli/clock.h"
#include "cli/users.h"
#include "ls/row.h"

enum { US_PER_MS = 1000 };

const char *ls_when_full_text(int when_full)
{
	switch (when_full) {
	case FSPS_FULL_BLOCK:
		return "block";
	case FSPS_FULL_DROP_NEW:
		return "drop-new";
	case FSPS_FULL_DROP_OLDEST:
		return "drop-oldest";
	default:
		return "refuse";
	}
}

bool ls_is_limit(uint64_t limit)
{
	return limit != 0 && limit != UINT64_MAX;
}

/* In the largest unit that says it exactly. */
static void fill_size(char *cell, uint64_t bytes)
{
	static const char units[] = {'\0', 'K', 'M', 'G', 'T'};
	size_t unit = 0;

	for (; bytes != 0 && bytes % 1024 == 0 && unit + 1 < sizeof units; unit++)
		bytes /= 1024;
	snprintf(cell, LS_CELL_BYTES, "%" PRIu64 "%.1s", bytes, &units[unit]);
}

static void fill_limit(char *cell, uint64_t limit, void (*fill)(char *cell, uint64_t number))
{
	if (ls_is_limit(limit))
		fill(cell, limit);
	else
		strcpy(cell, "-");
}

static void fill_number(char *cell, uint64_t number)
{
	snprintf(cell, LS_CELL_BYTES, "%" PRIu64, number);
}

static void fill_age(char *cell, uint64_t age_ms)
{
	cli_format_span(age_ms * US_PER_MS, cell);
}

static double share(uint64_t part, uint64_t limit)
{
	return ls_is_limit(limit) ? (double)part / (double)limit : 0;
}

/* Of the limit that is nearer. */
static void fill_full(char *cell, const struct fsps_channel_info *info)
{
	double bytes = share(info->held_bytes, info->limit_bytes);
	double messages = share(info->backlog, info->limit_messages);

	if (!ls_is_limit(info->limit_bytes) && !ls_is_limit(info->limit_messages))
		strcpy(cell, "-");
	else
		snprintf(cell, LS_CELL_BYTES, "%.0f%%",
			 100 * (bytes > messages ? bytes : messages));
}

static void fill_when_full(char *cell, const struct fsps_channel_info *info)
{
	char block[CLI_SPAN_BYTES];

	if (info->when_full != FSPS_FULL_BLOCK) {
		strcpy(cell, ls_when_full_text(info->when_full));
		return;
	}
	cli_format_span((uint64_t)info->block_ms * US_PER_MS, block);
	snprintf(cell, LS_CELL_BYTES, "block:%s", block);
}

/* Whom the directory's mode lets link into it. */
static void fill_publishers(char *cell, const struct fsps_channel_info *info)
{
	if ((info->mode & 0002) != 0)
		strcpy(cell, "all");
	else if ((info->mode & 0020) != 0)
		cli_group_text(info->gid, cell);
	else
		strcpy(cell, "owner");
}

static void fill_missed(char (*cells)[LS_CELL_BYTES], const struct fsps_channel_info *info)
{
	uint64_t dropped = info->dropped_new + info->dropped_oldest;

	fill_number(cells[LS_MISSED], info->refused + dropped + info->expired + info->evicted);
	fill_number(cells[LS_REFUSED], info->refused);
	fill_number(cells[LS_DROPPED], info->dropped + dropped);
	fill_number(cells[LS_EXPIRED], info->expired);
	fill_number(cells[LS_EVICTED], info->evicted);
}

static void fill_nothing(char (*cells)[LS_CELL_BYTES])
{
	static const enum ls_column unknown[] = {
		LS_FULL, LS_MISSED,    LS_REFUSED,      LS_DROPPED, LS_EXPIRED,  LS_EVICTED,
		LS_HELD, LS_MAX_BYTES, LS_MAX_MESSAGES, LS_MAX_AGE, LS_WHEN_FULL};

	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
		strcpy(cells[unknown[i]], "-");
}

void ls_row_fill_limits(struct ls_row *row, const struct fsps_channel_info *info)
{
	char(*cells)[LS_CELL_BYTES] = row->cells;

	fill_publishers(cells[LS_PUBLISHERS], info);
	if (info->plain)
		return fill_nothing(cells);
	fill_full(cells[LS_FULL], info);
	fill_missed(cells, info);
	fill_size(cells[LS_HELD], info->held_bytes);
	fill_limit(cells[LS_MAX_BYTES], info->limit_bytes, fill_size);
	fill_limit(cells[LS_MAX_MESSAGES], info->limit_messages, fill_number);
	fill_limit(cells[LS_MAX_AGE], (uint64_t)info->ttl_ms, fill_age);
	fill_when_full(cells[LS_WHEN_FULL], info);
}
