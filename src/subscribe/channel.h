/* SPDX-License-Identifier: MIT */
/*
 * A channel and its reader. One round: read the bell, then take the dirty flag and scan if that or
 * the clock says so, then deliver what these told, then frames of segments.
 *
 * A fetch that answers "empty" is the one place that goes to sleep (R6): it has read the bell to
 * its end after it found the flag clear, has stored a sleep number, and has looked at all segments
 * once more after that. So polling the descriptor is safe then, and publishers ring once for each
 * sleep.
 *
 * A live channel is the handle's own; to a durable one the handle is attached (durable.h), alone or
 * as one of a group. Messages that are delivered at least once are claimed when they are handed
 * out, and remembered until they are settled (work.h).
 *
 * Locks: one per channel, held while a message is taken, never while waiting or calling back.
 */
#ifndef FSPS_SUBSCRIBE_CHANNEL_H
#define FSPS_SUBSCRIBE_CHANNEL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <fsps/channel.h>
#include <fsps/durable.h>
#include <fsps/topic.h>

#include "base/fork.h"
#include "claim/claim.h"
#include "claim/deliveries.h"
#include "claim/look_over.h"
#include "limit/count.h"
#include "store/bus.h"
#include "store/control.h"
#include "store/home.h"
#include "subscribe/inbox.h"
#include "subscribe/lane.h"
#include "subscribe/pending.h"

struct fsps_channel {
	fsps_bus *bus;
	struct fsi_home *home;
	char name[FSI_NAME_BYTES];
	char pattern[FSPS_PATTERN_MAX + 1];
	size_t pattern_len;
	int directory_fd;
	int bell_fd;
	/* What the user polls: bell, timer and signal_fd. */
	int epoll_fd;
	/* Set while something fetched is undelivered, and by wake. */
	int signal_fd;
	struct fsi_control *control;

	pthread_mutex_t lock;
	struct fsi_pending pending;
	struct fsi_lane lane;
	/* The last sleep number, and how long to look on before sleeping. */
	uint32_t sleeps;
	uint64_t spin_us;
	/* What the options said; when_full and others may be defaults. */
	struct fsps_limits limits;
	/* As in struct fsps_channel_options. */
	int64_t publishers;
	/* Coarse ms at which the bell was read last. */
	uint64_t bell_ms;
	/* How often in a row the bell was read and had more. */
	unsigned busy_reads;
	/* Somebody asked for epoll_fd and may poll it: then signal_fd has to be kept. */
	bool polled;
	bool signalled;
	/* A thread that waited saw signal_fd readable. */
	bool signal_seen;
	/* The last fetch found nothing and asked to be rung for. */
	bool asleep;
	/* What ended the last sleep was a frame: the next one may come as soon. */
	atomic_bool may_nap;
	bool scan_due;
	bool upkeep_due;
	/* Coarse ms at which the fetch under way first looked at the clock; 0: not yet. */
	uint64_t fetch_ms;
	/* Fetches, and how many it had been when the clock was looked at. */
	uint64_t fetches;
	uint64_t fetches_looked;
	/* Coarse ms of the last look after everything. */
	uint64_t upkeep_ms;
	/* The file that could not be read, and how often in a row. */
	uint64_t failing_id;
	unsigned failures;
	/* Dead letters that a live channel still keeps. */
	unsigned letters_left;
	uint64_t delivered;
	uint64_t from_segments;
	/* Of these, how many since the reader last let more come. How often pauses for that were in
	 * vain, as a power of 2 less 1, and how many are left out. */
	unsigned streak;
	unsigned pauses_in_vain;
	unsigned pauses_spared;
	/* Frames that were read, handed out or not. */
	uint64_t frames;
	uint64_t dropped;
	uint64_t set_aside;
	uint64_t scans;
	uint64_t expired;
	uint64_t missed;
	uint64_t evicted;

	/* What waited, by the control block, before the directory was read last, and whether there
	 * was nothing in it. */
	struct fsi_count_seen seen;
	struct fsi_count_doubt doubt;
	bool found_nothing;
	/* Places in the control block, bits, of segments that somebody took away: since the last
	 * upkeep, and since the one before. */
	uint64_t left_places[2];
	/* Up to which of the segments that publishers took away ours are known to be there. */
	uint32_t drops_seen;
	/* The wall clock, and the coarse ms at which it was that. */
	uint64_t age_now_us;
	uint64_t age_tick_ms;
	/* Coarse ms at which other users' shares are looked at again. */
	uint64_t share_ms;

	/* "" for a live one. */
	char durable[FSPS_DURABLE_NAME_MAX + 1];
	/* One of a group. */
	bool shared;
	/* At least once: what is handed out is claimed until it is settled. */
	bool settles;
	/* There may be claims, and messages that come again: at least once, or a durable channel,
	 * whose other readers may have left some. */
	bool works;
	uint64_t deadline_ms;
	struct fsi_workplace workplace;
	struct fsi_deliveries deliveries;
	/* What comes again now, and when to look for more (coarse ms). */
	struct fsi_due_list due;
	bool look_over_due;
	/* A message was given back, to come again at once: to be looked for when nothing else
	 * waits, or when a look may be paid for. */
	bool given_back;
	uint64_t look_over_ms;
	/* Of a durable one: which places in the control block are its last reader's: bits. */
	uint64_t former_places;
	/* A reader of a durable one, with all that belongs to it; its line in the list of
	 * readers, or -1. */
	bool attached;
	int reader_line;
	/* What formix-pubsub sees of it, if that is ours. */
	struct fsi_inbox inbox;
	bool holds_inbox;
	bool more_arrivals;
	bool inbox_missed;
	/* Of a group: messages were left to another worker. */
	bool passed_by;
	/* Of a group: there are segments, which are to become files; and who does that has a
	 * lock. */
	bool unpack_due;
	int unpack_lock_fd;
	/* ... and there is no space for files: this worker reads them as a single reader would. */
	bool reads_segments;
	uint64_t acknowledged;
	uint64_t redelivered;
	uint64_t late;
	uint64_t dead;

	/* Threads that wait, and whether one of them is to come back. */
	atomic_int waiting;
	atomic_bool woken;
	/* The other side of a fork: answers FSPS_ERR_FORKED. */
	atomic_bool forked;
	struct fsi_fork_entry fork_entry;
};

/* The pattern and the options are valid. */
int fsi_channel_new(fsps_bus *bus, const char *pattern, const struct fsps_channel_options *options,
		    fsps_channel **ret_channel);
/* NULL is allowed. */
void fsi_channel_free(fsps_channel *channel);

/* One more, in a word of the control block that the channel's readers count in. */
static inline void fsi_channel_count(const fsps_channel *channel, _Atomic uint64_t *counter)
{
	if (channel->shared)
		atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
	else
		/* Nobody else writes it. */
		atomic_store_explicit(counter,
				      atomic_load_explicit(counter, memory_order_relaxed) + 1,
				      memory_order_relaxed);
}

/* The failure of a handle in a forked child. */
int fsi_channel_fail_forked(const fsps_channel *channel);

/* As fsps_channel_fd(). */
int fsi_channel_fd(fsps_channel *channel);

/* What a fetch that finds nothing leaves behind. */
enum fsi_sleep {
	/* Nothing: publishers are not asked to tell of frames. Who calls it so looks again himself.
	 */
	FSI_AWAKE,
	/* Publishers ring for the next frame. */
	FSI_ASLEEP,
	/* Publishers wake who waits for the word in the control block to change. The bell is not
	 * rung for frames: not for long, and never across the end of a call. */
	FSI_NAPPING,
};

/* Takes a message that may be had with next to nothing to look at (run.h); false: there is none, or
 * it takes more. */
bool fsi_channel_take_ready(fsps_channel *channel, fsps_message **ret_message);

/* As fsps_channel_fetch(). */
int fsi_channel_fetch(fsps_channel *channel, enum fsi_sleep sleep, fsps_message **ret_message);

/* With the lock held: makes signal_fd readable if messages are coming and anybody may wait. */
void fsi_channel_raise_signal(fsps_channel *channel);
/* With the lock held: publishers need not ring for frames. */
void fsi_channel_stay_awake(fsps_channel *channel);

/* When a wait ends: looked up on the clock only once it is needed. */
struct fsi_deadline {
	/* As the caller gave it: -1 for none. */
	int64_t timeout_ms;
	/* Monotonic ms, UINT64_MAX for none; 0: not looked up yet. */
	uint64_t at_ms;
};

uint64_t fsi_deadline_ms(struct fsi_deadline *deadline);

/* As fsps_channel_receive(). Returns 1, 0 at the deadline, or a failure. */
int fsi_channel_receive(fsps_channel *channel, struct fsi_deadline *deadline, bool *ret_woken,
			bool *ret_interrupted, fsps_message **ret_message);

void fsi_channel_wake(fsps_channel *channel);

void fsi_channel_stats(fsps_channel *channel, struct fsps_channel_stats *stats);
int64_t fsi_channel_backlog(fsps_channel *channel);

#endif
