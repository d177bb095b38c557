/* SPDX-License-Identifier: MIT */
/*
 * A sweep that is under way, for the files that it consists of: sweep.c goes over the home,
 * sweep_staging.c and sweep_channels.c say what is done with what lies there.
 *
 * What a report is made of, and what looks more closely, is only done for who asked for a sweep:
 * one that comes by is to cost next to nothing where nobody has died.
 */
#ifndef FSPS_RECOVER_SWEEPING_H
#define FSPS_RECOVER_SWEEPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recover/judge.h"
#include "recover/report.h"
#include "store/home.h"

struct fsi_sweeping {
	struct fsi_home *home;
	/* NULL: of one that comes by, with budgets, nobody is told. */
	struct fsi_report *report;
	/* Unlinks that are left to do in this directory, and how many each has. */
	uint64_t budget;
	uint64_t budget_of_each;
	/* Names to look at in all durable channels. What is left of it nobody misses: whoever reads
	 * a channel looks over it himself. */
	uint64_t names_budget;
	/* Members that were dead when it began. */
	char (*dead)[FSI_MEMBER_LEN + 1];
	size_t dead_count;
	size_t dead_room;
	/* Something of a dead member is left: keep its lock file as the reminder. */
	bool incomplete;
	/* The first failure to look. */
	int failure;
};

/* Removes a thing. Returns 1 if it is gone, 0 if some of it is left, or a failure. */
typedef int (*fsi_remover)(struct fsi_sweeping *sweep, const struct fsi_thing *thing);

/* A remover of files. */
int fsi_sweep_remove_file(struct fsi_sweeping *sweep, const struct fsi_thing *thing);

/* Whether to settle it. Who asked for the sweep is told of what can't be judged. */
bool fsi_sweep_is_dead(struct fsi_sweeping *sweep, const struct fsi_thing *thing,
		       struct fsi_verdict verdict);

/* Removes what is dead, or only tells of it. Returns as a remover does. */
int fsi_sweep_settle(struct fsi_sweeping *sweep, const struct fsi_thing *thing,
		     struct fsi_verdict verdict, fsi_remover removes);

/* Called with each name in tmp, and in the home. */
void fsi_sweep_staged(struct fsi_sweeping *sweep, int directory, const char *name,
		      unsigned char type);
void fsi_sweep_channel(struct fsi_sweeping *sweep, int directory, const char *name,
		       unsigned char type);

#endif
