/* SPDX-License-Identifier: MIT */
/* pubsub-tail: follows what is published, with rates and sizes, and takes it from nobody. */
#include "cli/main.h"
#include "cli/cleanup.h"
#include "tail/follow.h"
#include "tail/options.h"

int main(int argc, char **argv)
{
	CLI_CLEANUP(tail_options_deinit) struct tail_options options;

	tail_options_init(&options);
	return cli_main(&tail_command, argc, argv, &options, tail_follow);
}
