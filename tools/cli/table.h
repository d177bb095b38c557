/* SPDX-License-Identifier: MIT */
/*
 * Tables for people: a heading and rows in aligned columns, two blanks between them.
 *
 * Rows are kept until all are known, since the widest one decides. What others chose (names,
 * topics, what a command said) can't break the table or drive a terminal: control characters and
 * bytes that are no UTF-8 become '?'. On a terminal the last column is cut where the line would
 * end.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/output.h"

enum { CLI_TABLE_COLUMNS_MAX = 32 };

struct cli_column {
	const char *title;
	/* Numbers stand at the right, text at the left. */
	bool number;
	/* Left out while it says nothing: every cell is "-" or zero. Not of the last column. */
	bool optional;
};

struct cli_table {
	const struct cli_column *columns;
	size_t columns_count;
	/* Each row's cells as NUL-terminated strings, one after another. */
	char *text;
	size_t text_len;
	size_t text_capacity;
	size_t rows;
	/* In characters. */
	size_t widths[CLI_TABLE_COLUMNS_MAX];
	/* It is left out, so far. */
	bool hidden[CLI_TABLE_COLUMNS_MAX];
};

/* Empty but for the heading. columns has to stay. */
void cli_table_init(struct cli_table *table, const struct cli_column *columns, size_t count);
void cli_table_deinit(struct cli_table *table);

/* Adds a row: a cell for each column, copied. 0 or -1 (no memory). */
int cli_table_add(struct cli_table *table, const char *const *cells);

void cli_table_print(const struct cli_table *table, struct cli_output *output);

#endif
