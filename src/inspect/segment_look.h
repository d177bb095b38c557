/* SPDX-License-Identifier: MIT */
/* A segment in a channel as somebody sees it who is not its reader: where that reader is. */
#ifndef FSPS_INSPECT_SEGMENT_LOOK_H
#define FSPS_INSPECT_SEGMENT_LOOK_H

#include "store/control.h"
#include "stream/view.h"

struct fsi_segment_look {
	/* At the first frame that was not settled. */
	struct fsi_view *view;
	/* Frames before this were handed out. In a live channel that settles them. */
	size_t handed_out_end;
};

/*
 * Opens the link of a segment. control: the channel's, which says how far its reader is, or NULL.
 * That word is only a number in a file: one that can't be a place counts for nothing. Returns an
 * enum fsi_view_answer or a failure.
 */
int fsi_segment_look_open(int channel_fd, const struct fsi_control *control, uint64_t key,
			  uint64_t offset, struct fsi_segment_look *ret_look);
void fsi_segment_look_close(struct fsi_segment_look *look);

#endif
