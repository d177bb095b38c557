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
#include "recover/removal.h"
#include "recover/sweep.h"
#include "store/names.h"

/* How long an owner that was seen alive is taken to be. */
enum { CHECK_PERIOD_MS = 1000 };

/* ---- who is there ---- */

static int drop_dead(fsps_publisher *publisher, struct fsi_target *target)
{
	/* A publisher is not kept by a large backlog: the rest is hidden, for the sweeps. */
	uint64_t budget = 1000;

	fsi_log(&publisher->home->log, FSPS_LOG_DEBUG, "channel %s/%s: its owner is dead",
		publisher->home->path, target->name);
	(void)fsi_recover_remove_channel(publisher->home, target->name, &budget);
	fsi_channel_set_remove(&publisher->set, target);
	return FSI_DELIVERY_NOBODY;
}

/* The queue may have been deleted or replaced under us. */
static void check_bell(fsps_publisher *publisher, struct fsi_target *target)
{
	char path[FSI_NAME_BYTES + 8];
	struct stat named;
	struct stat open;

	snprintf(path, sizeof path, "%s/" FSI_NAME_QUEUE, target->name);
	if (fsi_sys_fstatat(publisher->home->fd, path, &named) < 0 ||
	    fsi_sys_fstat(target->bell_fd, &open) < 0 || named.st_ino != open.st_ino ||
	    named.st_dev != open.st_dev)
		fsi_target_close_bell(target);
}

static void close_all_bells(fsps_publisher *publisher)
{
	for (uint32_t i = 0; i < publisher->set.slot_count; i++)
		if (publisher->set.slots[i] != NULL)
			fsi_target_close_bell(publisher->set.slots[i]);
	publisher->open_bells = 0;
}

static int open_target(fsps_publisher *publisher, struct fsi_target *target)
{
	int r = fsi_target_open(target, publisher->home->fd);

	if (r == FSPS_ERR_LIMIT && publisher->open_bells > 0) {
		close_all_bells(publisher);
		r = fsi_target_open(target, publisher->home->fd);
	}
	if (r == FSI_BELL_OPEN)
		publisher->open_bells++;
	return r;
}

static int not_open(fsps_publisher *publisher, struct fsi_target *target, int answer)
{
	switch (answer) {
	case FSI_BELL_FORBIDDEN:
		return fsi_fail(FSPS_ERR_PERMISSION, target->name,
				"channel %s: its owner does not let us write to its queue",
				target->name);
	case FSI_BELL_GONE:
		fsi_channel_set_remove(&publisher->set, target);
		return FSI_DELIVERY_NOBODY;
	case FSI_BELL_NOBODY:
	case FSI_BELL_NOT_YET:
		if (fsi_recover_owner_is_dead(publisher->home, target->name, target->pid,
					      target->control))
			return drop_dead(publisher, target);
		return FSI_DELIVERY_NOBODY;
	case FSI_BELL_BROKEN:
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
		r = open_target(publisher, target);
		if (r != FSI_BELL_OPEN)
			return not_open(publisher, target, r);
	}
	target->used_ms = now_ms;
	if (!due)
		return FSI_DELIVERED;
	if (target->control != NULL &&
	    fsi_recover_owner_is_dead(publisher->home, target->name, target->pid, target->control))
		return drop_dead(publisher, target);
	target->checked_ms = now_ms;
	return FSI_DELIVERED;
}

/* ---- link and ring ---- */

static void channel_path(char *to, const struct fsi_target *target, const char *name)
{
	memcpy(to, target->name, target->name_len);
	to[target->name_len] = '/';
	strcpy(to + target->name_len + 1, name);
}

/* The name <ID> is taken by another file (R2): ours gets a name that nobody else forms, and the
 * reader is told to look. One that knows only <ID>s, formix-pubsub, gets another number. */
static int link_elsewhere(fsps_publisher *publisher, const struct fsi_target *target, char *path,
			  uint64_t *ret_rung_id)
{
	char random[FSI_RANDOM_NAME_LEN + 1];
	const char *member = publisher->home->member.id;
	char name[FSI_NAME_BYTES];
	int r = -EEXIST;

	for (int attempt = 0; attempt < 8 && r == -EEXIST; attempt++) {
		if (target->control == NULL) {
			*ret_rung_id = fsi_counter_next(&publisher->home->counter);
			fsi_id_format(name, *ret_rung_id);
		} else {
			if (attempt > 0 || member[0] == '\0') {
				if (fsi_random_name(random) < 0)
					return -EIO;
				member = random;
			}
			fsi_member_name_format(name, FSI_PREFIX_TAKEN, member,
					       publisher->staged.id);
		}
		channel_path(path, target, name);
		r = fsi_staged_link(&publisher->staged, path);
	}
	return r;
}

/* A plain channel's reader never looks into its directory: a message whose bell was not rung
 * would stay there for ever, so it is taken back. If it is gone, the reader has it. */
static int take_back(fsps_publisher *publisher, struct fsi_target *target, const char *path,
		     int error)
{
	if (fsi_sys_unlinkat(publisher->home->fd, path, 0) < 0)
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

static int ring(fsps_publisher *publisher, struct fsi_target *target, const char *path,
		uint64_t rung_id, bool look)
{
	int r = fsi_target_ring(target, rung_id, look);

	if (target->control == NULL)
		return r < 0 ? take_back(publisher, target, path, -r) : FSI_DELIVERED;
	/* The message is in its channel; the reader looks within a second, bell or not. */
	if (r < 0)
		atomic_store(&target->control->dirty, 1);
	atomic_fetch_add_explicit(&target->control->published, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&target->control->published_bytes,
				  publisher->staged.parts[0].iov_len +
					  publisher->staged.parts[1].iov_len,
				  memory_order_relaxed);
	return FSI_DELIVERED;
}

static int refuse_link(fsps_publisher *publisher, struct fsi_target *target, int error)
{
	if (error == ENOENT || error == ENOTDIR) {
		fsi_channel_set_remove(&publisher->set, target);
		return FSI_DELIVERY_NOBODY;
	}
	return fsi_fail_errno(error, target->name, "cannot link a message into channel %s",
			      target->name);
}

static int deliver(fsps_publisher *publisher, struct fsi_target *target)
{
	char path[2 * FSI_NAME_BYTES];
	char name[FSI_ID_DIGITS];
	uint64_t rung_id = publisher->staged.id;
	bool look = false;
	int r = fsi_delivery_prepare(publisher, target);

	if (r != FSI_DELIVERED)
		return r;
	fsi_id_format(name, publisher->staged.id);
	channel_path(path, target, name);
	r = fsi_staged_link(&publisher->staged, path);
	if (r == -EEXIST) {
		look = true;
		r = link_elsewhere(publisher, target, path, &rung_id);
	}
	if (r < 0)
		return refuse_link(publisher, target, -r);
	r = ring(publisher, target, path, rung_id, look && target->control != NULL);
	if (publisher->open_bells > publisher->bell_limit) {
		fsi_target_close_bell(target);
		publisher->open_bells--;
	}
	return r;
}

/* ---- all of them ---- */

static bool is_worth_waiting_for(int code)
{
	return code == FSPS_ERR_FULL || code == FSPS_ERR_NO_SPACE;
}

static bool remember(fsps_publisher *publisher, struct fsi_target *target)
{
	if (publisher->retry_count == publisher->retry_capacity) {
		size_t capacity = publisher->retry_capacity * 2 + 4;
		struct fsi_target **retry =
			reallocarray(publisher->retry, capacity, sizeof(struct fsi_target *));

		if (retry == NULL)
			return false;
		publisher->retry = retry;
		publisher->retry_capacity = capacity;
	}
	publisher->retry[publisher->retry_count++] = target;
	return true;
}

static void account(fsps_publisher *publisher, struct fsi_target *target, int answer, bool wait)
{
	struct fsps_receipt *receipt = &publisher->receipt;

	if (answer == FSI_DELIVERY_NOBODY)
		return;
	if (wait && is_worth_waiting_for(answer) && remember(publisher, target))
		return;
	receipt->matched++;
	if (answer == FSI_DELIVERED)
		receipt->reached++;
	else
		fsi_receipt_refuse(receipt, target->name, answer);
}

bool fsi_delivery_pause(unsigned *pause_ms, uint64_t deadline_ms)
{
	uint64_t now_ms = fsi_sys_monotonic_ms();

	if (now_ms >= deadline_ms)
		return false;
	if (*pause_ms > deadline_ms - now_ms)
		*pause_ms = (unsigned)(deadline_ms - now_ms);
	(void)fsi_sys_poll(NULL, 0, (int)*pause_ms);
	*pause_ms = *pause_ms >= 25 ? 50 : *pause_ms * 2;
	return true;
}

void fsi_delivery_run(fsps_publisher *publisher, const struct fsi_route *route,
		      uint64_t deadline_ms)
{
	unsigned pause_ms = 1;

	publisher->retry_count = 0;
	for (size_t i = 0; i < route->count; i++) {
		struct fsi_target *target = route->targets[i];

		account(publisher, target, deliver(publisher, target), deadline_ms > 0);
	}
	while (publisher->retry_count > 0) {
		size_t count = publisher->retry_count;
		bool more = fsi_delivery_pause(&pause_ms, deadline_ms);

		/* Those that are full again move to the front as they are remembered. */
		publisher->retry_count = 0;
		for (size_t i = 0; i < count; i++) {
			struct fsi_target *target = publisher->retry[i];

			account(publisher, target, deliver(publisher, target), more);
		}
	}
}
