/* SPDX-License-Identifier: MIT */
/*
 * What a sweep tells of what it finds: each thing to a callback, and counted. Looks at things, and
 * leaves it to the sweep to judge and to remove them.
 */
#ifndef FSPS_RECOVER_REPORT_H
#define FSPS_RECOVER_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include <fsps/sweep.h>

#include "base/limits.h"
#include "recover/links.h"
#include "store/control.h"
#include "store/home.h"

/* A thing of a home. */
struct fsi_thing {
	enum fsps_sweep_kind kind;
	/* Where it is: open, and by its path in the home, "" or with a '/' at its end. */
	int directory_fd;
	const char *folder;
	const char *name;
	/* Whose: NULL, or a member. Else the pid says it, if it is not 0. */
	const char *member;
	int32_t pid;
	/* "" or who that is. */
	char identity[FSI_IDENTITY_BYTES];
};

struct fsi_report {
	struct fsi_home *home;
	bool dry;
	fsps_sweep_callback callback;
	void *userdata;
	struct fsps_sweep_counts counts;
	struct fsi_links links;
	/* The callback wants no more. */
	bool stopped;
};

/* A thing as it was before it was removed. */
struct fsi_sighting {
	struct fsps_sweep_item item;
	char name[2 * FSI_NAME_BYTES];
	char identity[FSI_IDENTITY_BYTES];
};

void fsi_report_deinit(struct fsi_report *report);

/* Takes down what it is, with what its removal will give back. */
void fsi_report_look(struct fsi_report *report, const struct fsi_thing *thing,
		     struct fsi_sighting *ret_sighting);

/* The same for what can't be judged, or gives nothing back. */
void fsi_report_glance(struct fsi_report *report, const struct fsi_thing *thing,
		       struct fsi_sighting *ret_sighting);

/* Counts it and tells the callback. */
void fsi_report_tell(struct fsi_report *report, struct fsi_sighting *sighting,
		     enum fsps_sweep_reason reason, enum fsps_sweep_outcome outcome, int error);

#endif
