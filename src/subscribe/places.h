/* SPDX-License-Identifier: MIT */
/*
 * How far a durable channel's single reader is in its segments: in the name of each link, so that
 * the next reader goes on there.
 *
 * At least once, the name has the lowest offset that is not settled, and follows now and then: what
 * was settled since may come again to the next reader if this one is killed. At most once, it is
 * ahead of what is handed out. The control block says how far was handed out: what lies between the
 * two when a reader comes was with one that was killed, and is written out as files, so that it is
 * known how often they were handed out.
 */
#ifndef FSPS_SUBSCRIBE_PLACES_H
#define FSPS_SUBSCRIBE_PLACES_H

#include "subscribe/channel.h"

/* What stands in the control block is the last reader's. */
void fsi_places_take_over(fsps_channel *channel);

/* A segment was attached: writes out what the last reader had. Never fails: what can't be written
 * comes from the segment. */
void fsi_places_recover(fsps_channel *channel, struct fsi_view *view);

/* Before a line of the control block is taken: if there is none left, one of the last reader's
 * goes, whose segment was not met. */
void fsi_places_make_room(fsps_channel *channel);

/* At most once: makes sure that the link's name is ahead of the next frame. Returns 1, or 0 if the
 * link is gone, or a failure: then the frame must not be handed out. */
int fsi_places_go_ahead(fsps_channel *channel, struct fsi_view *view);

/* One more of its frames is settled. */
void fsi_places_note_settled(fsps_channel *channel, struct fsi_view *view);

/* A frame has a file of its own now: its segment must not show it to the next reader, too. */
void fsi_places_save_now(fsps_channel *channel, struct fsi_view *view);

/* Nothing is to be read: all names are brought up to date. */
void fsi_places_save_all(fsps_channel *channel);

/* The reader goes in peace. */
void fsi_places_leave(fsps_channel *channel);

#endif
