/* SPDX-License-Identifier: MIT */
/*
 * Segments in the pools of publishers that live but rest. Their memory is given back, which a
 * publisher can't do while it has nothing to publish.
 */
#ifndef FSPS_RECOVER_IDLE_H
#define FSPS_RECOVER_IDLE_H

#include <stdbool.h>

/*
 * Whether a segment, by its name in tmp, has been used by nobody for a while, and is not about to
 * be: then it is removed and its memory given back, unless only_look.
 */
bool fsi_idle_segment_reclaim(int staging_fd, const char *name, bool only_look);

#endif
