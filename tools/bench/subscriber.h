/* SPDX-License-Identifier: MIT */
/* A process that receives everything that the publishers of a round publish. */
#ifndef BENCH_SUBSCRIBER_H
#define BENCH_SUBSCRIBER_H

#include "bench/job.h"

/* From opening its channels to the last message. Returns an exit code. */
int bench_subscribe(struct bench_job *job, size_t index);

#endif
