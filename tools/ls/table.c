/* SPDX-License-Identifier: MIT */
/* Implements ls/table.h. */
#include "ls/table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *title;
	bool number;
} columns[LS_COLUMNS] = {
	[LS_PATTERN] = {"PATTERN", false},    [LS_PID] = {"PID", true},
	[LS_USER] = {"USER", false},          [LS_COMMAND] = {"COMMAND", false},
	[LS_ALIVE] = {"ALIVE", false},        [LS_BACKLOG] = {"BACKLOG", true},
	[LS_OLDEST] = {"OLDEST", true},       [LS_PUBLISHED] = {"PUBLISHED", true},
	[LS_DELIVERED] = {"DELIVERED", true}, [LS_DROPPED] = {"DROPPED", true},
};

void ls_table_init(struct ls_table *table)
{
	*table = (struct ls_table){0};
	for (int i = 0; i < LS_COLUMNS; i++)
		table->widths[i] = strlen(columns[i].title);
}

void ls_table_deinit(struct ls_table *table)
{
	free(table->text);
}

static int grow(struct ls_table *table, size_t more)
{
	size_t capacity = table->text_capacity * 2 + more;
	char *text;

	if (table->text_capacity - table->text_len >= more)
		return 0;
	text = realloc(table->text, capacity);
	if (text == NULL)
		return -1;
	table->text = text;
	table->text_capacity = capacity;
	return 0;
}

int ls_table_add(struct ls_table *table, const struct ls_row *row)
{
	for (int i = 0; i < LS_COLUMNS; i++) {
		size_t len = strlen(row->cells[i]);

		if (grow(table, len + 1) < 0)
			return -1;
		memcpy(table->text + table->text_len, row->cells[i], len + 1);
		table->text_len += len + 1;
		if (len > table->widths[i])
			table->widths[i] = len;
	}
	table->rows++;
	return 0;
}

static void pad(struct cli_output *output, size_t count)
{
	while (count-- > 0)
		cli_output_byte(output, ' ');
}

static void print_cell(const struct ls_table *table, struct cli_output *output, int column,
		       const char *text)
{
	size_t padding = table->widths[column] - strlen(text);

	if (columns[column].number)
		pad(output, padding);
	cli_output_text(output, text);
	/* Numbers stand at the end of the line, so that no blanks do. */
	if (!columns[column].number)
		pad(output, padding);
	cli_output_text(output, column == LS_COLUMNS - 1 ? "\n" : "  ");
}

void ls_table_print(const struct ls_table *table, struct cli_output *output)
{
	const char *text = table->text;

	for (int i = 0; i < LS_COLUMNS; i++)
		print_cell(table, output, i, columns[i].title);
	for (size_t row = 0; row < table->rows; row++) {
		for (int i = 0; i < LS_COLUMNS; i++) {
			print_cell(table, output, i, text);
			text += strlen(text) + 1;
		}
	}
}
