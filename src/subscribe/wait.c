/* SPDX-License-Identifier: MIT */
/* Implements subscribe/channel.h: waiting for a message. */
#include <errno.h>

#include "base/error.h"
#include "base/relax.h"
#include "base/sys.h"
#include "subscribe/channel.h"

enum {
	/* A thread that waits looks after everything once a second, whatever comes. */
	SLEEP_MS_MAX = 1000,
	/* Looks at the segments between two at the bell while it spins. */
	SPIN_LOOKS = 64,
	/* How long the bell may go unheard while frames come one by one. If it ended before the
	 * kernel's next tick, each nap would set the processor's timer anew, which costs more than
	 * all the rest. */
	NAP_US = 10000,
};

/* ---- spinning ---- */

static bool has_frames(fsps_channel *channel)
{
	bool quiet;

	pthread_mutex_lock(&channel->lock);
	quiet = fsi_lane_is_quiet(&channel->lane);
	pthread_mutex_unlock(&channel->lock);
	return !quiet;
}

/* Looks on for a while before it sleeps. Returns 1, 0 if nothing came, or a failure. */
static int spin(fsps_channel *channel, fsps_message **ret_message)
{
	uint64_t start_us = fsi_sys_monotonic_us();
	int r;

	pthread_mutex_lock(&channel->lock);
	fsi_channel_stay_awake(channel);
	pthread_mutex_unlock(&channel->lock);
	do {
		for (int i = 0; i < SPIN_LOOKS && !has_frames(channel); i++)
			fsi_relax();
		r = fsi_channel_fetch(channel, FSI_AWAKE, ret_message);
	} while (r == 0 && !atomic_load_explicit(&channel->woken, memory_order_relaxed) &&
		 fsi_sys_monotonic_us() - start_us < channel->spin_us);
	return r;
}

/* Takes the next message, or finds nothing and is asleep. */
static int fetch_or_fall_asleep(fsps_channel *channel, enum fsi_sleep sleep,
				fsps_message **ret_message)
{
	int r = 0;

	if (channel->spin_us > 0) {
		r = fsi_channel_fetch(channel, FSI_AWAKE, ret_message);
		if (r == 0)
			r = spin(channel, ret_message);
	}
	return r != 0 ? r : fsi_channel_fetch(channel, sleep, ret_message);
}

/* ---- sleeping ---- */

uint64_t fsi_deadline_ms(struct fsi_deadline *deadline)
{
	uint64_t now_ms;

	if (deadline->at_ms != 0)
		return deadline->at_ms;
	now_ms = fsi_sys_monotonic_ms();
	deadline->at_ms =
		deadline->timeout_ms < 0 || (uint64_t)deadline->timeout_ms >= UINT64_MAX - now_ms
			? UINT64_MAX
			: now_ms + (uint64_t)deadline->timeout_ms;
	return deadline->at_ms;
}

enum { BELL, SIGNAL, INBOX, FDS };

/* From now on who fetches leaves the descriptor readable while more may come; what another thread
 * has fetched since we looked is left so now. */
static void begin_to_wait(fsps_channel *channel, struct pollfd fds[FDS])
{
	pthread_mutex_lock(&channel->lock);
	atomic_fetch_add(&channel->waiting, 1);
	fsi_channel_raise_signal(channel);
	fds[BELL] = (struct pollfd){.fd = channel->bell_fd, .events = POLLIN};
	fds[SIGNAL] = (struct pollfd){.fd = channel->signal_fd, .events = POLLIN};
	/* -1 where there is none. */
	fds[INBOX] = (struct pollfd){.fd = channel->inbox.bell_fd, .events = POLLIN};
	pthread_mutex_unlock(&channel->lock);
}

static void end_wait(fsps_channel *channel, const struct pollfd fds[FDS])
{
	atomic_fetch_sub(&channel->waiting, 1);
	if (fds[SIGNAL].revents == 0)
		return;
	pthread_mutex_lock(&channel->lock);
	channel->signal_seen = true;
	pthread_mutex_unlock(&channel->lock);
}

/* The bell and the signal, and not what programs poll: two descriptors are sooner looked at than
 * those within a third one, and our own timeout does for the timer. Returns 1 if it is worth a
 * look, 0 at the deadline, -EINTR, or a failure. */
static int wait_until(fsps_channel *channel, struct pollfd fds[FDS], uint64_t deadline_ms)
{
	uint64_t now_ms = deadline_ms == UINT64_MAX ? 0 : fsi_sys_monotonic_ms();
	int timeout_ms = SLEEP_MS_MAX;
	int r;

	if (now_ms >= deadline_ms)
		return 0;
	if (deadline_ms - now_ms < SLEEP_MS_MAX)
		timeout_ms = (int)(deadline_ms - now_ms);
	r = fsi_sys_poll(fds, FDS, timeout_ms);
	if (r < 0 && r != -EINTR)
		return fsi_fail_errno(-r, channel->name, "cannot wait for channel %s",
				      channel->name);
	return r == -EINTR ? -EINTR : 1;
}

/* ---- napping ---- */

/* Only while frames come one by one, and no other thread waits for the channel: to wait for a word
 * costs half of what it costs to wait for a descriptor, but does not see the bell. */
static bool should_nap(fsps_channel *channel, struct fsi_deadline *deadline)
{
	if (!atomic_load_explicit(&channel->may_nap, memory_order_relaxed) ||
	    atomic_load_explicit(&channel->waiting, memory_order_relaxed) > 0)
		return false;
	/* Nothing was waited for yet: no need to look at the clock. */
	if (deadline->at_ms == 0)
		return deadline->timeout_ms < 0 || deadline->timeout_ms > NAP_US / 1000;
	return fsi_deadline_ms(deadline) == UINT64_MAX ||
	       fsi_deadline_ms(deadline) > fsi_sys_monotonic_ms() + NAP_US / 1000;
}

/* Returns true if it is worth a look, false if the nap was for nothing. */
static bool nap(fsps_channel *channel, bool *ret_interrupted)
{
	_Atomic uint32_t *word = fsi_control_waiting(channel->control);
	uint32_t sleep = atomic_load_explicit(word, memory_order_relaxed);
	int r;

	/* Another thread has come by, or a publisher. */
	if ((sleep & FSI_CONTROL_NAPS) == 0)
		return true;
	r = fsi_sys_futex_wait(word, sleep, NAP_US);
	*ret_interrupted = r == -EINTR;
	return r == 0 || r == -EAGAIN;
}

/* A fetch failed: the caller may poll the descriptor next, and is to find it readable. */
static void leave_nap(fsps_channel *channel)
{
	pthread_mutex_lock(&channel->lock);
	fsi_channel_stay_awake(channel);
	fsi_channel_raise_signal(channel);
	pthread_mutex_unlock(&channel->lock);
}

/* Waits for a frame that may come at once. Returns 1 and the message, 0 to go on with a proper
 * sleep, or a failure. */
static int nap_a_while(fsps_channel *channel, bool *ret_interrupted, fsps_message **ret_message)
{
	bool rested;
	int r = 0;

	do {
		r = fetch_or_fall_asleep(channel, FSI_NAPPING, ret_message);
		rested = r == 0 && !atomic_load_explicit(&channel->woken, memory_order_relaxed) &&
			 nap(channel, ret_interrupted);
	} while (rested);
	if (r == 0)
		atomic_store_explicit(&channel->may_nap, false, memory_order_relaxed);
	return r;
}

/* ---- both ---- */

/* Sleeps until something may have come. Returns 1, 0 at the end of the wait, or a failure. */
static int sleep_soundly(fsps_channel *channel, struct fsi_deadline *deadline, bool *ret_woken,
			 bool *ret_interrupted)
{
	struct pollfd fds[FDS];
	int r;

	begin_to_wait(channel, fds);
	*ret_woken = atomic_exchange(&channel->woken, false);
	r = *ret_woken ? 0 : wait_until(channel, fds, fsi_deadline_ms(deadline));
	/* The signal's handler woke us: that was this wake, and not one for the next. */
	if (r == -EINTR && atomic_exchange(&channel->woken, false)) {
		*ret_woken = true;
		r = 0;
	}
	end_wait(channel, fds);
	*ret_interrupted |= r == -EINTR;
	return r == -EINTR ? 0 : r;
}

int fsi_channel_receive(fsps_channel *channel, struct fsi_deadline *deadline, bool *ret_woken,
			bool *ret_interrupted, fsps_message **ret_message)
{
	int r = 0;

	*ret_interrupted = false;
	*ret_woken = false;
	if (fsi_channel_take_ready(channel, ret_message))
		return 1;
	for (;;) {
		bool naps = should_nap(channel, deadline);

		if (naps)
			r = nap_a_while(channel, ret_interrupted, ret_message);
		/* Whoever polls the descriptor after this call has to be rung for. */
		if (r == 0)
			r = fetch_or_fall_asleep(channel, FSI_ASLEEP, ret_message);
		if (r < 0 && naps)
			leave_nap(channel);
		if (r != 0)
			return r;
		if (*ret_interrupted) {
			*ret_woken = atomic_exchange(&channel->woken, false);
			*ret_interrupted = !*ret_woken;
			return 0;
		}
		r = sleep_soundly(channel, deadline, ret_woken, ret_interrupted);
		if (r <= 0)
			return r;
		r = 0;
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
