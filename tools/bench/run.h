/* SPDX-License-Identifier: MIT */
/* A whole run: all rounds of all combinations, one after another. */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include "bench/options.h"

/* Returns an exit code. */
int bench_run(const struct bench_options *options);

#endif
