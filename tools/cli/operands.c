/* SPDX-License-Identifier: MIT */
/* Implements cli/operands.h. */
#include "cli/operands.h"

#include <stdlib.h>
#include <string.h>

#include <fsps/error.h>
#include <fsps/topic.h>

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

int cli_operands_add_pattern(struct cli_operands *operands, const char *pattern)
{
	if (fsps_pattern_check(pattern) < 0)
		return cli_usage("%s", fsps_last_error()->text);
	for (size_t i = 0; i < operands->count; i++) {
		if (strcmp(operands->values[i], pattern) == 0)
			return 0;
	}
	return cli_operands_add(operands, pattern);
}

void cli_operands_deinit(struct cli_operands *operands)
{
	free(operands->values);
}
