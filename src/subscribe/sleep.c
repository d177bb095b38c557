/* SPDX-License-Identifier: MIT */
/* Implements subscribe/sleep.h. */
#include "subscribe/sleep.h"

#include "base/relax.h"
#include "base/sys.h"
#include "subscribe/account.h"

enum {
	/* An expiry of the shared timer that comes sooner after the last look is another channel's.
	 */
	EXPIRY_MS_LEAST = 100,
	/* So many frames may be a stream: then it may be worth while to let more come. */
	STREAM_FRAMES = 16,
	/* How long that is, in the processor's hints that somebody waits; and how often it is left
	 * out at most after it was in vain. */
	STREAM_PAUSES = 128,
	SPARED_MOST = 63,
	/* Bell, signal, timer, the inbox's bell. */
	EVENTS = 4,
};

/* ---- the descriptor ---- */

/* Readable from the first message on until a fetch finds nothing, if anybody may be waiting for
 * that: one who has asked for the descriptor, or another thread. Nobody rings for segments
 * meanwhile. */
void fsi_channel_raise_signal(fsps_channel *channel)
{
	bool watched = channel->polled ||
		       atomic_load_explicit(&channel->waiting, memory_order_relaxed) > 0;
	uint64_t one = 1;

	if (!watched || channel->signalled || channel->asleep)
		return;
	channel->signalled = true;
	(void)fsi_sys_write(channel->signal_fd, &one, sizeof one);
}

int fsi_channel_fd(fsps_channel *channel)
{
	pthread_mutex_lock(&channel->lock);
	channel->polled = true;
	fsi_channel_raise_signal(channel);
	pthread_mutex_unlock(&channel->lock);
	return channel->epoll_fd;
}

/* Nothing waits: makes the descriptor quiet. One that a waiting thread has to see stays. */
static void lower_signal(fsps_channel *channel)
{
	uint64_t count;

	channel->signalled = false;
	channel->signal_seen = false;
	if (atomic_load(&channel->woken) && atomic_load(&channel->waiting) > 0)
		return;
	(void)fsi_sys_read(channel->signal_fd, &count, sizeof count);
}

/* The timer is shared: every channel sees the expiry, the first one makes it run on. */
static bool take_expiry(fsps_channel *channel)
{
	(void)fsi_sys_timer_go_on(channel->home->timer_fd);
	channel->upkeep_due = fsi_sys_coarse_ms() - channel->upkeep_ms >= EXPIRY_MS_LEAST;
	return channel->upkeep_due;
}

bool fsi_sleep_take_events(fsps_channel *channel)
{
	struct epoll_event events[EVENTS];
	int count = fsi_sys_epoll_wait(channel->epoll_fd, events, EVENTS, 0);
	bool again = false;

	for (int i = 0; i < count; i++) {
		if (events[i].data.fd == channel->signal_fd)
			lower_signal(channel);
		else if (events[i].data.fd == channel->bell_fd ||
			 events[i].data.fd == channel->inbox.bell_fd)
			again = true;
		else
			again |= take_expiry(channel);
	}
	return again;
}

int fsi_sleep_give_up(fsps_channel *channel)
{
	uint64_t one = 1;

	channel->signalled = true;
	(void)fsi_sys_write(channel->signal_fd, &one, sizeof one);
	return 0;
}

/* ---- sleeping ---- */

void fsi_channel_stay_awake(fsps_channel *channel)
{
	channel->asleep = false;
	if (atomic_load_explicit(fsi_control_waiting(channel->control), memory_order_relaxed) != 0)
		atomic_store_explicit(fsi_control_waiting(channel->control), 0,
				      memory_order_relaxed);
}

/*
 * R6: from now on whoever commits a frame rings. The number is stored before the last look, and
 * publishers commit before they look at the number, with a full fence between on both sides: so
 * either they see it, or we see the frame. Returns false if there is one after all.
 *
 * A new number each time, even if the last one still stands: whoever has rung for that is about to
 * clear it, and we may have read his ring already.
 */
bool fsi_sleep_begin(fsps_channel *channel, enum fsi_sleep sleep)
{
	struct fsi_control *control = channel->control;

	channel->sleeps = channel->sleeps == FSI_CONTROL_NAPS - 1 ? 1 : channel->sleeps + 1;
	atomic_store_explicit(fsi_control_waiting(control),
			      channel->sleeps | (sleep == FSI_NAPPING ? FSI_CONTROL_NAPS : 0),
			      memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst);
	if (!fsi_lane_is_quiet(&channel->lane)) {
		atomic_store_explicit(fsi_control_waiting(control), 0, memory_order_relaxed);
		return false;
	}
	channel->asleep = true;
	fsi_account_note_sleep(channel);
	return true;
}

/* Waits for a moment, unless that was in vain before: the more often it was, the more rarely. */
static void pause_for_more(fsps_channel *channel)
{
	if (channel->pauses_spared > 0) {
		channel->pauses_spared--;
		return;
	}
	for (int i = 0; i < STREAM_PAUSES; i++)
		fsi_relax();
	if (!fsi_lane_is_quiet(&channel->lane))
		channel->pauses_in_vain = 0;
	else if (channel->pauses_in_vain < SPARED_MOST)
		channel->pauses_in_vain = channel->pauses_in_vain * 2 + 1;
	channel->pauses_spared = channel->pauses_in_vain;
}

/*
 * We have caught up with a publisher that is in the midst of something. To take each frame at once
 * would have the two processors pass every line of memory back and forth, and to sleep would cost
 * both a system call; so let some more come. If none does, the publisher may be waiting for the
 * processor that we have, or other readers of the same stream: they go first. Returns whether some
 * came.
 *
 * A ping-pong is no stream, however long it goes on. Nothing comes to it in a pause, and so it
 * learns to do without.
 */
bool fsi_sleep_let_more_come(fsps_channel *channel)
{
	if (channel->streak < STREAM_FRAMES)
		return false;
	channel->streak = 0;
	pause_for_more(channel);
	if (fsi_lane_is_quiet(&channel->lane))
		fsi_sys_yield();
	return !fsi_lane_is_quiet(&channel->lane);
}
