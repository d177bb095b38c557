/* SPDX-License-Identifier: MIT */
/*
 * At-least-once delivery: what is handed out is claimed and remembered until it is settled, in time
 * or too late; what comes again; what arrives through the inbox.
 *
 * A message in a file is claimed by its name, so that everybody sees it. One in a segment is
 * remembered by this reader alone, who alone reads that segment; when it is given back it gets a
 * file of its own, or is kept here where there is no space for that.
 *
 * Everything but what fsps/delivery.h asks for happens with the channel's lock held.
 */
#ifndef FSPS_SUBSCRIBE_WORK_H
#define FSPS_SUBSCRIBE_WORK_H

#include "store/message_file.h"
#include "subscribe/channel.h"

/* options: those of the channel. */
void fsi_work_init(fsps_channel *channel, const struct fsps_channel_options *options);
void fsi_work_deinit(fsps_channel *channel);

/* Directory and control block are open. */
void fsi_work_begin(fsps_channel *channel);

/* ---- handing out ---- */

/* Claims the file `name` for a message that was read from it, handed out for the attempt-th time.
 * Returns a fsi_claim_answer or a failure. Room was made in the table. */
int fsi_work_claim_file(fsps_channel *channel, const char *name, uint32_t attempt,
			const struct fsi_message_file *file);
/* Remembers a frame. */
void fsi_work_note_frame(fsps_channel *channel, struct fsi_view *view, size_t offset,
			 fsps_message *message);
/* One that we have in a segment is handed out once more. */
void fsi_work_note_again(fsps_channel *channel, struct fsi_delivery *delivery, uint32_t attempt,
			 fsps_message *message);
/* Takes the next message that comes again. Returns 1, 0 if there is none now, or a failure. */
int fsi_work_take_again(fsps_channel *channel, fsps_message **ret_message);

/* ---- settling, as in fsps/delivery.h ---- */

int fsi_work_acknowledge(fsps_channel *channel, fsps_message *message);
int fsi_work_acknowledge_locked(fsps_channel *channel, fsps_message *message);
int fsi_work_nack(fsps_channel *channel, fsps_message *message, int64_t delay_ms,
		  const char *error);
int fsi_work_reject(fsps_channel *channel, fsps_message *message, const char *error);
int fsi_work_extend(fsps_channel *channel, fsps_message *message, int64_t deadline_ms);

/* A frame has a file of its own, or is lost: its segment goes on without it. */
void fsi_work_end_written(fsps_channel *channel, struct fsi_delivery *delivery);

/* Its deadline has passed. */
void fsi_work_expire(fsps_channel *channel, struct fsi_delivery *delivery);

/* ---- upkeep ---- */

/* Once a second: deadlines, claims of the dead, what is due. */
void fsi_work_keep_up(fsps_channel *channel);
/* What is due now, if that may have changed. */
void fsi_work_look_over(fsps_channel *channel);

/* A frame that stays unsettled gets a file of its own, claimed. NULL is allowed. */
void fsi_work_move_to_file(fsps_channel *channel, struct fsi_delivery *delivery);

/* The channel is about to be closed. */
void fsi_work_give_all_back(fsps_channel *channel);

/* Another reader of the group is to look, too. */
void fsi_work_ring_others(fsps_channel *channel);

/* Whoever reads here, it may be ourselves, is to look for the message of that ID, or for any (0).
 */
void fsi_work_ring(const fsps_channel *channel, uint64_t id);

#endif
