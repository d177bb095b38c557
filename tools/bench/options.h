/* SPDX-License-Identifier: MIT */
/* The command line of pubsub-bench, read and checked; nothing is measured or touched here. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/list.h"
#include "cli/options.h"

enum bench_mode {
	BENCH_THROUGHPUT,
	BENCH_LATENCY,
	BENCH_FANOUT,
	BENCH_SIZES,
	BENCH_CHANNELS,
	BENCH_ALL,
	BENCH_MODES
};

/* As it is written on the command line. */
const char *bench_mode_text(enum bench_mode mode);

/* How messages are published. */
enum bench_way { BENCH_PLAIN, BENCH_BATCH, BENCH_PREPARED, BENCH_IN_PLACE };

enum {
	BENCH_MODES_MAX = 16,
	BENCH_PROCESSES_MAX = 1000,
	BENCH_ROUNDS_MAX = 1000,
	BENCH_BATCH_MAX = 65536
};

/* Of count and duration_ns. */
enum { BENCH_NOT_GIVEN = -1 };

struct bench_options {
	struct cli_common common;
	enum bench_mode modes[BENCH_MODES_MAX];
	size_t modes_count;

	/* Messages of each publisher in a round, and how long it lasts: one of them may be given.
	 */
	int64_t count;
	int64_t duration_ns;
	int64_t rounds;
	int64_t warm_up_ns;
	/* Between two messages; 0: as fast as it goes. */
	int64_t interval_ns;
	/* After how long without a message to give up. */
	int64_t patience_ns;

	/* Empty: not given. */
	struct bench_list sizes;
	struct bench_list publishers;
	struct bench_list subscribers;
	struct bench_list channels;
	bool touch;

	enum bench_way way;
	int64_t batch;
	bool sync;
	bool durable;
	bool ack;
	int64_t spin_us;
	bool pin;

	bool json;
	bool quiet;

	/* What the parser keeps: the option that said how to publish. */
	const char *way_option;
};

extern const struct cli_command bench_command;

/* What holds where nothing is said. */
void bench_options_init(struct bench_options *options);

#endif
