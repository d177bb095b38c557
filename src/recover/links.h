/* SPDX-License-Identifier: MIT */
/*
 * Files with several names, of which each that would be removed is counted: with the last one the
 * file's memory would be given back. For those who only look; who removes sees it in the file.
 *
 * Takes 32 to 64 bytes of memory a file, for a million files at most; further ones count nothing.
 */
#ifndef FSPS_RECOVER_LINKS_H
#define FSPS_RECOVER_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* Starts as zeros. */
struct fsi_links {
	struct fsi_links_entry *entries;
	size_t capacity;
	size_t used;
};

/* Counts a name of a file. Returns whether that was its last. */
bool fsi_links_count(struct fsi_links *links, const struct stat *status);

void fsi_links_deinit(struct fsi_links *links);

#endif
