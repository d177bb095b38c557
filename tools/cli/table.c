/* SPDX-License-Identifier: MIT */
/* Implements cli/table.h. */
#include "cli/table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/terminal.h"
#include "cli/utf8.h"

enum { GAP = 2 };

/* How many characters a printable text has. */
static size_t width_of(const char *text)
{
	size_t width = 0;

	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static void make_printable(char *text)
{
	unsigned char *next = (unsigned char *)text;
	size_t left = strlen(text);

	while (left > 0) {
		size_t step = cli_utf8_character(next, left);
		bool c1 = step == 2 && next[0] == 0xc2 && next[1] < 0xa0;

		if (c1)
			next[1] = '?';
		if (step == 0 || c1 || next[0] < 0x20 || next[0] == 0x7f)
			next[0] = '?';
		step = step == 0 ? 1 : step;
		next += step;
		left -= step;
	}
}

void cli_table_init(struct cli_table *table, const struct cli_column *columns, size_t count)
{
	*table = (struct cli_table){.columns = columns, .columns_count = count};
	for (size_t i = 0; i < count; i++) {
		table->widths[i] = strlen(columns[i].title);
		table->hidden[i] = columns[i].optional;
	}
}

void cli_table_deinit(struct cli_table *table)
{
	free(table->text);
}

static int grow(struct cli_table *table, size_t more)
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

static bool says_nothing(const char *text)
{
	return strcmp(text, "-") == 0 || strcmp(text, "0") == 0 || strcmp(text, "0%") == 0;
}

static int add_cell(struct cli_table *table, size_t column, const char *cell)
{
	size_t size = strlen(cell) + 1;
	size_t width;
	char *text;

	if (grow(table, size) < 0)
		return -1;
	text = table->text + table->text_len;
	memcpy(text, cell, size);
	make_printable(text);
	table->text_len += size;
	if (!says_nothing(text))
		table->hidden[column] = false;
	width = width_of(text);
	if (width > table->widths[column])
		table->widths[column] = width;
	return 0;
}

int cli_table_add(struct cli_table *table, const char *const *cells)
{
	for (size_t i = 0; i < table->columns_count; i++) {
		if (add_cell(table, i, cells[i]) < 0)
			return -1;
	}
	table->rows++;
	return 0;
}

static void pad(struct cli_output *output, size_t count)
{
	while (count-- > 0)
		cli_output_byte(output, ' ');
}

/* The last column's room: up to the terminal's edge, but never less than its heading. */
static size_t last_room(const struct cli_table *table, int fd)
{
	size_t last = table->columns_count - 1;
	size_t least = strlen(table->columns[last].title);
	size_t before = 0;
	size_t columns = cli_terminal_columns(fd);

	if (columns == SIZE_MAX)
		return SIZE_MAX;
	for (size_t i = 0; i < last; i++)
		before += table->hidden[i] ? 0 : table->widths[i] + GAP;
	return before + least < columns ? columns - before : least;
}

/* Writes that many characters of a text, or all. */
static void print_cut(struct cli_output *output, const char *text, size_t room)
{
	const char *end = text;

	for (size_t width = 0; *end != '\0'; end++) {
		width += ((unsigned char)*end & 0xc0) != 0x80;
		if (width > room)
			break;
	}
	cli_output_write(output, text, (size_t)(end - text));
}

static void print_last(const struct cli_table *table, struct cli_output *output, const char *text,
		       size_t room)
{
	size_t last = table->columns_count - 1;

	/* Nothing follows a text: no blanks at the end of the line. */
	if (table->columns[last].number)
		pad(output, table->widths[last] - width_of(text));
	print_cut(output, text, table->columns[last].number ? SIZE_MAX : room);
	cli_output_byte(output, '\n');
}

static void print_cell(const struct cli_table *table, struct cli_output *output, size_t column,
		       const char *text)
{
	size_t padding = table->widths[column] - width_of(text);

	if (table->hidden[column])
		return;
	if (table->columns[column].number)
		pad(output, padding);
	cli_output_text(output, text);
	pad(output, GAP + (table->columns[column].number ? 0 : padding));
}

void cli_table_print(const struct cli_table *table, struct cli_output *output)
{
	size_t last = table->columns_count - 1;
	size_t room = last_room(table, output->fd);
	const char *text = table->text;

	for (size_t i = 0; i < last; i++)
		print_cell(table, output, i, table->columns[i].title);
	print_last(table, output, table->columns[last].title, room);
	for (size_t row = 0; row < table->rows; row++) {
		for (size_t i = 0; i < last; i++) {
			print_cell(table, output, i, text);
			text += strlen(text) + 1;
		}
		print_last(table, output, text, room);
		text += strlen(text) + 1;
	}
}
