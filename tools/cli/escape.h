/* SPDX-License-Identifier: MIT */
/*
 * Bytes of messages for a terminal: what could drive it (control characters, C1 controls, bytes
 * that are no UTF-8) is shown as \xHH. Newlines and tabs stay.
 */
#ifndef CLI_ESCAPE_H
#define CLI_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/output.h"

void cli_escape(struct cli_output *output, const void *bytes, size_t len);

/* The same only if escape, else the bytes as they are. */
void cli_escape_if(bool escape, struct cli_output *output, const void *bytes, size_t len);

/* The same as a single line: newlines, tabs and carriage returns are shown as \n, \t and \r. What
 * has no room in that many columns is cut, with "..." at the end; SIZE_MAX: nothing is. */
void cli_escape_line(struct cli_output *output, const void *bytes, size_t len, size_t columns);

#endif
