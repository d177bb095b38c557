/* SPDX-License-Identifier: MIT */
/* One dead letter: as a row of the table, as a line of JSON, or as a whole. */
#ifndef DEAD_LETTER_H
#define DEAD_LETTER_H

#include <stdbool.h>

#include <fsps/dead.h>

#include "cli/output.h"
#include "cli/table.h"

/* The table's columns: text that others wrote comes last. */
enum dead_column {
	DEAD_CHANNEL,
	DEAD_ID,
	DEAD_REASON,
	DEAD_ATTEMPTS,
	DEAD_AGE,
	DEAD_TOPIC,
	DEAD_ERROR,
	DEAD_COLUMNS
};

extern const struct cli_column dead_columns[DEAD_COLUMNS];

/* Adds its row. 0 or -1 (no memory). */
int dead_letter_add(struct cli_table *table, const struct fsps_dead_letter *letter);

/* The message's fields, then "channel", "file", "reason", "attempts", "dead_time" and "error", and
 * a newline. What is no message has its "id" alone of the former. */
void dead_letter_print_json(struct cli_output *output, const struct fsps_dead_letter *letter);

/* Everything about it, a line each, an empty line, the payload. escape: control bytes. */
void dead_letter_print(struct cli_output *output, const struct fsps_dead_letter *letter,
		       bool escape);

#endif
