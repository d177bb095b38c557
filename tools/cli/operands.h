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
void cli_operands_deinit(struct cli_operands *operands);

#endif
