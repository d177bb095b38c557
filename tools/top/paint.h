/* SPDX-License-Identifier: MIT */
/* What pubsub-top shows on the screen, painted with ncurses. Only screen.c and this know of it. */
#ifndef TOP_PAINT_H
#define TOP_PAINT_H

#include <stdbool.h>

#include "top/view.h"

enum { TOP_PROMPT_BYTES = 256 };

struct top_paint {
	struct top_view *view;
	/* The first row in sight. */
	size_t first;
	/* How many rows had room the last time. */
	size_t rows;
	/* The keys are explained instead of the table. */
	bool help;
	/* What is asked for at the bottom, or NULL, and what was typed. */
	const char *prompt;
	char typed[TOP_PROMPT_BYTES];
	/* Something to be said at the bottom; "": nothing. */
	char notice[TOP_PROMPT_BYTES];
	bool colours;
};

/* Prepares colours, where they are wanted and to be had. After the terminal is set up. */
void top_paint_init(struct top_paint *paint, struct top_view *view);

/* Paints everything. */
void top_paint(struct top_paint *paint);

#endif
