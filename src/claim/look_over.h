/* SPDX-License-Identifier: MIT */
/*
 * Looking over what is being worked on in a channel: claims of the dead, and claims whose deadline
 * has passed, become messages that come again, or dead letters; messages that come again and whose
 * time has come are told of. Notes without a dead letter go.
 *
 * Whoever comes by does it: a channel's reader once a second, and a sweep of the home that has
 * found dead members. Renames alone: it needs no space, and two who do it at once do no harm.
 */
#ifndef FSPS_CLAIM_LOOK_OVER_H
#define FSPS_CLAIM_LOOK_OVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "claim/claim.h"

/* A message that comes again, by its name. */
struct fsi_due {
	uint64_t time_ms;
	uint64_t id;
	uint32_t attempt;
};

/* Of those that are due, as many as one look keeps: the lowest IDs. */
enum { FSI_DUE_MAX = 1 << 14 };

struct fsi_due_list {
	struct fsi_due *list;
	size_t next;
	size_t count;
	/* There were more. */
	bool truncated;
};

void fsi_due_list_deinit(struct fsi_due_list *due);

/* What a look found. */
struct fsi_look_over {
	/* Claims that were taken back. */
	uint64_t revived;
	/* Messages that became dead letters. */
	uint64_t dead;
};

/* Told of each claim that is taken back. */
struct fsi_look_watch {
	/* Changes nothing: claims are told of as if they had been taken back. */
	bool only_look;
	/* name: the claim's; overdue: that is why, and not that its owner died. r: 0, or why it
	 * could not be taken back. */
	void (*taken_back)(void *userdata, const char *name, const struct fsi_work_name *claim,
			   bool overdue, int r);
	void *userdata;
};

/*
 * Looks at *budget names at most, counting them down. due: NULL, or replaced by what is due now.
 * watch: NULL, or who is told. Returns 0 or a failure.
 */
int fsi_look_over(const struct fsi_workplace *place, struct fsi_due_list *due, uint64_t *budget,
		  const struct fsi_look_watch *watch, struct fsi_look_over *ret_found);

#endif
