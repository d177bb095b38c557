/* SPDX-License-Identifier: MIT */
/* Round trips: one process sends a message and waits for its answer, the other one answers each. */
#ifndef BENCH_TRIP_H
#define BENCH_TRIP_H

#include "bench/job.h"

/* Both return an exit code. */
int bench_ping(struct bench_job *job);
int bench_pong(struct bench_job *job);

#endif
