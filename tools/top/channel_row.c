/* SPDX-License-Identifier: MIT */
/* Implements top/channel_row.h. */
#include "top/channel_row.h"

#include <inttypes.h>
#include <stdio.h>

#include <fsps/durable.h>
#include <fsps/topic.h>

#include "cli/listed.h"
#include "cli/users.h"

enum { US_PER_S = 1000000, OLD_S = 60 };

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

uint64_t top_channel_lost(const struct fsps_channel_info *info)
{
	return info->dropped + info->dropped_new + info->dropped_oldest + info->expired +
	       info->evicted;
}

/* How long the first message has waited; 0: none does. Clocks may be set. */
static double age_s(const struct fsps_channel_info *info, uint64_t wall_us)
{
	if (info->oldest_us == 0 || wall_us <= info->oldest_us)
		return 0;
	return (double)(wall_us - info->oldest_us) / US_PER_S;
}

/* A live channel's directory has a random number and a process in it, which say nothing here. */
static void name_of(const struct fsps_channel_info *info, char *ret_name, size_t size)
{
	if (info->kind == FSPS_KIND_LIVE)
		snprintf(ret_name, size, "%s", info->pattern);
	else
		snprintf(ret_name, size, "%s_%s%s", info->pattern, info->durable,
			 info->kind == FSPS_KIND_INBOX ? ".in" : "");
}

static void fill_publisher(struct top_row *row, const struct fsps_channel_info *info,
			   struct tail_processes *processes)
{
	const struct tail_process *process = tail_processes_find(processes, info->publisher);
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

static void fill_waiting(struct top_row *row, const struct fsps_channel_info *info,
			 uint64_t wall_us)
{
	top_row_number(row, TOP_CHANNEL_BACKLOG, (double)info->backlog);
	if (info->oldest_us != 0)
		top_row_number(row, TOP_CHANNEL_OLDEST, age_s(info, wall_us));
	top_row_number(row, TOP_CHANNEL_CLAIMED, (double)info->claimed);
	top_row_number(row, TOP_CHANNEL_DELAYED, (double)info->delayed);
	top_row_number(row, TOP_CHANNEL_DEAD, (double)info->dead_letters);
}

static void fill_counters(struct top_row *row, const struct fsps_channel_info *info,
			  const struct top_channel_view *view)
{
	if (info->plain)
		return;
	if (view->has_rates) {
		top_row_number(row, TOP_CHANNEL_IN, view->in);
		top_row_number(row, TOP_CHANNEL_OUT, view->out);
	}
	top_row_number(row, TOP_CHANNEL_DROPPED, (double)top_channel_lost(info));
	top_row_number(row, TOP_CHANNEL_REFUSED, (double)info->refused);
	top_row_number(row, TOP_CHANNEL_HELD, (double)info->held_bytes);
}

static enum top_mark mark_of(const struct fsps_channel_info *info,
			     const struct top_channel_view *view)
{
	/* That nobody reads from a durable channel is nothing to be noticed. */
	bool orphaned = info->alive == FSPS_ALIVE_NO && info->kind != FSPS_KIND_DURABLE;

	if (view->loses)
		return TOP_MARK_WARN;
	if (info->dead_letters > 0 || orphaned || age_s(info, view->wall_us) > OLD_S)
		return TOP_MARK_NOTE;
	return TOP_MARK_NONE;
}

int top_channel_row_add(struct top_table *table, const struct fsps_channel_info *info,
			const struct top_channel_view *view, struct tail_processes *processes)
{
	char name[FSPS_PATTERN_MAX + FSPS_DURABLE_NAME_MAX + 8];
	struct top_row *row;

	name_of(info, name, sizeof name);
	row = top_table_add(table, name, info->name);
	if (row == NULL)
		return -1;
	row->mark = mark_of(info, view);
	fill_counters(row, info, view);
	fill_waiting(row, info, view->wall_us);
	fill_publisher(row, info, processes);
	fill_owner(row, info);
	return 0;
}
