/* SPDX-License-Identifier: MIT */
/*
 * Files that a reader writes into its channel: a message of a segment that needs a name of its own,
 * and what was said of a dead letter. Complete when they get their name; a kill before that leaves
 * nothing, or an intent in tmp that is swept.
 */
#ifndef FSPS_CLAIM_WRITTEN_H
#define FSPS_CLAIM_WRITTEN_H

#include <stddef.h>

#include "claim/claim.h"

/* Writes length bytes as a file of that name. Returns 0, -EEXIST if the name is taken, or another
 * -errno. */
int fsi_written_file(const struct fsi_workplace *place, const char *name, const void *bytes,
		     size_t length);

/* The same under a name that is formed from `to`, whose time or attempt is raised until it is free.
 * Returns 0 or a failure. */
int fsi_written_message(const struct fsi_workplace *place, struct fsi_work_name *to,
			const void *bytes, size_t length);

/* The last FSPS_ERROR_TEXT_MAX bytes of a text. Returns 0 or -errno. */
int fsi_written_note(const struct fsi_workplace *place, const struct fsi_work_name *name,
		     const char *text);

#endif
