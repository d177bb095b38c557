/* SPDX-License-Identifier: MIT */
/* Implements top/paint.h. */
#include "top/paint.h"

#include <ncurses.h>
#include <stdlib.h>
#include <string.h>

#include "top/heading.h"
#include "top/layout.h"

enum { PAIR_NOTE = 1, PAIR_WARN = 2 };

static const char keys[] = "h help  q quit  t topics/channels  < > r sort  / filter  d delay";

static const char *const help[] = {
	"h ?         this help             q           quit",
	"t Tab       topics or channels    space       look again now",
	"< >         column to sort by     r           the other way round",
	"/ f         filter by pattern, topic or channel; empty: none",
	"d           seconds between two looks",
	"arrows, Page Up and Down, Home, End, or j k Ctrl-F Ctrl-B g G: scroll",
	"",
	"Topics are counted by a channel of our own, which is opened when you first",
	"ask for them: to publishers it is a subscriber. Channels are only looked at.",
	"",
};

void top_paint_init(struct top_paint *paint, struct top_view *view)
{
	const char *no_color = getenv("NO_COLOR");

	*paint = (struct top_paint){.view = view};
	if ((no_color != NULL && no_color[0] != '\0') || !has_colors() || start_color() == ERR)
		return;
	use_default_colors();
	paint->colours = init_pair(PAIR_NOTE, COLOR_YELLOW, -1) != ERR &&
			 init_pair(PAIR_WARN, COLOR_RED, -1) != ERR;
}

/* One line, cut at the edge. A text in the last place of the screen would scroll it: ncurses
 * leaves that out by itself. */
static void put_line(int y, const char *text)
{
	if (y < LINES)
		mvaddnstr(y, 0, text, COLS);
}

static attr_t attributes_of(const struct top_paint *paint, enum top_mark mark)
{
	switch (mark) {
	case TOP_MARK_NOTE:
		return paint->colours ? COLOR_PAIR(PAIR_NOTE) : A_BOLD;
	case TOP_MARK_WARN:
		return A_BOLD | (paint->colours ? COLOR_PAIR(PAIR_WARN) : 0);
	case TOP_MARK_NONE:
		break;
	}
	return A_NORMAL;
}

/* ---- the table ---- */

/* A cell from x on; returns where the next one begins. What does not fit ends with '+'. */
static int put_cell(int y, int x, const char *text, size_t width, bool right)
{
	int len = (int)strlen(text);
	int room = (int)width;
	int begin = right && len < room ? x + room - len : x;

	mvaddnstr(y, begin, text, room);
	if (len > room)
		mvaddch(y, x + room - 1, '+');
	return x + room + TOP_LAYOUT_GAP;
}

static void put_titles(const struct top_paint *paint, const struct top_layout *layout, int y)
{
	const struct top_table *table = &paint->view->table;
	size_t sorted = top_view_order(paint->view)->column;
	int x = 0;

	attron(A_REVERSE);
	mvhline(y, 0, ' ', COLS);
	for (size_t i = 0; i < table->columns_count; i++) {
		if (layout->widths[i] == 0)
			continue;
		if (i == sorted)
			attron(A_BOLD);
		x = put_cell(y, x, table->columns[i].title, layout->widths[i],
			     top_column_is_number(&table->columns[i]));
		attroff(A_BOLD);
	}
	attroff(A_REVERSE);
}

static void put_row(const struct top_paint *paint, const struct top_layout *layout, int y,
		    const struct top_row *row)
{
	const struct top_table *table = &paint->view->table;
	attr_t attributes = attributes_of(paint, row->mark);
	char text[TOP_TEXT_BYTES];
	int x = 0;

	attron(attributes);
	for (size_t i = 0; i < table->columns_count; i++) {
		if (layout->widths[i] > 0)
			x = put_cell(y, x, top_value_text(table, row, i, text), layout->widths[i],
				     top_column_is_number(&table->columns[i]));
	}
	attroff(attributes);
}

/* The last page may be full, but no row may be beyond the last one. */
static void keep_in_range(struct top_paint *paint, size_t rows)
{
	size_t count = paint->view->table.count;
	size_t last = count > rows ? count - rows : 0;

	if (paint->first > last)
		paint->first = last;
	paint->rows = rows;
}

static void put_table(struct top_paint *paint, const struct top_layout *layout)
{
	const struct top_table *table = &paint->view->table;
	int y = (int)layout->headings;
	char text[TOP_HEADING_BYTES];

	for (int i = 0; i < y; i++) {
		top_heading(paint->view, i, text);
		put_line(i, text);
	}
	if (y < LINES)
		put_titles(paint, layout, y);
	for (size_t i = 0; i < layout->rows && paint->first + i < table->count; i++)
		put_row(paint, layout, y + 1 + (int)i, &table->rows[paint->first + i]);
}

/* ---- everything else ---- */

static void put_help(const struct top_paint *paint)
{
	const struct top_table *table = &paint->view->table;
	int y = 0;

	for (size_t i = 0; i < sizeof help / sizeof *help; i++)
		put_line(y++, help[i]);
	for (size_t i = 0; i < table->columns_count && y < LINES; i++, y++) {
		mvaddnstr(y, 0, table->columns[i].title, COLS);
		if (COLS > 12)
			mvaddnstr(y, 12, table->columns[i].help, COLS - 12);
	}
}

static void put_bottom(const struct top_paint *paint, bool keys_fit)
{
	int y = LINES - 1;
	const char *text = keys_fit ? keys : "";

	if (paint->prompt == NULL && paint->notice[0] == '\0' && text[0] == '\0')
		return;
	move(y, 0);
	clrtoeol();
	if (paint->prompt == NULL)
		return put_line(y, paint->notice[0] != '\0' ? paint->notice : text);
	addnstr(paint->prompt, COLS);
	addnstr(paint->typed, COLS > getcurx(stdscr) ? COLS - getcurx(stdscr) : 0);
}

void top_paint(struct top_paint *paint)
{
	struct top_layout layout;
	size_t sorted = top_view_order(paint->view)->column;

	top_layout_fit(&layout, &paint->view->table, (size_t)LINES, (size_t)COLS, paint->first,
		       sorted);
	keep_in_range(paint, layout.rows);
	erase();
	if (paint->help)
		put_help(paint);
	else
		put_table(paint, &layout);
	put_bottom(paint, layout.keys > 0);
	curs_set(paint->prompt != NULL);
	refresh();
}
