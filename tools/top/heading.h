/* SPDX-License-Identifier: MIT */
/* The lines above the table: what home it is, how full, how busy, and what the table shows. */
#ifndef TOP_HEADING_H
#define TOP_HEADING_H

#include <stddef.h>

#include "top/view.h"

enum { TOP_HEADINGS = 3, TOP_HEADING_BYTES = 512 };

/* One of the lines, the most important one first, without a newline. Printable ASCII. */
void top_heading(struct top_view *view, int line, char *ret_text);

#endif
