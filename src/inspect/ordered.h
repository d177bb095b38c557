/* SPDX-License-Identifier: MIT */
/*
 * Going over the names of a directory in the order of a number in them, however many there are, in
 * bounded memory: names are taken a batch at a time, each by a pass of its own.
 *
 * What comes or goes meanwhile may be missed or met.
 */
#ifndef FSPS_INSPECT_ORDERED_H
#define FSPS_INSPECT_ORDERED_H

#include <stdbool.h>
#include <stdint.h>

enum {
	/* No name in a channel that has a meaning is longer. */
	FSI_ORDERED_NAME_BYTES = 72,
	/* The lowest ones that a pass keeps: 5 MiB, and as much while it chooses. */
	FSI_ORDERED_BATCH = 1 << 16,
};

struct fsi_ordered_name {
	uint64_t number;
	char text[FSI_ORDERED_NAME_BYTES];
};

/* Whether a name is one to go over, and its number. */
typedef bool (*fsi_ordered_filter)(const char *name, uint64_t *ret_number);

/* Answers 0 to go on, something positive to end, or a failure. May read the directory. */
typedef int (*fsi_ordered_visit)(const struct fsi_ordered_name *name, void *userdata);

/* Moves the directory's offset. Names of one number come in the order of their bytes. Returns 0,
 * or what a visit ended it with, or a failure. */
int fsi_ordered_walk(int directory_fd, fsi_ordered_filter filter, fsi_ordered_visit visit,
		     void *userdata);

#endif
