/* SPDX-License-Identifier: MIT */
/* A list of operands of any length. Owned; the strings in it are the arguments themselves. */
#ifndef CLI_OPERANDS_H
#define CLI_OPERANDS_H

#include <stddef.h>

struct cli_operands {
	const char **values;
	size_t count;
};

/* Adds one; an empty list is all zero. 0, or an exit code after saying that there is no memory. */
int cli_operands_add(struct cli_operands *operands, const char *operand);
/* Adds a pattern that is not in the list yet. 0, or an exit code after saying what is wrong. */
int cli_operands_add_pattern(struct cli_operands *operands, const char *pattern);

void cli_operands_deinit(struct cli_operands *operands);

#endif
