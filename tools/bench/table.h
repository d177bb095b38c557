/* SPDX-License-Identifier: MIT */
/* The options of pubsub-bench: their names, and what --help says of them. */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include "cli/options.h"

enum bench_option {
	BENCH_OPTION_COUNT = CLI_OPTION_FIRST,
	BENCH_OPTION_DURATION,
	BENCH_OPTION_ROUNDS,
	BENCH_OPTION_WARM_UP,
	BENCH_OPTION_RATE,
	BENCH_OPTION_TIMEOUT,
	BENCH_OPTION_SIZE,
	BENCH_OPTION_PUBLISHERS,
	BENCH_OPTION_SUBSCRIBERS,
	BENCH_OPTION_CHANNELS,
	BENCH_OPTION_BATCH,
	BENCH_OPTION_PREPARED,
	BENCH_OPTION_IN_PLACE,
	BENCH_OPTION_SPIN
};

extern const struct cli_option bench_table[];

#endif
