/* SPDX-License-Identifier: MIT */
/*
 * Where a run has its home: in a directory of its own, which is locked as long as any process of
 * the run lives, and removed at the end. What a killed run left has no lock, and the next one
 * removes it.
 */
#ifndef BENCH_PLACE_H
#define BENCH_PLACE_H

#include "cli/options.h"

enum { BENCH_PATH_BYTES = 4096 };

struct bench_place {
	/* The directory that is ours to remove, "" if the home was given. */
	char directory[BENCH_PATH_BYTES];
	/* Its lock; -1: none. */
	int lock;
	char home[BENCH_PATH_BYTES];
};

/* Makes it, or takes the home that the options name. 0, or an exit code after saying what is wrong.
 * To be closed in any case. */
int bench_place_open(struct bench_place *place, const struct cli_common *common);

/* Removes what is ours. To be called when no process uses it any more. */
void bench_place_close(struct bench_place *place);

#endif
