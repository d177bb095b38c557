/* SPDX-License-Identifier: MIT */
/*
 * The processes of a round, one by one: our children, each with its part. Whoever stops us stops
 * them through us, publishers first: one that finds no subscribers any more would take it for a
 * failure. So a terminal's Ctrl-C, which reaches all at once, is not for them.
 */
#ifndef BENCH_MEMBER_H
#define BENCH_MEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "bench/job.h"
#include "bench/progress.h"

struct bench_member {
	pid_t pid;
	bool publishes;
	/* Among its like. */
	size_t index;
	bool running;
};

struct bench_members {
	struct bench_job *job;
	/* Its line has to go where something is said. */
	struct bench_progress *progress;
	struct bench_member *list;
	size_t count;
	size_t running;
	/* Of those who failed the first one's exit code. While it is set none is told of. */
	int status;
};

/* Room for all of a job. 0, or an exit code after saying what is wrong. */
int bench_members_init(struct bench_members *members, struct bench_job *job,
		       struct bench_progress *progress);
void bench_members_deinit(struct bench_members *members);

/* Starts one. 0, or an exit code after saying what is wrong. */
int bench_members_start(struct bench_members *members, bool publishes, size_t index);

/* Takes notice of those that have ended, and says it of those that should not have. */
void bench_members_reap(struct bench_members *members);

/* Ends those that still run; those that don't do so in time are killed. */
void bench_members_end(struct bench_members *members);

#endif
