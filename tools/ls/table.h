/* SPDX-License-Identifier: MIT */
/* The table: rows are kept until all are known, since the widest one decides. */
#ifndef LS_TABLE_H
#define LS_TABLE_H

#include <stddef.h>

#include "cli/output.h"
#include "ls/row.h"

struct ls_table {
	/* Each row's cells as NUL-terminated strings, one after another. */
	char *text;
	size_t text_len;
	size_t text_capacity;
	size_t rows;
	size_t widths[LS_COLUMNS];
};

/* Empty but for the heading. */
void ls_table_init(struct ls_table *table);
void ls_table_deinit(struct ls_table *table);

/* 0 or -1 (no memory). */
int ls_table_add(struct ls_table *table, const struct ls_row *row);

void ls_table_print(const struct ls_table *table, struct cli_output *output);

#endif
