/* SPDX-License-Identifier: MIT */
/* Implements cli/main.h. */
#include "cli/main.h"

#include "cli/signals.h"
#include "cli/status.h"
#include "cli/stdio.h"

int cli_main(const struct cli_command *command, int argc, char **argv, void *settings,
	     int (*run)(const void *settings))
{
	int status;

	if (cli_stdio_open() < 0)
		return CLI_ERROR;
	cli_signals_catch();
	status = cli_parse(command, argc, argv, settings);
	if (status == CLI_RUN)
		status = run(settings);
	return cli_end(status);
}
