/* SPDX-License-Identifier: MIT */
/* Implements ls/columns.h. */
#include "ls/columns.h"

/* In their order; the command is the last one, since there it may be cut. What is optional is only
 * so where not everything was asked for. */
static const struct {
	struct cli_column head;
	bool complete_only;
} columns[] = {
	[LS_PATTERN] = {.head.title = "PATTERN"},
	[LS_NAME] = {.head.title = "NAME"},
	[LS_PID] = {.head.title = "PID", .head.number = true},
	[LS_USER] = {.head.title = "USER", .complete_only = true},
	[LS_ALIVE] = {.head.title = "ALIVE", .complete_only = true},
	[LS_READERS] = {.head.title = "READERS", .head.number = true},
	[LS_BACKLOG] = {.head.title = "BACKLOG", .head.number = true},
	[LS_FULL] = {.head.title = "FULL", .head.number = true, .head.optional = true},
	[LS_OLDEST] = {.head.title = "OLDEST", .head.number = true},
	[LS_CLAIMED] = {.head.title = "CLAIMED", .head.number = true, .head.optional = true},
	[LS_DELAYED] = {.head.title = "DELAYED", .head.number = true, .head.optional = true},
	[LS_MISSED] = {.head.title = "MISSED", .head.number = true, .head.optional = true},
	[LS_DEAD] = {.head.title = "DEAD", .head.number = true},
	[LS_PUBLISHED] = {.head.title = "PUBLISHED", .head.number = true, .complete_only = true},
	[LS_DELIVERED] = {.head.title = "DELIVERED", .head.number = true, .complete_only = true},
	[LS_ACKNOWLEDGED] = {.head.title = "ACKNOWLEDGED",
			     .head.number = true,
			     .complete_only = true},
	[LS_REDELIVERED] = {.head.title = "REDELIVERED",
			    .head.number = true,
			    .complete_only = true},
	[LS_REFUSED] = {.head.title = "REFUSED", .head.number = true, .complete_only = true},
	[LS_DROPPED] = {.head.title = "DROPPED", .head.number = true, .complete_only = true},
	[LS_EXPIRED] = {.head.title = "EXPIRED", .head.number = true, .complete_only = true},
	[LS_EVICTED] = {.head.title = "EVICTED", .head.number = true, .complete_only = true},
	[LS_HELD] = {.head.title = "HELD", .head.number = true, .complete_only = true},
	[LS_MAX_BYTES] = {.head.title = "MAX-BYTES", .head.number = true, .complete_only = true},
	[LS_MAX_MESSAGES] = {.head.title = "MAX-MESSAGES",
			     .head.number = true,
			     .complete_only = true},
	[LS_MAX_AGE] = {.head.title = "MAX-AGE", .head.number = true, .complete_only = true},
	[LS_WHEN_FULL] = {.head.title = "WHEN-FULL", .complete_only = true},
	[LS_PUBLISHERS] = {.head.title = "PUBLISHERS", .complete_only = true},
	[LS_COMMAND] = {.head.title = "CMD"},
};

_Static_assert(sizeof columns / sizeof *columns == LS_COLUMNS, "each column has a heading");
_Static_assert((int)LS_COLUMNS <= (int)CLI_TABLE_COLUMNS_MAX, "a table takes them all");

void ls_columns_choose(struct ls_columns *ret_columns, bool complete)
{
	ret_columns->count = 0;
	for (int i = 0; i < LS_COLUMNS; i++) {
		if (columns[i].complete_only && !complete)
			continue;
		ret_columns->heads[ret_columns->count] = columns[i].head;
		if (complete)
			ret_columns->heads[ret_columns->count].optional = false;
		ret_columns->what[ret_columns->count++] = (enum ls_column)i;
	}
}

int ls_columns_add(const struct ls_columns *chosen, struct cli_table *table,
		   const struct ls_row *row)
{
	const char *cells[LS_COLUMNS];

	for (size_t i = 0; i < chosen->count; i++)
		cells[i] = row->cells[chosen->what[i]];
	return cli_table_add(table, cells);
}
