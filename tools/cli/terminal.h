/* SPDX-License-Identifier: MIT */
/* How large the terminal is that a descriptor leads to, at this moment. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* In characters; SIZE_MAX if it is no terminal, or one that does not say. */
size_t cli_terminal_columns(int fd);
size_t cli_terminal_rows(int fd);

/* Whether what is written there can be painted over: a terminal that knows the usual sequences. */
bool cli_terminal_paints(int fd);

#endif
