/* SPDX-License-Identifier: MIT */
/*
 * Room for a fan's segment in its channels, and for the messages in it where a channel limits their
 * number: those are set apart some at a time, so that most messages touch no word that others do.
 *
 * For publish/fan*.c and publish/fast.c alone.
 */
#ifndef FSPS_PUBLISH_FAN_ROOM_H
#define FSPS_PUBLISH_FAN_ROOM_H

#include "publish/fan.h"

/* A message of a channel that is not limited. */
#define FSI_FAN_UNLIMITED UINT64_MAX

/* Takes room for the segment in a leg's channel, whose reader begins at offset. Returns 0,
 * FSI_DELIVERY_NOBODY, FSPS_ERR_FULL or FSPS_ERR_DROPPED. */
int fsi_fan_take_room(fsps_publisher *publisher, struct fsi_fan *fan, struct fsi_fan_leg *leg,
		      size_t offset);

/* Gives back what a leg has not used of it, of a segment whose first frames so many are not its, or
 * are used: it was not linked, or its segment ends. */
void fsi_fan_give_room(struct fsi_fan_leg *leg, uint64_t frames);

/* How many of a segment's frames a leg does not have whose reader begins at offset. */
uint64_t fsi_fan_frames_before(const struct fsi_fan *fan, size_t offset);

/* Whether one more message may go into the segment; false: another segment is to be begun, so that
 * channels which have no room get none, or that what is dropped later is not too much at once. */
bool fsi_fan_pay(fsps_publisher *publisher, struct fsi_fan *fan);

/* After legs have come or gone: for how many messages all are paid for. */
void fsi_fan_note_paid(struct fsi_fan *fan);

/* The largest segment that its channels want, by their limits. */
size_t fsi_fan_bytes_max(const struct fsi_fan *fan);

#endif
