/* SPDX-License-Identifier: MIT */
/*
 * What a reader writes into the control block of what it reads: how far it is in each segment, for
 * those who look on, and what of all that waits is taken, for the limits (limit/count.h).
 *
 * A segment's bytes count from its link on, and all the time that no reader has it. One that is
 * attached takes them away when it is done with it or has read all there is, and when it goes, and
 * leaves the segment there, puts them back.
 *
 * Everything happens with the channel's lock held.
 */
#ifndef FSPS_SUBSCRIBE_ACCOUNT_H
#define FSPS_SUBSCRIBE_ACCOUNT_H

#include "limit/count.h"
#include "subscribe/channel.h"

/* ---- how far a segment was read ---- */

void fsi_account_take_place(fsps_channel *channel, struct fsi_view *view);
void fsi_account_note_place(fsps_channel *channel, const struct fsi_view *view);
/* Of a segment that somebody else took away the place stays for a second or two: he is about to
 * look how much of it was read. */
void fsi_account_leave_place(fsps_channel *channel, struct fsi_view *view);
/* Once a second: those that stayed for so long. */
void fsi_account_clear_left_places(fsps_channel *channel);

/* ---- bytes of segments ---- */

/* One was attached: its publisher, or the reader before, has counted it. */
void fsi_account_count(fsps_channel *channel, struct fsi_view *view);
/* It waits no longer. */
void fsi_account_uncount(fsps_channel *channel, struct fsi_view *view);
/* It stays without a reader: what is in it, settled or not, is as if nobody had read it. */
void fsi_account_leave(fsps_channel *channel, struct fsi_view *view);

/* ---- what the directory says ---- */

/* It was read, as pending has it; seen: the words from before that. */
void fsi_account_note_scan(fsps_channel *channel, struct fsi_count_seen seen);

/* All that there is has been read, and more is waited for. */
void fsi_account_note_sleep(fsps_channel *channel);

#endif
