/* SPDX-License-Identifier: MIT */
/* pubsub-subscribe: reads the command line, runs the subscription, ends as it shall. */
#include "cli/options.h"
#include "cli/signals.h"
#include "cli/status.h"
#include "cli/stdio.h"
#include "subscribe/options.h"
#include "subscribe/run.h"

int main(int argc, char **argv)
{
	struct subscribe_options options;
	int status;

	if (cli_stdio_open() < 0)
		return CLI_ERROR;
	cli_signals_catch();
	status = subscribe_options_read(&options, argc, argv);
	if (status == CLI_RUN)
		status = subscribe(&options);
	subscribe_options_deinit(&options);
	return cli_end(status);
}
