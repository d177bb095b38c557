/* SPDX-License-Identifier: MIT */
/* What a process of a round is told: all that it has in common with the others. */
#ifndef BENCH_JOB_H
#define BENCH_JOB_H

#include <stdint.h>

#include "bench/options.h"
#include "bench/plan.h"
#include "bench/shared.h"

enum { BENCH_TOPIC_BYTES = 64 };

struct bench_job {
	const struct bench_options *options;
	const struct bench_case *what;
	struct bench_shared *shared;
	/* The options' own, but for the home, which is always named. */
	struct cli_common common;
	/* Of this round alone; round trips answer on another one. */
	char topic[BENCH_TOPIC_BYTES];
	char answer_topic[BENCH_TOPIC_BYTES];
};

enum { BENCH_NAME_BYTES = 64 };

/* A durable channel's name; its pattern tells the round. */
void bench_durable_name(size_t subscriber, size_t channel, char *ret_name);

#endif
