/* SPDX-License-Identifier: MIT */
/* Which columns the table has: those that fit on 80 columns with usual names, some of them only
 * where they say something; or all. */
#ifndef LS_COLUMNS_H
#define LS_COLUMNS_H

#include <stdbool.h>

#include "cli/table.h"
#include "ls/row.h"

struct ls_columns {
	struct cli_column heads[LS_COLUMNS];
	/* What each of them shows. */
	enum ls_column what[LS_COLUMNS];
	size_t count;
};

/* complete: all of them. */
void ls_columns_choose(struct ls_columns *ret_columns, bool complete);

/* Adds a row's cells of these columns to a table of them. 0 or -1 (no memory). */
int ls_columns_add(const struct ls_columns *columns, struct cli_table *table,
		   const struct ls_row *row);

#endif
