/* SPDX-License-Identifier: MIT */
/*
 * A disk that can lose its power: a file system on a loop device over memory. It is mounted where
 * the home is to be, shut down at any moment with what had been written by then, and mounted again,
 * which replays its journal.
 *
 * Needs root and a private mount namespace. What the kernel has handed to the device counts as
 * written: a disk that loses what it said it had is not part of this. For one thread.
 */
#ifndef TESTS_EXHAUST_IMAGE_H
#define TESTS_EXHAUST_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

/* What is on the disk when the power goes. */
enum image_cut {
	/* What was written through, and what happened to be written. */
	IMAGE_CUT_WRITTEN,
	/* All names and sizes, as the journal is written from time to time; of content that only.
	 */
	IMAGE_CUT_NAMES,
	/* All names, and every second page of each file. */
	IMAGE_CUT_PAGES,
	/* All: only the processes and their locks are gone. */
	IMAGE_CUT_ALL,
	IMAGE_CUTS
};

const char *image_cut_name(enum image_cut cut);

struct image {
	const char *type;
	/* Where it is mounted. */
	const char *at;
	int memory_fd;
	int loop_fd;
	char device[32];
	/* How often it was mounted. */
	unsigned mounts;
};

/* Why there can be no file system of that type here; NULL: there can. */
const char *image_why_not(const char *type);

/* Makes an empty one, and mounts it at a path, which is made. Each of these must come out. */
void image_make(struct image *image, const char *type, const char *at);
/* The power goes. Whoever has files open there must be ended before image_restart(). */
void image_cut(const struct image *image, enum image_cut cut);
/* Mounts it again after a cut. */
void image_restart(struct image *image);
/* All that was done is on the disk. */
void image_write_all(const struct image *image);
void image_free(struct image *image);

#endif
