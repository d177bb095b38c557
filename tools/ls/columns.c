/* SPDX-License-Identifier: MIT */
/* Implements ls/columns.h. */
#include "ls/columns.h"

/* In their order; the command is the last one, since there it may be cut. */
static const struct {
	struct cli_column head;
	bool complete_only;
} columns[] = {
	[LS_PATTERN] = {{"PATTERN", false}, false},
	[LS_NAME] = {{"NAME", false}, false},
	[LS_PID] = {{"PID", true}, false},
	[LS_USER] = {{"USER", false}, true},
	[LS_ALIVE] = {{"ALIVE", false}, true},
	[LS_READERS] = {{"READERS", true}, false},
	[LS_BACKLOG] = {{"BACKLOG", true}, false},
	[LS_OLDEST] = {{"OLDEST", true}, false},
	[LS_CLAIMED] = {{"CLAIMED", true}, false},
	[LS_DELAYED] = {{"DELAYED", true}, false},
	[LS_DEAD] = {{"DEAD", true}, false},
	[LS_PUBLISHED] = {{"PUBLISHED", true}, true},
	[LS_DELIVERED] = {{"DELIVERED", true}, true},
	[LS_ACKNOWLEDGED] = {{"ACKNOWLEDGED", true}, true},
	[LS_REDELIVERED] = {{"REDELIVERED", true}, true},
	[LS_DROPPED] = {{"DROPPED", true}, true},
	[LS_COMMAND] = {{"CMD", false}, false},
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
