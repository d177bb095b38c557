/* SPDX-License-Identifier: MIT */
/* What waits in a channel by its directory, counted as for its limits (limit/count.h). */
#ifndef FSPS_LIMIT_HELD_H
#define FSPS_LIMIT_HELD_H

#include "limit/count.h"

struct fsi_held {
	uint64_t bytes;
	/* Those in segments only where messages are limited. */
	uint64_t messages;
};

/* Reads an open directory's names (its offset is moved). Segments that we may not look into count
 * as if something waited in them. Returns 0 or a failure. */
int fsi_held_count(int channel_fd, const struct fsi_control *control, struct fsi_held *ret_held);

#endif
