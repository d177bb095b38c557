/* SPDX-License-Identifier: MIT */
/* What of a table has room on a screen: how many lines are for what, how wide the name is, which
 * columns are shown. Pure arithmetic. */
#ifndef TOP_LAYOUT_H
#define TOP_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "top/table.h"

struct top_layout {
	/* Lines of the heading, of keys at the bottom (0 or 1), and of rows between them, below the
	 * titles. */
	size_t headings;
	size_t keys;
	size_t rows;
	/* Of each column; 0: it is not shown. */
	size_t widths[TOP_COLUMNS_MAX];
};

/* Between columns. */
enum { TOP_LAYOUT_GAP = 2 };

/* first: the first row that is to be seen. sorted: this column comes before all others, then those
 * in which there is something, and then those that have room. */
void top_layout_fit(struct top_layout *layout, const struct top_table *table, size_t lines,
		    size_t columns, size_t first, size_t sorted);

#endif
