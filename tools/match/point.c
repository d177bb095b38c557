/* SPDX-License-Identifier: MIT */
/* Implements match/point.h. */
#include "match/point.h"

#include <string.h>

#include "cli/fail.h"

/* What fits beside the command's name into a line of most terminals, twice over. */
enum { SHOWN_MAX = 120 };

void match_point(const char *text, const char *allowed)
{
	size_t at = strspn(text, allowed);

	if (text[at] == '\0' || strlen(text) > SHOWN_MAX)
		return;
	cli_say("%s", text);
	/* What stands before it is ASCII, so that bytes are columns. */
	cli_say("%*s^", (int)at, "");
}
