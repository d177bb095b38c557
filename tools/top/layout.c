/* SPDX-License-Identifier: MIT */
/* Implements top/layout.h. */
#include "top/layout.h"

#include <string.h>

#include "top/heading.h"

enum {
	/* From so many lines on there is room for all headings, and for the keys. */
	LINES_COMFORTABLE = 9,
	/* From so many on for one heading. */
	LINES_ENOUGH = 4,
	NAME_WIDTH_LEAST = 8,
	NAME_WIDTH_MOST = 40,
	/* A wide screen has for the name one of so many parts. */
	NAME_PART = 3,
	/* Columns before this one have room before those in which there is nothing but zeros. */
	ALWAYS = 5
};

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void fit_lines(struct top_layout *layout, size_t lines)
{
	layout->keys = lines >= LINES_COMFORTABLE;
	layout->headings = lines >= LINES_ENOUGH;
	if (lines >= LINES_COMFORTABLE)
		layout->headings = TOP_HEADINGS;
	lines -= smaller(lines, layout->headings + layout->keys + 1);
	layout->rows = lines;
}

/* What the rows in sight need. */
static size_t width_of(const struct top_table *table, size_t column, size_t first, size_t rows)
{
	size_t width = strlen(table->columns[column].title);
	char text[TOP_TEXT_BYTES];

	for (size_t i = first; i < table->count && i - first < rows; i++)
		width = larger(width, strlen(top_value_text(table, &table->rows[i], column, text)));
	return width;
}

static size_t name_width(size_t needed, size_t columns)
{
	size_t most = smaller(larger(columns / NAME_PART, NAME_WIDTH_LEAST), NAME_WIDTH_MOST);

	return smaller(larger(NAME_WIDTH_LEAST, smaller(needed, most)), columns);
}

/* Whether somebody has to look at it. */
static bool says_something(const struct top_table *table, size_t column)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct top_value *value = &table->rows[i].values[column];

		if (value->known && (value->number > 0 || value->text[0] != '\0'))
			return true;
	}
	return false;
}

/* Shows a column if it has room. */
static void add_column(struct top_layout *layout, size_t column, size_t width, size_t *left)
{
	if (layout->widths[column] != 0 || *left < width + TOP_LAYOUT_GAP)
		return;
	layout->widths[column] = width;
	*left -= width + TOP_LAYOUT_GAP;
}

void top_layout_fit(struct top_layout *layout, const struct top_table *table, size_t lines,
		    size_t columns, size_t first, size_t sorted)
{
	size_t left;

	*layout = (struct top_layout){0};
	fit_lines(layout, lines);
	layout->widths[0] = name_width(width_of(table, 0, first, layout->rows), columns);
	left = columns - layout->widths[0];
	add_column(layout, sorted, width_of(table, sorted, first, layout->rows), &left);
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 1; i < table->columns_count; i++) {
			if (pass > 0 || i < ALWAYS || says_something(table, i))
				add_column(layout, i, width_of(table, i, first, layout->rows),
					   &left);
		}
	}
}
