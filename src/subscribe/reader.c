/* SPDX-License-Identifier: MIT */
/* Implements subscribe/channel.h: the reader's rounds. Going to sleep is in sleep.c, waiting in
 * wait.c.
 */
#include <errno.h>

#include "base/error.h"
#include "base/sys.h"
#include "message/codec.h"
#include "subscribe/account.h"
#include "subscribe/channel.h"
#include "subscribe/consume.h"
#include "subscribe/durable.h"
#include "subscribe/gap.h"
#include "subscribe/group.h"
#include "subscribe/places.h"
#include "subscribe/run.h"
#include "subscribe/share.h"
#include "subscribe/sleep.h"
#include "subscribe/upkeep.h"
#include "subscribe/work.h"
#include "watch/bell.h"

enum {
	/* How long a message whose bell was lost may stay unseen. */
	UPKEEP_PERIOD_MS = 1000,
	/* How much the coarse clock may lag behind the one that ends a sleep. */
	CLOCK_TICK_MS = 10,
	/* How long a fetch goes on without finding a message, and how often it looks at the clock.
	 */
	FETCH_MS_MAX = 100,
	TURNS = 64,
	/* How often it looks whether everything else is to be looked after. */
	FETCHES_A_LOOK = 16,
	/* Readings of a bell that is never empty that count as one to its end: more records than
	 * the largest FIFO holds. */
	BUSY_READS_MAX = 256,
};

/* ---- one round ---- */

/* Whether to read the whole directory: the flag of a publisher whose ring may be lost, taken only
 * now that the bell was read (R3); or the clock. */
static bool must_scan(fsps_channel *channel)
{
	bool dirty = atomic_load(&channel->control->dirty) != 0 &&
		     atomic_exchange(&channel->control->dirty, 0) != 0;

	/* It may also stand for what comes again. */
	channel->given_back |= dirty && channel->works;
	return dirty || channel->scan_due;
}

static int scan(fsps_channel *channel)
{
	struct fsi_count_seen seen = fsi_count_see(channel->control);
	int r;

	channel->scan_due = true;
	r = fsi_pending_scan(&channel->pending, channel->directory_fd);
	if (r < 0)
		return fsi_channel_check_name(channel) < 0 ? fsi_error_last()->code : r;
	channel->scans++;
	channel->scan_due = channel->pending.truncated;
	fsi_account_note_scan(channel, seen);
	fsi_share_keep(channel);
	return 0;
}

/* Whether one of the rings that were read says "look": then a message has come whose name no ring
 * can tell, before those that rang later. */
static bool asks_to_look(const struct fsi_pending *pending)
{
	for (size_t i = 0; i < pending->ring_count; i++)
		if (pending->rings[i] == 0)
			return true;
	return false;
}

/* Records that only wake have done so: what they were rung for is looked at before any sleep. */
static void drop_wakes(struct fsi_pending *pending)
{
	size_t kept = 0;

	for (size_t i = 0; i < pending->ring_count; i++)
		if (pending->rings[i] != FSI_BELL_SEGMENT)
			pending->rings[kept++] = pending->rings[i];
	pending->ring_count = kept;
}

/* A worker of a group takes no more from the bell than it does at once: who is slow, or is killed,
 * keeps nothing from the others. */
static size_t rings_max(const fsps_channel *channel)
{
	return channel->shared ? 1 : FSI_PENDING_RINGS;
}

/* Whether a reading of that many records has all that had rung when it began, or when one of the
 * readings before it did. */
static bool is_end_of_bell(fsps_channel *channel, size_t records)
{
	channel->busy_reads = records == rings_max(channel) ? channel->busy_reads + 1 : 0;
	if (channel->busy_reads == BUSY_READS_MAX)
		channel->busy_reads = 0;
	return channel->busy_reads == 0;
}

/* Whether a reading of the directory has more than its reader takes at once. */
static bool has_several(const struct fsi_pending *pending)
{
	return pending->scanned_count + pending->taken_count > 1;
}

/* Fills pending, which is empty. Returns 1 if there is something now, 0 if not, or a failure. */
static int refill(fsps_channel *channel)
{
	struct fsi_pending *pending = &channel->pending;
	bool torn = false;
	bool at_end;
	int r;

	if (channel->upkeep_due) {
		r = fsi_channel_keep_up(channel);
		if (r < 0)
			return r;
	}
	fsi_durable_take_arrivals(channel, false);
	channel->scan_due |= channel->passed_by;
	channel->passed_by = false;
	r = fsi_bell_read(channel->bell_fd, pending->rings, rings_max(channel), &torn);
	if (r < 0)
		return fsi_fail_errno(-r, channel->name, "cannot read the bell of channel %s",
				      channel->name);
	channel->bell_ms = fsi_sys_coarse_ms();
	pending->ring_next = 0;
	pending->ring_count = (size_t)r;
	at_end = is_end_of_bell(channel, pending->ring_count);
	drop_wakes(pending);
	if (torn || asks_to_look(pending)) {
		channel->scan_due = true;
		channel->look_over_due = channel->works;
	}
	if (must_scan(channel)) {
		r = scan(channel);
		if (r < 0) {
			/* What rang may be later than what only the scan would have found. */
			pending->ring_count = 0;
			return r;
		}
		if (has_several(pending))
			fsi_work_ring_others(channel);
	}
	fsi_lane_begin_round(&channel->lane, at_end && !channel->scan_due);
	return !at_end || !fsi_pending_is_empty(pending);
}

/* Hands a taken message to the hooks and counts it. Returns 1, or 0 if a hook dropped it. */
static int hand_out(fsps_channel *channel, fsps_message *message)
{
	uint64_t untold = fsi_gap_untold(channel);

	if (untold != 0)
		fsi_gap_show(message, untold);
	if (atomic_load_explicit(&channel->bus->deliver_hooks, memory_order_acquire) != NULL &&
	    fsi_hooks_run_deliver(&channel->bus->deliver_hooks, message, channel->name) != 0) {
		channel->dropped++;
		fsi_channel_count(channel, &channel->control->dropped);
		if (channel->settles)
			(void)fsi_work_acknowledge_locked(channel, message);
		fsi_message_unref(message);
		return 0;
	}
	if (untold != 0)
		fsi_gap_tell(channel, message);
	channel->delivered++;
	fsi_channel_count(channel, &channel->control->delivered);
	return 1;
}

/* Whether a fetch has looked for long enough: somebody who rings without end, and for nothing,
 * must not keep the caller from his clock and his signals. */
static bool has_looked_long(fsps_channel *channel)
{
	uint64_t now_ms = fsi_sys_coarse_ms();

	if (channel->fetch_ms == 0)
		channel->fetch_ms = now_ms;
	return now_ms - channel->fetch_ms > FETCH_MS_MAX;
}

/* The first message after a sleep tells what the next sleep should be ready for. */
static void note_what_came(fsps_channel *channel, bool is_frame)
{
	if (channel->asleep)
		atomic_store_explicit(&channel->may_nap, is_frame, memory_order_relaxed);
}

/* Takes what the bell or a scan told of. Returns 1 and the message, 0 if it was none, or a failure:
 * then it is still there. */
static int take_pending(fsps_channel *channel, const struct fsi_candidate *candidate,
			fsps_message **ret_message)
{
	fsps_message *message = NULL;
	int r = 0;

	/* No ID: anybody may write anything into the bell. */
	if (candidate->id == 0 || candidate->id >= FSI_ID_LIMIT) {
		fsi_pending_advance(&channel->pending);
		return 0;
	}
	if (candidate->offset != 0 && channel->shared && !channel->reads_segments)
		fsi_group_note_segment(channel);
	else if (candidate->offset != 0)
		r = fsi_lane_attach(channel, candidate->id, candidate->offset);
	else
		r = fsi_consume(channel, candidate, &message);
	if (r < 0)
		return r;
	if (r == FSI_CONSUME_NEXT && channel->shared)
		channel->passed_by |= fsi_pending_pass_by(&channel->pending);
	else
		fsi_pending_advance(&channel->pending);
	if (message == NULL || hand_out(channel, message) == 0)
		return 0;
	note_what_came(channel, false);
	*ret_message = message;
	return 1;
}

/* Takes the next frame of a segment. Returns 1, 0 if there is none before the bell was read again,
 * or a failure. */
static int take_frame(fsps_channel *channel, fsps_message **ret_message, bool *ret_wants_bell)
{
	fsps_message *message = NULL;
	int r = FSI_LANE_READ_BELL;

	/* What a scan left out was there before what the segments have. */
	while (!channel->scan_due && (r = fsi_lane_next(channel, &message)) == FSI_LANE_MESSAGE) {
		if (hand_out(channel, message) == 0) {
			/* We go on ourselves, in the usual way. */
			fsi_run_end(channel);
			continue;
		}
		channel->from_segments++;
		channel->streak++;
		note_what_came(channel, true);
		*ret_message = message;
		return 1;
	}
	*ret_wants_bell = r == FSI_LANE_READ_BELL;
	return r < 0 ? r : 0;
}

/* Whether the bell may stay unread for once: who only naps after a frame reads it at every tick of
 * the coarse clock, and when he was woken without finding one. */
static bool may_skip_bell(const fsps_channel *channel, enum fsi_sleep sleep)
{
	return sleep == FSI_NAPPING && !channel->asleep && !channel->upkeep_due &&
	       !channel->lane.ended && fsi_sys_coarse_ms() == channel->bell_ms;
}

/* What failed, or was another's, comes first. Returns 1, 0 or a failure. */
static int take_again(fsps_channel *channel, fsps_message **ret_message)
{
	fsps_message *message = NULL;
	int r;

	do {
		r = channel->settles ? fsi_deliveries_make_room(&channel->deliveries) : 0;
		if (r == 0)
			r = fsi_work_take_again(channel, &message);
	} while (r == 1 && hand_out(channel, message) == 0);
	if (r == 1)
		*ret_message = message;
	return r;
}

/* Takes the next message. Returns 1, 0 if nothing waits or it took too long, or a failure. */
static int take_next(fsps_channel *channel, enum fsi_sleep sleep, fsps_message **ret_message)
{
	struct fsi_candidate candidate;
	bool wants_bell = false;
	int r;

	for (unsigned turn = 1;; turn++) {
		if (turn % TURNS == 0 && has_looked_long(channel))
			return fsi_sleep_give_up(channel);
		r = channel->works ? take_again(channel, ret_message) : 0;
		if (r != 0)
			return r;
		if (fsi_pending_peek(&channel->pending, &candidate)) {
			r = take_pending(channel, &candidate, ret_message);
		} else {
			r = take_frame(channel, ret_message, &wants_bell);
			if (r != 0)
				return r;
			if (!wants_bell && may_skip_bell(channel, sleep))
				return 0;
			r = refill(channel);
			if (r == 0 && !wants_bell)
				return 0;
			if (r > 0)
				r = 0;
		}
		if (r != 0)
			return r;
	}
}

/* ---- fetching ---- */

/* What else may be ready, or has come meanwhile: whether it is worth another round. */
static bool look_again(fsps_channel *channel, enum fsi_sleep sleep)
{
	if (has_looked_long(channel)) {
		(void)fsi_sleep_give_up(channel);
		return false;
	}
	if (channel->given_back) {
		channel->look_over_due = true;
		return true;
	}
	if (fsi_group_unpack(channel) > 0)
		return true;
	if ((channel->polled || channel->signalled || channel->signal_seen) &&
	    fsi_sleep_take_events(channel))
		return true;
	fsi_places_save_all(channel);
	/* Who stays awake looks again by himself. */
	return sleep != FSI_AWAKE &&
	       (fsi_sleep_let_more_come(channel) || !fsi_sleep_begin(channel, sleep));
}

/* Also while messages come without a break; but then a look at the clock for each would be a
 * considerable part of what it costs. */
static bool is_upkeep_due(fsps_channel *channel)
{
	/* Messages that are to be settled are work, each of which may take long. */
	if (!channel->works && !channel->asleep &&
	    channel->fetches - channel->fetches_looked < FETCHES_A_LOOK)
		return false;
	channel->fetches_looked = channel->fetches;
	return fsi_sys_coarse_ms() - channel->upkeep_ms >= UPKEEP_PERIOD_MS - CLOCK_TICK_MS;
}

static int fetch_locked(fsps_channel *channel, enum fsi_sleep sleep, fsps_message **ret_message)
{
	int r;

	channel->fetch_ms = 0;
	channel->fetches++;
	fsi_run_end(channel);
	if (is_upkeep_due(channel)) {
		r = fsi_channel_keep_up(channel);
		if (r < 0)
			return r;
	}
	do {
		r = take_next(channel, sleep, ret_message);
	} while (r == 0 && look_again(channel, sleep));
	if (r == 1) {
		fsi_channel_stay_awake(channel);
		fsi_channel_raise_signal(channel);
	}
	return r;
}

int fsi_channel_fail_forked(const fsps_channel *channel)
{
	return fsi_fail(FSPS_ERR_FORKED, channel->name,
			"channel %s belongs to the process that was forked", channel->name);
}

bool fsi_channel_take_ready(fsps_channel *channel, fsps_message **ret_message)
{
	bool taken;

	if (fsi_run_left(channel) == 0 ||
	    atomic_load_explicit(&channel->forked, memory_order_relaxed))
		return false;
	pthread_mutex_lock(&channel->lock);
	taken = fsi_run_take(channel, ret_message);
	pthread_mutex_unlock(&channel->lock);
	return taken;
}

int fsi_channel_fetch(fsps_channel *channel, enum fsi_sleep sleep, fsps_message **ret_message)
{
	int r;

	if (atomic_load_explicit(&channel->forked, memory_order_relaxed))
		return fsi_channel_fail_forked(channel);
	pthread_mutex_lock(&channel->lock);
	r = fetch_locked(channel, sleep, ret_message);
	pthread_mutex_unlock(&channel->lock);
	return r;
}
