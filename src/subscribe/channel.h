/* SPDX-License-Identifier: MIT */
/*
 * A live channel and its reader. One round: read the bell, then take the dirty flag and scan if
 * that or the clock says so, then deliver. Every fetch that answers "empty" has read the bell to
 * its end after it found the flag clear, so that polling the descriptor is safe then.
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
#include <fsps/topic.h>

#include "base/fork.h"
#include "store/bus.h"
#include "store/control.h"
#include "store/home.h"
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
	/* Somebody asked for epoll_fd and may poll it: then signal_fd has to be kept. */
	bool polled;
	bool signalled;
	bool scan_due;
	bool upkeep_due;
	/* Coarse ms at which the fetch under way began. */
	uint64_t fetch_ms;
	/* Coarse ms of the last look after everything. */
	uint64_t upkeep_ms;
	/* The file that could not be read, and how often in a row. */
	uint64_t failing_id;
	unsigned failures;
	unsigned dead_letters;
	uint64_t delivered;
	uint64_t dropped;
	uint64_t set_aside;
	uint64_t scans;

	/* Threads that wait, and whether one of them is to come back. */
	atomic_int waiting;
	atomic_bool woken;
	/* The other side of a fork: answers FSPS_ERR_FORKED. */
	atomic_bool forked;
	struct fsi_fork_entry fork_entry;
};

/* The pattern is valid. */
int fsi_channel_new(fsps_bus *bus, const char *pattern, fsps_channel **ret_channel);
/* NULL is allowed. */
void fsi_channel_free(fsps_channel *channel);

/* As fsps_channel_fd(). */
int fsi_channel_fd(fsps_channel *channel);

/* As fsps_channel_fetch(). */
int fsi_channel_fetch(fsps_channel *channel, fsps_message **ret_message);

/* As fsps_channel_receive(), but for the deadline: monotonic ms, UINT64_MAX for none. Returns 1,
 * 0 at the deadline, or a failure. */
int fsi_channel_receive(fsps_channel *channel, uint64_t deadline_ms, bool *ret_woken,
			bool *ret_interrupted, fsps_message **ret_message);

void fsi_channel_wake(fsps_channel *channel);

void fsi_channel_stats(fsps_channel *channel, struct fsps_channel_stats *stats);
int64_t fsi_channel_backlog(fsps_channel *channel);

#endif
