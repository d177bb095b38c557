/* SPDX-License-Identifier: MIT */
/* The sources of a lane and their segments: how they come and go. For those parts of the reader
 * that handle segments. */
#ifndef FSPS_SUBSCRIBE_SOURCES_H
#define FSPS_SUBSCRIBE_SOURCES_H

#include "subscribe/lane.h"

/* Removes a segment's link and lets it go: it has no more frames, or broken ones. Returns 0, or a
 * failure: then it is still there, to be finished later. */
int fsi_sources_finish(fsps_channel *channel, struct fsi_source *source, size_t index, bool broken);

/* The reader goes: a segment that is done goes, too, any other has no place of ours any more. */
void fsi_sources_leave(fsps_channel *channel, struct fsi_view *view);

/* One of a segment's messages was settled: if it was the last of one that was read to its end, the
 * segment goes. */
void fsi_sources_note_settled(fsps_channel *channel, struct fsi_view *view);

/* Frees a source that has no segments. */
void fsi_sources_remove(struct fsi_lane *lane, size_t index);

#endif
