/* SPDX-License-Identifier: MIT */
/*
 * What both views of pubsub-top show: rows of a name and values, sorted by any column, and each
 * value as text or JSON. Where the values come from is left to others.
 */
#ifndef TOP_TABLE_H
#define TOP_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/output.h"

enum top_kind {
	/* The first column. */
	TOP_NAME,
	TOP_TEXT,
	TOP_COUNT,
	/* A second. */
	TOP_RATE,
	TOP_BYTES,
	TOP_SECONDS
};

struct top_column {
	const char *title;
	/* Its name in JSON. */
	const char *field;
	enum top_kind kind;
	const char *help;
};

enum { TOP_COLUMNS_MAX = 20, TOP_TEXT_BYTES = 64 };

struct top_value {
	bool known;
	double number;
	char text[TOP_TEXT_BYTES];
};

/* How much a row is to be noticed. */
enum top_mark { TOP_MARK_NONE, TOP_MARK_NOTE, TOP_MARK_WARN };

struct top_row {
	char *name;
	/* What identifies it, for JSON; or NULL: its name does. */
	char *id;
	enum top_mark mark;
	/* By column; the first one is not used. */
	struct top_value values[TOP_COLUMNS_MAX];
};

struct top_table {
	const struct top_column *columns;
	size_t columns_count;
	struct top_row *rows;
	size_t count;
	size_t capacity;
};

/* Forgets all rows. */
void top_table_begin(struct top_table *table, const struct top_column *columns, size_t count);
void top_table_deinit(struct top_table *table);

/* Adds a row of which nothing is known but its name and ID, which are copied; the name is made
 * printable. id: may be NULL. NULL: no memory. Valid until the next one is added. */
struct top_row *top_table_add(struct top_table *table, const char *name, const char *id);

void top_row_number(struct top_row *row, size_t column, double number);
/* Cut where there is no room, and made printable. */
void top_row_text(struct top_row *row, size_t column, const char *text);

/* Sorts by a column: numbers from the highest, texts from A; reversed: the other way round. What is
 * unknown comes last. Rows that are alike stand by name. */
void top_table_sort(struct top_table *table, size_t column, bool reversed);

/* Finds a column by its title or field, in capital or small letters. -1: there is none. */
int top_column_find(const struct top_column *columns, size_t count, const char *name);

/* Whether it is a number, which stands at the right. */
bool top_column_is_number(const struct top_column *column);

/* A value for people; of a name the name itself. ret_text has TOP_TEXT_BYTES. */
const char *top_value_text(const struct top_table *table, const struct top_row *row, size_t column,
			   char *ret_text);

/* A row as a JSON object. */
void top_row_json(struct cli_output *output, const struct top_table *table,
		  const struct top_row *row);

#endif
