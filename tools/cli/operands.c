/* SPDX-License-Identifier: MIT */
/* Implements cli/operands.h. */
#include "cli/operands.h"

#include <stdlib.h>

#include "cli/fail.h"
#include "cli/status.h"

int cli_operands_add(struct cli_operands *operands, const char *operand)
{
	const char **grown;

	grown = realloc(operands->values, (operands->count + 1) * sizeof *grown);
	if (grown == NULL)
		return cli_fail(CLI_ERROR, "no memory");
	operands->values = grown;
	operands->values[operands->count++] = operand;
	return 0;
}

void cli_operands_deinit(struct cli_operands *operands)
{
	free(operands->values);
}
