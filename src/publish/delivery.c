/* SPDX-License-Identifier: MIT */
/* Implements publish/delivery.h. */
#include "publish/delivery.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "base/sys.h"
#include "limit/count.h"
#include "publish/full.h"
#include "publish/send.h"
#include "publish/sync.h"
#include "recover/judge.h"
#include "recover/removal.h"
#include "recover/sweep.h"
#include "store/names.h"

/* How long an owner that was seen alive is taken to be. */
enum { CHECK_PERIOD_MS = 1000 };

/* ---- who is there ---- */

/* Nobody owns a durable channel: what is linked there waits, whoever lives. */
static bool is_dead(const fsps_publisher *publisher, const struct fsi_target *target)
{
	return !target->durable && fsi_recover_owner_is_dead(publisher->home, target->name,
							     target->pid, target->control);
}

static int drop_dead(fsps_publisher *publisher, struct fsi_target *target)
{
	/* A publisher is not kept by a large backlog: the rest is hidden, for the sweeps. */
	uint64_t budget = 1000;

	fsi_log(&publisher->home->log, FSPS_LOG_DEBUG, "channel %s/%s: its owner is dead",
		publisher->home->path, target->name);
	/* One that we may not remove, another user's, stays known: forgetting it would have every
	 * publish read all names again. */
	if (fsi_recover_remove_channel(publisher->home, target->name, &budget) >= 0)
		fsi_channel_set_remove(&publisher->set, target);
	return FSI_DELIVERY_NOBODY;
}

/* The path of a name in a channel. Returns the directory that it is relative to. */
static int channel_path(char *to, const fsps_publisher *publisher, const struct fsi_target *target,
			const char *name)
{
	const char *place;
	int directory = fsi_target_place(target, publisher->home->fd, &place);

	strcpy(stpcpy(stpcpy(to, place), "/"), name);
	return directory;
}

/* The queue may have been deleted or replaced under us. What we rang since then nobody heard: the
 * reader must look before it takes what we ring in the new one. */
static void check_bell(fsps_publisher *publisher, struct fsi_target *target)
{
	char path[2 * FSI_NAME_BYTES];
	struct stat named;
	struct stat open;
	int directory = channel_path(path, publisher, target, FSI_NAME_QUEUE);

	if (fsi_sys_fstatat(directory, path, &named) == 0 &&
	    fsi_sys_fstat(target->bell_fd, &open) == 0 && named.st_ino == open.st_ino &&
	    named.st_dev == open.st_dev)
		return;
	if (target->control != NULL)
		atomic_store(&target->control->dirty, 1);
	fsi_target_close_bell(target);
}

void fsi_delivery_close_bells(fsps_publisher *publisher)
{
	for (uint32_t i = 0; i < publisher->set.slot_count; i++)
		if (publisher->set.slots[i] != NULL)
			fsi_target_close_bell(publisher->set.slots[i]);
	publisher->open_bells = 0;
}

int fsi_delivery_open_bell(fsps_publisher *publisher, struct fsi_target *target)
{
	bool was_open = target->bell_fd >= 0;
	int r = fsi_target_open(target, publisher->home->fd);

	if (r == FSPS_ERR_LIMIT && publisher->open_bells > 0) {
		fsi_delivery_close_bells(publisher);
		r = fsi_target_open(target, publisher->home->fd);
	}
	if (r == FSI_BELL_OPEN && !was_open) {
		publisher->open_bells++;
		/* Whoever publishes but once never comes to do it once a second. */
		fsi_full_expire(publisher, target);
	}
	return r;
}

static int not_open(fsps_publisher *publisher, struct fsi_target *target, int answer)
{
	switch (answer) {
	case FSI_BELL_FORBIDDEN:
		return fsi_fail(
			target->foreign ? FSPS_ERR_FORBIDDEN : FSPS_ERR_PERMISSION, target->name,
			"channel %s: its owner does not let us write to its queue", target->name);
	case FSI_BELL_GONE:
		fsi_channel_set_remove(&publisher->set, target);
		return FSI_DELIVERY_NOBODY;
	case FSI_BELL_NO_CHANNEL:
		return FSI_DELIVERY_NOBODY;
	case FSI_BELL_NOBODY:
	case FSI_BELL_NOT_YET:
	case FSI_BELL_BROKEN:
		/* Its next reader looks before it listens. */
		if (target->durable)
			return FSI_DELIVERED;
		if (is_dead(publisher, target))
			return drop_dead(publisher, target);
		/* One of ours whose queue was deleted or replaced: its reader looks without a bell,
		 * too, and makes a new one. */
		if (target->control != NULL)
			return FSI_DELIVERED;
		if (answer == FSI_BELL_BROKEN)
			fsi_log(&publisher->home->log, FSPS_LOG_WARNING,
				"%s/%s is no channel: its queue is not a FIFO of its owner",
				publisher->home->path, target->name);
		return FSI_DELIVERY_NOBODY;
	default:
		return answer;
	}
}

int fsi_delivery_prepare(fsps_publisher *publisher, struct fsi_target *target)
{
	uint64_t now_ms = fsi_sys_coarse_ms();
	bool due = now_ms - target->checked_ms >= CHECK_PERIOD_MS || target->checked_ms == 0;
	int r;

	if (due && target->bell_fd >= 0)
		check_bell(publisher, target);
	if (target->bell_fd < 0) {
		r = fsi_delivery_open_bell(publisher, target);
		if (r != FSI_BELL_OPEN)
			return not_open(publisher, target, r);
	}
	target->used_ms = now_ms;
	if (!due)
		return FSI_DELIVERED;
	if (target->control != NULL && is_dead(publisher, target))
		return drop_dead(publisher, target);
	target->checked_ms = now_ms;
	return FSI_DELIVERED;
}

/* ---- link ---- */

static int link_named(fsps_publisher *publisher, const struct fsi_leg *leg)
{
	char path[2 * FSI_NAME_BYTES];
	int directory = channel_path(path, publisher, leg->target, leg->name);

	return fsi_staged_link(&publisher->staged, directory, path);
}

/* The name <ID> is taken by another file (R2): ours gets a name that nobody else forms, and the
 * reader is told to look. One that knows only <ID>s, formix-pubsub, gets another number. */
static int link_elsewhere(fsps_publisher *publisher, struct fsi_leg *leg)
{
	char random[FSI_RANDOM_NAME_LEN + 1];
	int r = -EEXIST;

	leg->look = leg->target->scans;
	for (int attempt = 0; attempt < 8 && r == -EEXIST; attempt++) {
		if (leg->look) {
			if (fsi_random_name(random) < 0)
				return -EIO;
			fsi_member_name_format(leg->name, sizeof leg->name, FSI_PREFIX_TAKEN,
					       random, publisher->staged.id);
		} else {
			leg->rung_id = fsi_counter_next(&publisher->home->counter);
			fsi_id_format(leg->name, leg->rung_id);
		}
		r = link_named(publisher, leg);
	}
	return r;
}

void fsi_delivery_spare_bell(fsps_publisher *publisher, struct fsi_target *target)
{
	bool is_open = target->bell_fd >= 0;

	if (is_open && publisher->open_bells <= publisher->bell_limit)
		return;
	/* Without a bell only its directory is open, which is not counted. */
	fsi_target_close_bell(target);
	if (is_open)
		publisher->open_bells--;
}

/* Into a channel that is prepared. Returns an answer or a failure. */
static int link_prepared(fsps_publisher *publisher, struct fsi_leg *leg)
{
	struct fsi_target *target = leg->target;
	int r = fsi_sync_check(publisher, target);

	if (r < 0)
		return r;
	leg->sync_code = 0;
	leg->rung_id = publisher->staged.id;
	leg->look = false;
	fsi_id_format(leg->name, leg->rung_id);
	r = link_named(publisher, leg);
	if (r == -EEXIST)
		r = link_elsewhere(publisher, leg);
	if (r == -ENOENT || r == -ENOTDIR)
		return FSI_DELIVERY_NOBODY;
	if (target->foreign && (r == -EACCES || r == -EPERM))
		return fsi_fail(FSPS_ERR_FORBIDDEN, target->name,
				"channel %s: its owner does not let us put messages into it",
				target->name);
	if (r < 0)
		return fsi_fail_errno(-r, target->name, "cannot link a message into channel %s",
				      target->name);
	return FSI_DELIVERED;
}

/* The same into a channel that may be full, with room taken before. */
static int link_with_room(fsps_publisher *publisher, struct fsi_leg *leg)
{
	const struct iovec *parts = publisher->staged.parts;
	uint64_t len = parts[0].iov_len + parts[1].iov_len;
	struct fsi_target *target = leg->target;
	int r;

	if (target->control == NULL)
		return link_prepared(publisher, leg);
	r = fsi_full_take_file(publisher, target, len);
	if (r != 0)
		return r;
	r = link_prepared(publisher, leg);
	if (r != FSI_DELIVERED)
		fsi_count_file_gone(target->control, len);
	return r;
}

static int link_leg(fsps_publisher *publisher, struct fsi_leg *leg)
{
	struct fsi_target *target = leg->target;
	int r = fsi_delivery_prepare(publisher, target);

	if (r != FSI_DELIVERED)
		return r;
	/* It was no part of the fan because it could not be looked at, or has just gone. It gets no
	 * file after segments (R5). */
	if (target->on_lane)
		return target->lane_code != 0 ? target->lane_code : FSI_DELIVERY_NOBODY;
	r = link_with_room(publisher, leg);
	if (r == FSI_DELIVERY_NOBODY)
		fsi_channel_set_remove(&publisher->set, target);
	else
		fsi_delivery_spare_bell(publisher, target);
	return r;
}

/* ---- ring ---- */

/* A plain channel's reader never looks into its directory: a message whose bell was not rung
 * would stay there for ever, so it is taken back. If it is gone, the reader has it. So it is done
 * with another user's live one, whose reader may be dead for all that we can tell. */
static int take_back(fsps_publisher *publisher, const struct fsi_leg *leg, int error)
{
	struct fsi_target *target = leg->target;
	char path[2 * FSI_NAME_BYTES];
	int directory = channel_path(path, publisher, target, leg->name);

	if (fsi_sys_unlinkat(directory, path, 0) < 0)
		return FSI_DELIVERED;
	if (error == EPIPE) {
		fsi_target_close_bell(target);
		return FSI_DELIVERY_NOBODY;
	}
	if (error == EAGAIN)
		return fsi_fail(FSPS_ERR_FULL, target->name,
				"channel %s is full: 8192 messages wait and its reader is slow",
				target->name);
	return fsi_fail_errno(error, target->name, "cannot ring the bell of channel %s",
			      target->name);
}

static void count_published(const fsps_publisher *publisher, struct fsi_control *control)
{
	const struct iovec *parts = publisher->staged.parts;

	atomic_fetch_add_explicit(&control->published, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&control->published_bytes, parts[0].iov_len + parts[1].iov_len,
				  memory_order_relaxed);
}

/* The bell may have been closed since the link, to spare descriptors. */
static int ring_once(fsps_publisher *publisher, const struct fsi_leg *leg)
{
	struct fsi_target *target = leg->target;
	int r = target->bell_fd >= 0 ? FSI_BELL_OPEN : fsi_delivery_open_bell(publisher, target);

	if (r < 0)
		return -fsi_error_last()->system_errno;
	return r == FSI_BELL_OPEN ? fsi_target_ring(target, leg->rung_id, leg->look) : -EPIPE;
}

static int ring(fsps_publisher *publisher, const struct fsi_leg *leg)
{
	struct fsi_target *target = leg->target;
	int r = ring_once(publisher, leg);

	/* Nobody reads the queue that we have open; there may be another by now. */
	if (r == -EPIPE && target->bell_fd >= 0) {
		fsi_target_close_bell(target);
		r = ring_once(publisher, leg);
	}
	if (target->control == NULL)
		return r < 0 && !target->durable ? take_back(publisher, leg, -r) : FSI_DELIVERED;
	/* The message is in its channel; the reader looks within a second, bell or not. */
	if (r < 0)
		atomic_store(&target->control->dirty, 1);
	count_published(publisher, target->control);
	return FSI_DELIVERED;
}

static int ring_leg(fsps_publisher *publisher, struct fsi_leg *leg)
{
	int r = ring(publisher, leg);

	fsi_delivery_spare_bell(publisher, leg->target);
	/* Whatever the bell came to, it is not tried again. */
	return leg->sync_code < 0 ? leg->sync_code : r;
}

/* ---- all of them ---- */

static void account(fsps_publisher *publisher, struct fsi_leg *leg, int answer)
{
	struct fsps_receipt *receipt = &publisher->receipt;

	if (answer == FSI_DELIVERY_NOBODY)
		return;
	receipt->matched++;
	if (answer != FSI_DELIVERED) {
		fsi_receipt_miss(receipt, leg->target->name, answer);
		fsi_full_count(leg->target, answer);
		return;
	}
	receipt->reached++;
	if (leg->target->foreign)
		leg->target->took_ms = fsi_sys_monotonic_ms();
}

/* Accounts for what became of a leg, or leaves it to be tried again. *until: when the last that is
 * left so is given up. */
static void settle(fsps_publisher *publisher, struct fsi_leg *leg, int answer, uint64_t *until)
{
	uint64_t leg_until = answer < 0 ? fsi_full_wait_until(publisher, leg->target, answer) : 0;

	leg->state = leg_until != 0 ? FSI_LEG_TO_LINK : FSI_LEG_DONE;
	if (leg_until == 0)
		account(publisher, leg, answer);
	else if (leg_until > *until)
		*until = leg_until;
}

static void link_all(fsps_publisher *publisher, uint64_t *until)
{
	for (size_t i = 0; i < publisher->leg_count; i++) {
		struct fsi_leg *leg = &publisher->legs[i];
		int r;

		if (leg->state != FSI_LEG_TO_LINK)
			continue;
		r = link_leg(publisher, leg);
		if (r == FSI_DELIVERED)
			leg->state = FSI_LEG_TO_RING;
		else
			settle(publisher, leg, r, until);
	}
}

/* Links all, then rings all: a reader that wakes at the first ring does not take the file's last
 * name away before the next channel has it. In between the links are written through: who hears of
 * a message may rely on its being there. */
uint64_t fsi_delivery_try(fsps_publisher *publisher)
{
	uint64_t until = 0;

	link_all(publisher, &until);
	for (size_t i = 0; publisher->staged.sync && i < publisher->leg_count; i++) {
		struct fsi_leg *leg = &publisher->legs[i];

		if (leg->state == FSI_LEG_TO_RING)
			leg->sync_code = fsi_sync_directory(publisher, leg->target);
	}
	for (size_t i = 0; i < publisher->leg_count; i++) {
		struct fsi_leg *leg = &publisher->legs[i];

		if (leg->state == FSI_LEG_TO_RING)
			settle(publisher, leg, ring_leg(publisher, leg), &until);
	}
	return until;
}

bool fsi_delivery_pause(fsps_publisher *publisher, unsigned *pause_ms, uint64_t deadline_ms)
{
	uint64_t now_ms = fsi_sys_monotonic_ms();

	/* Those who are to make room may be the ones that were to be woken later. */
	fsi_send_wake(publisher);
	if (now_ms >= deadline_ms)
		return false;
	if (*pause_ms > deadline_ms - now_ms)
		*pause_ms = (unsigned)(deadline_ms - now_ms);
	(void)fsi_sys_poll(NULL, 0, (int)*pause_ms);
	*pause_ms = *pause_ms >= 25 ? 50 : *pause_ms * 2;
	/* What the dead left may be what takes the room, and nobody else may come by. */
	fsi_recover_sweep(publisher->home);
	return true;
}

int fsi_delivery_lay(fsps_publisher *publisher, const struct fsi_route *route,
		     const struct fsi_fan *fan)
{
	uint64_t mark = ++publisher->fast.marks;

	if (publisher->leg_capacity < route->count) {
		struct fsi_leg *legs = reallocarray(publisher->legs, route->count, sizeof *legs);

		if (legs == NULL)
			return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory to publish to %zu",
					route->count);
		publisher->legs = legs;
		publisher->leg_capacity = route->count;
	}
	publisher->leg_count = 0;
	for (size_t i = 0; fan != NULL && i < fan->count; i++)
		fan->legs[i].target->mark = mark;
	for (size_t i = 0; i < route->count; i++)
		if (route->targets[i]->mark != mark)
			publisher->legs[publisher->leg_count++] =
				(struct fsi_leg){.target = route->targets[i]};
	return 0;
}
