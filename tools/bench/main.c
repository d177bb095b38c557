/* SPDX-License-Identifier: MIT */
/* pubsub-bench: measures libfsps as any program can use it. */
#include "cli/main.h"
#include "bench/options.h"
#include "bench/run.h"

static int run(const void *settings)
{
	return bench_run(settings);
}

int main(int argc, char **argv)
{
	struct bench_options options;

	bench_options_init(&options);
	return cli_main(&bench_command, argc, argv, &options, run);
}
