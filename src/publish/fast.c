/* SPDX-License-Identifier: MIT */
/* Implements publish/fast.h. */
#include "publish/fast.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "publish/delivery.h"
#include "publish/fan_room.h"
#include "publish/publisher.h"

enum {
	/* Messages that go as files before it is worth while to make a segment: measured. */
	PLAIN_FIRST = 3,
	/* A fan that nobody used for so long is closed. */
	IDLE_MS = 2000,
};

/* A knob for tests and for support: "plain" never uses segments, "fast" from the start. */
static uint64_t messages_before(void)
{
	const char *lane = secure_getenv("FSPS_LANE");

	if (lane != NULL && strcmp(lane, "plain") == 0)
		return UINT64_MAX;
	return lane != NULL && strcmp(lane, "fast") == 0 ? 0 : PLAIN_FIRST;
}

void fsi_fast_init(struct fsi_fast *fast, bool files_only)
{
	*fast = (struct fsi_fast){.plain_left = files_only ? UINT64_MAX : messages_before(),
				  .stamp = 1};
	fast->pool.directory_fd = -1;
}

static void close_fan(fsps_publisher *publisher, size_t index)
{
	struct fsi_fast *fast = &publisher->fast;

	fsi_fan_close(publisher, fast->fans[index]);
	fast->fans[index] = fast->fans[--fast->count];
	fast->stamp++;
}

void fsi_fast_close(fsps_publisher *publisher)
{
	struct fsi_fast *fast = &publisher->fast;

	while (fast->count > 0)
		close_fan(publisher, fast->count - 1);
	fsi_segment_pool_close(&fast->pool);
	free(fast->targets);
	fast->targets = NULL;
	fast->capacity = 0;
}

void fsi_fast_forget(struct fsi_fast *fast)
{
	for (size_t i = 0; i < fast->count; i++)
		fsi_fan_forget(fast->fans[i]);
	fast->count = 0;
	fast->stamp++;
	fsi_segment_pool_forget(&fast->pool);
}

void fsi_fast_count(struct fsi_fast *fast)
{
	if (fast->plain_left != UINT64_MAX && fast->plain_left > 0)
		fast->plain_left--;
}

void fsi_fast_expect(struct fsi_fast *fast, uint64_t messages)
{
	if (fast->plain_left != UINT64_MAX && fast->plain_left < messages)
		fast->plain_left = 0;
}

bool fsi_fast_takes(const fsps_publisher *publisher, const struct fsi_target *target)
{
	return publisher->fast.plain_left == 0 && target->control != NULL && !target->no_lane &&
	       target->takes_segments;
}

/* ---- finding a fan ---- */

/* In the middle of a batch somebody may still be to be woken. The legs are checked. */
static void retire_fan(fsps_publisher *publisher, size_t index)
{
	if (publisher->fast.fans[index]->to_wake)
		fsi_fan_wake(publisher, publisher->fast.fans[index]);
	close_fan(publisher, index);
}

static void drop_gone_legs(fsps_publisher *publisher)
{
	struct fsi_fast *fast = &publisher->fast;

	if (fast->version == publisher->set.version)
		return;
	fast->version = publisher->set.version;
	fast->stamp++;
	for (size_t i = fast->count; i > 0; i--) {
		struct fsi_fan *fan = fast->fans[i - 1];

		/* Those who are left get another segment, through the fan of their set. */
		if (fsi_fan_drop_gone(publisher, fan) || fan->count == 0)
			retire_fan(publisher, i - 1);
	}
}

/* Notes what channels take now: their readers may have changed, and their limits. A group, to which
 * segments are of no use, is promised no order: after segments its channel may get files. Nor is
 * one whose limits were changed so that it takes files. Returns whether anything changed. */
static bool look_at_readers(const fsps_publisher *publisher)
{
	bool changed = false;

	for (uint32_t i = 0; i < publisher->set.slot_count; i++) {
		struct fsi_target *target = publisher->set.slots[i];
		bool takes;
		bool counts;

		if (target == NULL || target->control == NULL)
			continue;
		takes = fsi_target_reads_segments(target);
		counts = fsi_target_limits_messages(target);
		changed |= takes != target->takes_segments || counts != target->counts_messages;
		target->takes_segments = takes;
		target->counts_messages = counts;
		target->on_lane &= takes;
	}
	return changed;
}

/* Whether all its channels take what the fan was made for. */
static bool all_take(const struct fsi_fan *fan)
{
	for (size_t i = 0; i < fan->count; i++) {
		const struct fsi_fan_leg *leg = &fan->legs[i];
		bool paid_for = leg->paid != FSI_FAN_UNLIMITED;

		if (!leg->target->takes_segments ||
		    (leg->linked && paid_for != leg->target->counts_messages))
			return false;
	}
	return true;
}

/* The legs are checked. */
static void follow_readers(fsps_publisher *publisher)
{
	struct fsi_fast *fast = &publisher->fast;

	if (!look_at_readers(publisher))
		return;
	/* Also for those who take segments again: who gets what is to be found anew. */
	fast->stamp++;
	for (size_t i = fast->count; i > 0; i--)
		if (!all_take(fast->fans[i - 1]))
			retire_fan(publisher, i - 1);
}

void fsi_fast_check_legs(fsps_publisher *publisher)
{
	struct fsi_fast *fast = &publisher->fast;

	drop_gone_legs(publisher);
	if (fast->generation == publisher->set.read_generation)
		return;
	fast->generation = publisher->set.read_generation;
	follow_readers(publisher);
}

static int make_room(struct fsi_fast *fast, size_t count)
{
	struct fsi_target **targets;

	if (count <= fast->capacity)
		return 0;
	targets = reallocarray(fast->targets, count, sizeof(struct fsi_target *));
	if (targets == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory to publish to %zu", count);
	fast->targets = targets;
	fast->capacity = count;
	return 0;
}

/* Collects the targets that get segments. ret_all: whether all could be looked at. Returns an
 * answer or a failure. */
static int collect(fsps_publisher *publisher, const struct fsi_route *route, size_t *ret_count,
		   bool *ret_all)
{
	struct fsi_fast *fast = &publisher->fast;
	uint64_t version = publisher->set.version;
	size_t count = 0;
	int r = make_room(fast, route->count);

	*ret_all = true;
	for (size_t i = 0; r >= 0 && i < route->count; i++) {
		struct fsi_target *target = route->targets[i];

		r = fsi_delivery_prepare(publisher, target);
		if (publisher->set.version != version)
			return FSI_FAST_CHANGED;
		/* Whoever refuses us is told so where files are linked. */
		if (r == FSI_DELIVERED)
			fsi_delivery_spare_bell(publisher, target);
		if (r == FSI_DELIVERED && fsi_fast_takes(publisher, target))
			fast->targets[count++] = target;
		target->lane_code = r < 0 ? r : 0;
		*ret_all &= r >= 0;
		r = 0;
	}
	*ret_count = count;
	return r;
}

/* Whether a fan's legs are just those targets, which have the mark. */
static bool has_marked(const struct fsi_fan *fan, size_t count, uint64_t mark)
{
	if (fan->count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (fan->legs[i].target->mark != mark)
			return false;
	return true;
}

static struct fsi_fan *find_fan(struct fsi_fast *fast, size_t count)
{
	uint64_t mark = ++fast->marks;

	for (size_t i = 0; i < count; i++)
		fast->targets[i]->mark = mark;
	for (size_t i = 0; i < fast->count; i++)
		if (has_marked(fast->fans[i], count, mark))
			return fast->fans[i];
	return NULL;
}

static size_t least_used(const struct fsi_fast *fast)
{
	size_t least = 0;

	for (size_t i = 1; i < fast->count; i++)
		if (fast->fans[i]->used_ms < fast->fans[least]->used_ms)
			least = i;
	return least;
}

static int new_fan(fsps_publisher *publisher, size_t count, struct fsi_fan **ret_fan)
{
	struct fsi_fast *fast = &publisher->fast;
	struct fsi_fan *fan = fsi_fan_new(fast->targets, count);

	if (fan == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory to publish to %zu", count);
	if (fast->count == FSI_FANS_MAX)
		retire_fan(publisher, least_used(fast));
	fast->fans[fast->count++] = fan;
	*ret_fan = fan;
	return 0;
}

int fsi_fast_find(fsps_publisher *publisher, struct fsi_route *route, struct fsi_fan **ret_fan)
{
	struct fsi_fast *fast = &publisher->fast;
	size_t count = 0;
	bool all;
	int r;

	*ret_fan = NULL;
	fsi_fast_check_legs(publisher);
	if (fast->plain_left > 0)
		return FSI_FAST_FOUND;
	if (route->fan_stamp == fast->stamp) {
		*ret_fan = route->fan;
		return FSI_FAST_FOUND;
	}
	r = collect(publisher, route, &count, &all);
	if (r != 0)
		return r;
	if (count > 0)
		*ret_fan = find_fan(fast, count);
	if (count > 0 && *ret_fan == NULL)
		r = new_fan(publisher, count, ret_fan);
	if (r < 0)
		return r;
	/* One that could not be looked at may be ready the next time. */
	route->fan = *ret_fan;
	route->fan_stamp = all ? fast->stamp : 0;
	return FSI_FAST_FOUND;
}

static bool is_linked_into(const struct fsi_fan *fan, const struct fsi_target *target)
{
	for (size_t i = 0; i < fan->count; i++)
		if (fan->legs[i].target == target && fan->legs[i].linked)
			return true;
	return false;
}

bool fsi_fast_seal_in(fsps_publisher *publisher, const struct fsi_target *target)
{
	struct fsi_fast *fast = &publisher->fast;
	bool sealed = false;

	for (size_t i = 0; i < fast->count; i++) {
		struct fsi_fan *fan = fast->fans[i];

		if (fan->segment == NULL || fan == fast->busy || !is_linked_into(fan, target))
			continue;
		/* Whoever begins a segment may just have found that channels are gone. */
		(void)fsi_fan_drop_gone(publisher, fan);
		if (fan->to_wake)
			fsi_fan_wake(publisher, fan);
		fsi_fan_seal(publisher, fan);
		sealed = true;
	}
	return sealed;
}

bool fsi_fast_writes_to(const fsps_publisher *publisher, const struct fsi_target *target)
{
	const struct fsi_fan *busy = publisher->fast.busy;

	return busy != NULL && busy->segment != NULL && is_linked_into(busy, target);
}

void fsi_fast_announce(fsps_publisher *publisher)
{
	struct fsi_fast *fast = &publisher->fast;

	fast->to_announce = false;
	for (size_t i = 0; i < fast->count; i++)
		if (fast->fans[i]->to_announce)
			fsi_fan_announce(publisher, fast->fans[i]);
}

void fsi_fast_spare_descriptors(fsps_publisher *publisher, const struct fsi_fan *except)
{
	struct fsi_fast *fast = &publisher->fast;

	fsi_delivery_close_bells(publisher);
	for (size_t i = 0; i < fast->count; i++)
		if (fast->fans[i] != except)
			fsi_fan_seal(publisher, fast->fans[i]);
	fsi_segment_pool_clear(&fast->pool);
}

/* ---- once a second ---- */

/* Looks whether the owners live; may find that channels are gone. */
static void look_after(fsps_publisher *publisher, struct fsi_fan *fan)
{
	uint64_t version = publisher->set.version;

	for (size_t i = 0; i < fan->count && publisher->set.version == version; i++)
		if (fsi_delivery_prepare(publisher, fan->legs[i].target) == FSI_DELIVERED)
			fsi_delivery_spare_bell(publisher, fan->legs[i].target);
}

void fsi_fast_keep_up(fsps_publisher *publisher)
{
	struct fsi_fast *fast = &publisher->fast;
	uint64_t now_ms = fsi_sys_coarse_ms();

	fsi_fast_check_legs(publisher);
	/* Where there is no counter no generation tells. */
	follow_readers(publisher);
	for (size_t i = fast->count; i > 0; i--) {
		fsi_fast_check_legs(publisher);
		if (i > fast->count)
			continue;
		if (now_ms - fast->fans[i - 1]->used_ms > IDLE_MS) {
			retire_fan(publisher, i - 1);
			continue;
		}
		fsi_fan_keep_up(publisher, fast->fans[i - 1]);
		look_after(publisher, fast->fans[i - 1]);
	}
	fsi_fast_check_legs(publisher);
	if (fast->pool.home != NULL)
		fsi_segment_pool_trim(&fast->pool, IDLE_MS);
}
