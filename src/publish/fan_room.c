/* SPDX-License-Identifier: MIT */
/* Implements publish/fan_room.h. */
#include "publish/fan_room.h"

#include <fsps/limits.h>

#include "base/sys.h"
#include "publish/publisher.h"

/* Of what may wait in a channel, one segment is no more than that part; of one that drops segments
 * a smaller one. */
enum { PART = 4, DROPPED_PART = 8 };

/* Of messages that were set apart and used up in less, more are set apart the next time; after
 * more, one at a time: who is slow shall not keep room from the others. */
enum { FAST_MS = 20, SLOW_MS = 1000, GROWTH = 4 };

static uint64_t limit_messages(const struct fsi_fan_leg *leg)
{
	return atomic_load_explicit(&leg->target->control->limit_messages, memory_order_relaxed);
}

static bool drops_oldest(const struct fsi_fan_leg *leg)
{
	return atomic_load_explicit(&leg->target->control->when_full, memory_order_relaxed) ==
	       FSPS_FULL_DROP_OLDEST;
}

/* ---- the segment ---- */

/* What of our ended segments its reader has read to the end: it lets them go when it wakes, and no
 * message waits in them. */
static uint64_t bytes_read_to_end(const fsps_publisher *publisher,
				  const struct fsi_control *control)
{
	const struct fsi_segment_pool *pool = &publisher->fast.pool;
	uint64_t bytes = 0;

	/* Earlier ones he would have let go, were he not stuck. */
	for (size_t i = pool->kept_count < 2 ? 0 : pool->kept_count - 2; i < pool->kept_count; i++)
		if (fsi_control_place(control, pool->kept[i]->key) >= pool->kept[i]->at)
			bytes += pool->kept[i]->bytes;
	return bytes;
}

static bool may_be_full(const struct fsi_control *control, uint64_t bytes)
{
	int64_t held = atomic_load_explicit(&control->held_bytes, memory_order_relaxed);
	uint64_t limit = atomic_load_explicit(&control->limit_bytes, memory_order_relaxed);

	return held > 0 && (uint64_t)held + bytes > limit;
}

static int take_bytes(fsps_publisher *publisher, struct fsi_target *target, uint64_t bytes)
{
	if (!may_be_full(target->control, bytes))
		return 0;
	fsi_fan_wake_reader(publisher, target);
	return fsi_full_take_segment(publisher, target, bytes,
				     bytes_read_to_end(publisher, target->control));
}

uint64_t fsi_fan_frames_before(const struct fsi_fan *fan, size_t offset)
{
	/* One that is there already is to be paid for, too. */
	return fan->frames - (offset < fan->segment->at ? 1 : 0);
}

static uint32_t corrections(const struct fsi_fan_leg *leg)
{
	return atomic_load_explicit(&leg->target->control->corrections, memory_order_relaxed);
}

static int set_apart(fsps_publisher *publisher, struct fsi_fan_leg *leg, uint64_t *ret_messages)
{
	uint64_t now_ms = fsi_sys_coarse_ms();

	if (leg->share == 0 || now_ms - leg->paid_ms > SLOW_MS)
		leg->share = 1;
	else if (now_ms - leg->paid_ms < FAST_MS && leg->share < FSI_ROOM_APART_MAX)
		leg->share *= GROWTH;
	leg->paid_ms = now_ms;
	leg->corrections = corrections(leg);
	return fsi_full_take_messages(publisher, leg->target, leg->share, ret_messages);
}

static int take_messages(fsps_publisher *publisher, const struct fsi_fan *fan,
			 struct fsi_fan_leg *leg, size_t offset)
{
	uint64_t messages = 0;
	int r;

	leg->paid = FSI_FAN_UNLIMITED;
	if (limit_messages(leg) == 0)
		return 0;
	r = set_apart(publisher, leg, &messages);
	leg->paid = fsi_fan_frames_before(fan, offset) + messages;
	return r;
}

int fsi_fan_take_room(fsps_publisher *publisher, struct fsi_fan *fan, struct fsi_fan_leg *leg,
		      size_t offset)
{
	int r = take_bytes(publisher, leg->target, fan->segment->bytes);

	return r == 0 ? take_messages(publisher, fan, leg, offset) : r;
}

/* Set apart for long, and meanwhile somebody found that such are too many. */
static bool is_taken_off(const struct fsi_fan_leg *leg)
{
	return leg->corrections != corrections(leg) &&
	       fsi_sys_coarse_ms() - leg->paid_ms > FSI_COUNT_APART_MS;
}

void fsi_fan_give_room(struct fsi_fan_leg *leg, uint64_t frames)
{
	if (leg->paid != FSI_FAN_UNLIMITED && leg->paid > frames && !is_taken_off(leg))
		fsi_full_give_messages(leg->target, leg->paid - frames);
	leg->paid = FSI_FAN_UNLIMITED;
}

/* ---- the messages ---- */

void fsi_fan_note_paid(struct fsi_fan *fan)
{
	fan->paid = FSI_FAN_UNLIMITED;
	for (size_t i = 0; i < fan->count; i++)
		if (fan->legs[i].linked && fan->legs[i].paid < fan->paid)
			fan->paid = fan->legs[i].paid;
}

static bool is_long_enough(const struct fsi_fan *fan, const struct fsi_fan_leg *leg)
{
	return drops_oldest(leg) && fan->frames >= limit_messages(leg) / DROPPED_PART;
}

static bool pay(fsps_publisher *publisher, const struct fsi_fan *fan, struct fsi_fan_leg *leg)
{
	uint64_t messages = 0;

	if (!leg->linked || leg->paid > fan->frames)
		return true;
	if (is_long_enough(fan, leg) || set_apart(publisher, leg, &messages) != 0)
		return false;
	leg->paid += messages;
	return true;
}

/* What was set apart and taken off since is to be paid for anew. */
static void look_at_corrections(struct fsi_fan *fan)
{
	for (size_t i = 0; i < fan->count; i++) {
		struct fsi_fan_leg *leg = &fan->legs[i];

		if (!leg->linked || leg->paid == FSI_FAN_UNLIMITED || !is_taken_off(leg))
			continue;
		leg->paid = fan->frames;
		fan->paid = fan->frames;
	}
}

bool fsi_fan_pay(fsps_publisher *publisher, struct fsi_fan *fan)
{
	if (fan->paid != FSI_FAN_UNLIMITED)
		look_at_corrections(fan);
	if (fan->frames < fan->paid)
		return true;
	for (size_t i = 0; i < fan->count; i++)
		if (!pay(publisher, fan, &fan->legs[i]))
			return false;
	fsi_fan_note_paid(fan);
	return true;
}

/* ---- sizes ---- */

/* No channel shall be filled by a few segments. */
size_t fsi_fan_bytes_max(const struct fsi_fan *fan)
{
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < fan->count; i++) {
		const struct fsi_control *control = fan->legs[i].target->control;
		uint64_t part = atomic_load_explicit(&control->limit_bytes, memory_order_relaxed) /
				(drops_oldest(&fan->legs[i]) ? DROPPED_PART : PART);

		if (part < least)
			least = part;
	}
	return least < SIZE_MAX ? (size_t)least : SIZE_MAX;
}
