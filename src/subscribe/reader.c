/* SPDX-License-Identifier: MIT */
/* Implements subscribe/channel.h: the reader's rounds, and waiting between them. */
#include <errno.h>
#include <limits.h>

#include "base/error.h"
#include "base/sys.h"
#include "message/codec.h"
#include "store/content.h"
#include "subscribe/channel.h"
#include "subscribe/consume.h"
#include "subscribe/upkeep.h"
#include "watch/bell.h"

enum {
	/* How long a message whose bell was lost may stay unseen. */
	UPKEEP_PERIOD_MS = 1000,
	/* How long a fetch goes on without finding a message, and how often it looks at the clock.
	 */
	FETCH_MS_MAX = 100,
	TURNS = 64,
};

/* ---- one round ---- */

/* Whether to read the whole directory: the flag of a publisher whose ring may be lost, taken only
 * now that the bell was read (R3); or the clock. */
static bool must_scan(fsps_channel *channel)
{
	bool dirty = atomic_exchange(&channel->control->dirty, 0) != 0;

	return dirty || channel->scan_due;
}

static int scan(fsps_channel *channel)
{
	int r;

	channel->scan_due = true;
	r = fsi_pending_scan(&channel->pending, channel->directory_fd);
	if (r < 0)
		return fsi_channel_check_name(channel) < 0 ? fsi_error_last()->code : r;
	channel->scans++;
	channel->scan_due = channel->pending.truncated;
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

/* Fills pending, which is empty. Returns 1 if there is something now, 0 if not, or a failure. */
static int refill(fsps_channel *channel)
{
	struct fsi_pending *pending = &channel->pending;
	bool torn = false;
	int r;

	if (channel->upkeep_due) {
		r = fsi_channel_keep_up(channel);
		if (r < 0)
			return r;
	}
	r = fsi_bell_read(channel->bell_fd, pending->rings, FSI_PENDING_RINGS, &torn);
	if (r < 0)
		return fsi_fail_errno(-r, channel->name, "cannot read the bell of channel %s",
				      channel->name);
	pending->ring_next = 0;
	pending->ring_count = (size_t)r;
	channel->scan_due |= torn || asks_to_look(pending);
	if (must_scan(channel)) {
		r = scan(channel);
		if (r < 0) {
			/* What rang may be later than what only the scan would have found. */
			pending->ring_count = 0;
			return r;
		}
	}
	return r > 0 || !fsi_pending_is_empty(pending);
}

/* Hands a taken message to the hooks and counts it. Returns 1, or 0 if a hook dropped it. */
static int hand_out(fsps_channel *channel, fsps_message *message)
{
	if (fsi_hooks_run_deliver(&channel->bus->deliver_hooks, message, channel->name) != 0) {
		channel->dropped++;
		atomic_fetch_add_explicit(&channel->control->dropped, 1, memory_order_relaxed);
		fsi_message_unref(message);
		return 0;
	}
	channel->delivered++;
	atomic_fetch_add_explicit(&channel->control->delivered, 1, memory_order_relaxed);
	return 1;
}

/* Whether a fetch has looked for long enough: somebody who rings without end, and for nothing,
 * must not keep the caller from his clock and his signals. */
static bool has_looked_long(const fsps_channel *channel)
{
	return fsi_sys_coarse_ms() - channel->fetch_ms > FETCH_MS_MAX;
}

/* Ends the fetch without a message, readable at once, so that nobody sleeps over what is left. */
static int give_up(fsps_channel *channel)
{
	uint64_t one = 1;

	channel->signalled = true;
	(void)fsi_sys_write(channel->signal_fd, &one, sizeof one);
	return 0;
}

/* Takes the next message. Returns 1, 0 if nothing waits or it took too long, or a failure. */
static int take_next(fsps_channel *channel, fsps_message **ret_message)
{
	fsps_message *message = NULL;
	struct fsi_candidate candidate;
	int r;

	for (unsigned turn = 1;; turn++) {
		if (turn % TURNS == 0 && has_looked_long(channel))
			return give_up(channel);
		if (!fsi_pending_peek(&channel->pending, &candidate)) {
			r = refill(channel);
			if (r <= 0)
				return r;
			continue;
		}
		/* No ID: anybody may write anything into the bell. */
		if (candidate.id == 0 || candidate.id >= FSI_ID_LIMIT) {
			fsi_pending_advance(&channel->pending);
			continue;
		}
		r = fsi_consume(channel, &candidate, &message);
		if (r < 0)
			return r;
		fsi_pending_advance(&channel->pending);
		if (r == FSI_CONSUMED && hand_out(channel, message) == 1) {
			*ret_message = message;
			return 1;
		}
	}
}

/* ---- the descriptor ---- */

/* Readable while something fetched is undelivered, if anybody may be waiting for that: one who
 * has asked for the descriptor, or another thread. */
static void raise_signal(fsps_channel *channel)
{
	bool watched = channel->polled || atomic_load(&channel->waiting) > 0;
	uint64_t one = 1;

	if (!watched || channel->signalled || fsi_pending_is_empty(&channel->pending))
		return;
	channel->signalled = true;
	(void)fsi_sys_write(channel->signal_fd, &one, sizeof one);
}

int fsi_channel_fd(fsps_channel *channel)
{
	pthread_mutex_lock(&channel->lock);
	channel->polled = true;
	raise_signal(channel);
	pthread_mutex_unlock(&channel->lock);
	return channel->epoll_fd;
}

/* Nothing waits: makes the descriptor quiet. One that a waiting thread has to see stays. */
static void lower_signal(fsps_channel *channel)
{
	uint64_t count;

	channel->signalled = false;
	if (atomic_load(&channel->woken) && atomic_load(&channel->waiting) > 0)
		return;
	(void)fsi_sys_read(channel->signal_fd, &count, sizeof count);
}

/* The timer is shared: every channel sees the expiry, the first one makes it run on. */
static bool take_expiry(fsps_channel *channel)
{
	(void)fsi_sys_timer_go_on(channel->home->timer_fd);
	channel->upkeep_due = fsi_sys_coarse_ms() - channel->upkeep_ms >= UPKEEP_PERIOD_MS / 10;
	return channel->upkeep_due;
}

/* What is ready besides the bell. Returns true if it is worth another round. */
static bool take_events(fsps_channel *channel)
{
	struct epoll_event events[3];
	int count = fsi_sys_epoll_wait(channel->epoll_fd, events, 3, 0);
	bool again = false;

	for (int i = 0; i < count; i++) {
		if (events[i].data.fd == channel->signal_fd)
			lower_signal(channel);
		else if (events[i].data.fd == channel->bell_fd)
			again = true;
		else
			again |= take_expiry(channel);
	}
	return again;
}

static int fetch_locked(fsps_channel *channel, fsps_message **ret_message)
{
	int r;

	channel->fetch_ms = fsi_sys_coarse_ms();
	/* Also while messages come without a break. */
	if (channel->fetch_ms - channel->upkeep_ms >= UPKEEP_PERIOD_MS) {
		r = fsi_channel_keep_up(channel);
		if (r < 0)
			return r;
	}
	r = take_next(channel, ret_message);
	if (r == 1) {
		raise_signal(channel);
		return 1;
	}
	while (r == 0 && !has_looked_long(channel) && take_events(channel)) {
		r = take_next(channel, ret_message);
		if (r == 1)
			raise_signal(channel);
	}
	return r;
}

int fsi_channel_fetch(fsps_channel *channel, fsps_message **ret_message)
{
	int r;

	if (atomic_load_explicit(&channel->forked, memory_order_relaxed))
		return fsi_fail(FSPS_ERR_FORKED, channel->name,
				"channel %s belongs to the process that was forked", channel->name);
	pthread_mutex_lock(&channel->lock);
	r = fetch_locked(channel, ret_message);
	pthread_mutex_unlock(&channel->lock);
	return r;
}

/* ---- waiting ---- */

static int wait_until(fsps_channel *channel, uint64_t deadline_ms)
{
	struct pollfd fd = {.fd = channel->epoll_fd, .events = POLLIN};
	uint64_t now_ms = fsi_sys_monotonic_ms();
	int timeout_ms = -1;
	int r;

	if (now_ms >= deadline_ms)
		return 0;
	if (deadline_ms != UINT64_MAX)
		timeout_ms = deadline_ms - now_ms < INT_MAX ? (int)(deadline_ms - now_ms) : INT_MAX;
	/* Not epoll_wait: it would take the timer's edge, which the next round looks for. */
	r = fsi_sys_poll(&fd, 1, timeout_ms);
	if (r < 0 && r != -EINTR)
		return fsi_fail_errno(-r, channel->name, "cannot wait for channel %s",
				      channel->name);
	return r == -EINTR ? -EINTR : 1;
}

/* From now on who fetches leaves the descriptor readable while more waits; what another thread has
 * fetched since we looked is left so now. */
static void begin_to_wait(fsps_channel *channel)
{
	pthread_mutex_lock(&channel->lock);
	atomic_fetch_add(&channel->waiting, 1);
	raise_signal(channel);
	pthread_mutex_unlock(&channel->lock);
}

int fsi_channel_receive(fsps_channel *channel, uint64_t deadline_ms, bool *ret_woken,
			bool *ret_interrupted, fsps_message **ret_message)
{
	int r;

	for (;;) {
		r = fsi_channel_fetch(channel, ret_message);
		if (r != 0)
			return r;
		begin_to_wait(channel);
		*ret_woken = atomic_exchange(&channel->woken, false);
		r = *ret_woken ? 0 : wait_until(channel, deadline_ms);
		/* The signal's handler woke us: that was this wake, and not one for the next. */
		if (r == -EINTR && atomic_exchange(&channel->woken, false)) {
			*ret_woken = true;
			r = 0;
		}
		atomic_fetch_sub(&channel->waiting, 1);
		*ret_interrupted = r == -EINTR;
		if (r <= 0)
			return *ret_interrupted ? 0 : r;
	}
}

void fsi_channel_wake(fsps_channel *channel)
{
	uint64_t one = 1;
	int kept_errno = errno;

	atomic_store(&channel->woken, true);
	(void)fsi_sys_write(channel->signal_fd, &one, sizeof one);
	errno = kept_errno;
}

/* ---- looking ---- */

void fsi_channel_stats(fsps_channel *channel, struct fsps_channel_stats *stats)
{
	pthread_mutex_lock(&channel->lock);
	stats->delivered = channel->delivered;
	stats->dropped = channel->dropped;
	stats->set_aside = channel->set_aside;
	stats->scans = channel->scans;
	pthread_mutex_unlock(&channel->lock);
}

int64_t fsi_channel_backlog(fsps_channel *channel)
{
	struct fsi_channel_content content;
	int r;

	if (atomic_load_explicit(&channel->forked, memory_order_relaxed))
		return fsi_fail(FSPS_ERR_FORKED, channel->name,
				"channel %s belongs to the process that was forked", channel->name);
	pthread_mutex_lock(&channel->lock);
	r = fsi_channel_content(channel->directory_fd, &content);
	if (r < 0 && fsi_channel_check_name(channel) < 0)
		r = fsi_error_last()->code;
	pthread_mutex_unlock(&channel->lock);
	return r < 0 ? r : (int64_t)content.backlog;
}
