/* SPDX-License-Identifier: MIT */
/* Making, ending and filling up one segment, for the pool (stream/pool.c) alone. */
#ifndef FSPS_STREAM_SEGMENT_FILE_H
#define FSPS_STREAM_SEGMENT_FILE_H

#include "stream/segment.h"

/* A segment of an open, empty file, which is closed if this fails. Returns 0 or -errno. */
int fsi_segment_make(int fd, size_t bytes, bool checksums, const char *member, uint32_t publisher,
		     struct fsi_segment **ret_segment);

/* Gives memory to what was given back. Returns 0 or -errno. */
int fsi_segment_refill(const struct fsi_segment *segment);

/* Makes it empty, of that key. We hold the exclusive lock, which is given back, or it is new: in
 * use since before it had a name. */
void fsi_segment_begin(struct fsi_segment *segment, uint64_t key);

/* Marks its end, gives the unused rest back unless that is to be kept; no longer in use. */
void fsi_segment_end(struct fsi_segment *segment, bool keep_rest);

#endif
