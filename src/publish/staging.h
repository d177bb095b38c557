/* SPDX-License-Identifier: MIT */
/*
 * A message's file before it has its names in the channels.
 *
 * It has no name at all: a kill leaves nothing. Once it had a name the kernel links it no more
 * when all its names are gone again, so if readers were that fast, the next channel gets a copy.
 *
 * Where there are no nameless files (some file systems; old kernels without /proc) it is an
 * intent, "tmp/.i-<member>-<ID>", kept until the last link and swept if its publisher died.
 */
#ifndef FSPS_PUBLISH_STAGING_H
#define FSPS_PUBLISH_STAGING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "store/home.h"

struct fsi_staged {
	struct fsi_home *home;
	uint64_t id;
	/* The whole message; the caller's. */
	struct iovec parts[2];
	/* What is written is written through to the disk, before its first link. A file for which
	 * that failed is dropped: the kernel may have thrown away what it could not write, and
	 * would call a second try a success. */
	bool sync;
	/* No nameless files here: always an intent. */
	bool named_only;
	/* Look at the next file whether it comes out with the permissions that it should have (a
	 * umask may take them away), and if not, mend each from then on. */
	bool check_mode;
	bool mend_mode;
	/* Nameless: the open file, else -1. */
	int fd;
	/* The intent's name in tmp, and tmp; "" and -1 for none. */
	char intent[FSI_NAME_BYTES];
	int intent_directory;
};

/* Nothing staged yet. */
void fsi_staged_init(struct fsi_staged *staged);

/* Writes the file. Returns 0 or a failure. */
int fsi_staged_write(struct fsi_staged *staged);

/*
 * Links it at path, "<channel>/<name>" in directory. Returns 0 or -errno: -EEXIST (the name is
 * taken), -ENOENT (the channel is gone), -ENOSPC, ...
 */
int fsi_staged_link(struct fsi_staged *staged, int directory, const char *path);

/* Closes the file, removes the intent. */
void fsi_staged_drop(struct fsi_staged *staged);

#endif
