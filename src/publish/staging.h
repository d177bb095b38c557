/* SPDX-License-Identifier: MIT */
/*
 * A message's file before it has its names in the channels.
 *
 * For one channel it has no name at all: a kill leaves nothing. For several it is an intent,
 * "tmp/.i-<member>-<ID>", kept until the last link: a fast reader's unlink would otherwise drop
 * the file to no links, and then the kernel links it no more.
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
	/* The file system can't do without names, or the kernel without /proc: always an intent. */
	bool named_only;
	/* Files come out with other permissions than they should (umask): mend each. */
	bool mend_mode;
	/* Nameless: the open file, else -1. */
	int fd;
	/* The intent's path in the home; "" for none. */
	char path[FSI_NAME_BYTES];
};

/* Writes the file, for how many channels decides its kind. Returns 0 or a failure. */
int fsi_staged_write(struct fsi_staged *staged, bool several);

/*
 * Links it at path in the home. Returns 0 or -errno: -EEXIST (the name is taken), -ENOENT (the
 * channel is gone), -ENOSPC, ...
 */
int fsi_staged_link(struct fsi_staged *staged, const char *path);

/* Removes the intent, closes the file. */
void fsi_staged_drop(struct fsi_staged *staged);

/* Looks whether files of ours get the permissions they should; sets mend_mode. */
void fsi_staged_check_mode(struct fsi_staged *staged);

#endif
