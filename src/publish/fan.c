/* SPDX-License-Identifier: MIT */
/* Implements publish/fan.h: the messages. The segment and its links are in fan_links.c. */
#include "publish/fan.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/sys.h"
#include "publish/delivery.h"
#include "publish/fan_links.h"
#include "publish/fan_room.h"
#include "publish/publisher.h"

struct fsi_fan *fsi_fan_new(struct fsi_target *const *targets, size_t count)
{
	struct fsi_fan *fan = calloc(1, sizeof *fan);

	if (fan == NULL)
		return NULL;
	fan->legs = calloc(count, sizeof *fan->legs);
	if (fan->legs == NULL) {
		free(fan);
		return NULL;
	}
	fan->count = count;
	fan->wish_bytes = FSI_SEGMENT_BYTES_LEAST;
	fan->paid = FSI_FAN_UNLIMITED;
	for (size_t i = 0; i < count; i++)
		fan->legs[i] =
			(struct fsi_fan_leg){.target = targets[i],
					     .waiting = fsi_control_waiting(targets[i]->control),
					     .slot = targets[i]->slot,
					     .paid = FSI_FAN_UNLIMITED,
					     .serial = targets[i]->serial};
	return fan;
}

void fsi_fan_close(fsps_publisher *publisher, struct fsi_fan *fan)
{
	fsi_fan_seal(publisher, fan);
	free(fan->legs);
	free(fan);
}

void fsi_fan_forget(struct fsi_fan *fan)
{
	if (fan->segment == NULL)
		return;
	fsi_sys_munmap(fan->segment->map, fan->segment->bytes);
	fsi_sys_close(fan->segment->fd);
}

/* ---- telling the readers ---- */

/* Somebody may have deleted the bell: its reader has made another one, and would not hear this one.
 * What has just been linked must not be read after what comes later in segments that it knows. */
static void check_bell(const struct fsi_target *target)
{
	struct stat status;

	if (target->bell_fd >= 0 && fsi_sys_fstat(target->bell_fd, &status) == 0 &&
	    status.st_nlink == 0)
		atomic_store(&target->control->dirty, 1);
}

/* The bell may have been closed to spare descriptors. A reader whose bell can't be rung looks
 * within a second. */
static void ring(fsps_publisher *publisher, struct fsi_target *target, uint64_t record)
{
	check_bell(target);
	if (fsi_delivery_open_bell(publisher, target) == FSI_BELL_OPEN &&
	    fsi_target_ring(target, record, record == 0) == 0)
		fsi_delivery_spare_bell(publisher, target);
	else
		atomic_store(&target->control->dirty, 1);
}

/* R3, for a segment: it is linked and has a frame; now its reader is told, and if the bell is full,
 * by the flag. */
void fsi_fan_announce(fsps_publisher *publisher, struct fsi_fan *fan)
{
	fan->to_announce = false;
	for (size_t i = 0; i < fan->count; i++) {
		struct fsi_fan_leg *leg = &fan->legs[i];

		if (!leg->to_announce)
			continue;
		leg->to_announce = false;
		ring(publisher, leg->target, leg->record);
	}
}

/*
 * R6: ring first, then clear the number that was seen. The other way round a kill in between would
 * lose the wake-up for everybody; and clearing whatever is there would lose that of the sleep after
 * this one. A full bell is as good as a ring. (A nap goes the other way round.)
 */
void fsi_fan_wake_reader(fsps_publisher *publisher, struct fsi_target *target)
{
	struct fsi_control *control = target->control;
	uint32_t sleep = atomic_load_explicit(fsi_control_waiting(control), memory_order_relaxed);
	int r = -EIO;

	if (sleep == 0)
		return;
	if ((sleep & FSI_CONTROL_NAPS) != 0) {
		fsi_target_end_nap(control, sleep);
		return;
	}
	if (fsi_delivery_open_bell(publisher, target) == FSI_BELL_OPEN)
		r = fsi_bell_ring(target->bell_fd, true, FSI_BELL_SEGMENT);
	fsi_delivery_spare_bell(publisher, target);
	/* Who could not ring leaves it to others to do so. */
	if (r == 0 || r == -EAGAIN)
		(void)atomic_compare_exchange_strong(fsi_control_waiting(control), &sleep, 0);
}

void fsi_fan_wake(fsps_publisher *publisher, struct fsi_fan *fan)
{
	fan->to_wake = false;
	/* What was committed comes before the look at who sleeps: see fall_asleep(). */
	atomic_thread_fence(memory_order_seq_cst);
	for (size_t i = 0; i < fan->count; i++)
		/* Linked or not: a frame may wait in a segment that has ended since. */
		if (atomic_load_explicit(fan->legs[i].waiting, memory_order_relaxed) != 0)
			fsi_fan_wake_reader(publisher, fan->legs[i].target);
}

/* ---- one message ---- */

void fsi_fan_account(fsps_publisher *publisher, const struct fsi_fan *fan)
{
	struct fsps_receipt *receipt = &publisher->receipt;

	receipt->matched += (int)fan->count;
	receipt->reached += (int)fan->linked;
	for (size_t i = 0; fan->linked < fan->count && i < fan->count; i++) {
		const struct fsi_fan_leg *leg = &fan->legs[i];

		if (leg->linked)
			continue;
		fsi_receipt_miss(receipt, leg->target->name, leg->code);
		fsi_full_count(leg->target, leg->code);
	}
}

uint64_t fsi_fan_wait_until(fsps_publisher *publisher, const struct fsi_fan *fan)
{
	uint64_t until = 0;

	for (size_t i = 0; fan->linked < fan->count && i < fan->count; i++) {
		uint64_t one = fan->legs[i].linked
				       ? 0
				       : fsi_full_wait_until(publisher, fan->legs[i].target,
							     fan->legs[i].code);

		until = one > until ? one : until;
	}
	return until;
}

/* Of a frame that is there its readers can be told; that of one which comes is told of with it. */
void fsi_fan_link_late(fsps_publisher *publisher, struct fsi_fan *fan, size_t offset)
{
	publisher->fast.busy = fan;
	fsi_fan_link_rest(publisher, fan, offset);
	publisher->fast.busy = NULL;
	if (fan->to_announce && offset < fan->segment->at)
		fsi_fan_announce(publisher, fan);
}

void fsi_fan_commit(fsps_publisher *publisher, struct fsi_fan *fan, size_t padding, size_t body_len,
		    bool later)
{
	fsi_segment_commit(fan->segment, padding, body_len, publisher->fast.epoch);
	fan->frames++;
	if (fan->to_announce)
		fsi_fan_announce(publisher, fan);
	if (later)
		fan->to_wake = true;
	else
		fsi_fan_wake(publisher, fan);
	/* Only now that its readers are at it. Whoever rings may seal segments for want of
	 * descriptors. */
	if (fan->segment != NULL)
		fsi_segment_map_ahead(fan->segment);
}
