/* SPDX-License-Identifier: MIT */
/*
 * Taking one frame out of a segment, believing nothing: what is no message, or not one for here, is
 * passed over, and so is one whose time to live has passed. Which frame is next is in lane.h.
 *
 * Everything happens with the channel's lock held.
 */
#ifndef FSPS_SUBSCRIBE_FRAME_H
#define FSPS_SUBSCRIBE_FRAME_H

#include "subscribe/channel.h"

/* Takes the frame that the view looked at. Returns FSI_LANE_MESSAGE, FSI_LANE_NOTHING if it was
 * passed over or its segment was taken away, or a failure: then it is there still. The view may be
 * gone after the second. */
int fsi_frame_take(fsps_channel *channel, struct fsi_view *view, fsps_message **ret_message);

/* Makes a message of a frame that was handed out before. Returns 0 or a failure: what is there now
 * is that message no more, or there is no memory. */
int fsi_frame_read_again(fsps_channel *channel, struct fsi_view *view, size_t offset,
			 fsps_message **ret_message);

#endif
