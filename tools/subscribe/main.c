/* SPDX-License-Identifier: MIT */
/* pubsub-subscribe: reads the command line, runs the subscription, ends as it shall. */
#include "cli/main.h"
#include "cli/cleanup.h"
#include "subscribe/options.h"
#include "subscribe/run.h"

int main(int argc, char **argv)
{
	CLI_CLEANUP(subscribe_options_deinit) struct subscribe_options options;

	subscribe_options_init(&options);
	return cli_main(&subscribe_command, argc, argv, &options, subscribe);
}
