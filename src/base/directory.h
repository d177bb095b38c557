/* SPDX-License-Identifier: MIT */
/* Reading the names of a directory through base/sys, in large pieces and without allocation. */
#ifndef FSPS_BASE_DIRECTORY_H
#define FSPS_BASE_DIRECTORY_H

#include <stdalign.h>
#include <stddef.h>

enum { FSI_DIRECTORY_PIECE_BYTES = 16384 };

struct fsi_directory {
	int fd;
	size_t used;
	size_t filled;
	alignas(8) char piece[FSI_DIRECTORY_PIECE_BYTES];
};

/* Starts at the first entry. fd stays the caller's; its offset is moved. Returns 0 or -errno. */
int fsi_directory_start(struct fsi_directory *directory, int fd);

/*
 * The next name except "." and "..", valid until the next call, and its d_type. Returns 1, 0 at
 * the end, or -errno.
 */
int fsi_directory_next(struct fsi_directory *directory, const char **ret_name,
		       unsigned char *ret_type);

#endif
