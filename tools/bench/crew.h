/* SPDX-License-Identifier: MIT */
/*
 * The processes of a round: started, let go together, watched, and ended, whatever happens. Each is
 * a child of ours, which opens its own bus; subscribers are there before publishers are started.
 */
#ifndef BENCH_CREW_H
#define BENCH_CREW_H

#include "bench/job.h"
#include "bench/progress.h"

/* Runs a round to its end. Returns 0, or an exit code after saying what is wrong: who died, or what
 * was missing when nothing went on. No process is left in either case. */
int bench_crew_run(struct bench_job *job, struct bench_progress *progress);

#endif
