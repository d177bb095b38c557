/* SPDX-License-Identifier: MIT */
/*
 * Sweeping a home: removing what processes left that were killed. Whoever publishes or subscribes
 * does a bounded part of it about once a second; this does all of it at once, and tells of each
 * thing what it is and why it counts as dead. Or only tells.
 *
 * What is never touched: durable channels and their messages (fsps_durable_remove() is for them),
 * anything of a process that lives, anything that can't be judged, anything that is not libfsps' or
 * formix-pubsub's.
 *
 * All functions are thread-safe.
 */
#ifndef FSPS_SWEEP_H
#define FSPS_SWEEP_H

#include <stddef.h>
#include <stdint.h>

#include <fsps/bus.h>
#include <fsps/export.h>

FSPS_BEGIN_DECLS

/** What a thing is. Later versions may know more. */
enum fsps_sweep_kind {
	/** A live channel. */
	FSPS_SWEEP_CHANNEL = 1,
	/** A channel that was being built (.n-...). */
	FSPS_SWEEP_UNFINISHED = 2,
	/** A channel that was being removed (.x-...). */
	FSPS_SWEEP_TRASH = 3,
	/** A message on its way into channels (tmp/.i-...). */
	FSPS_SWEEP_INTENT = 4,
	/** The same of formix-pubsub (tmp/ and a number). */
	FSPS_SWEEP_STAGED = 5,
	/** A segment in a publisher's pool (tmp/.s-...). */
	FSPS_SWEEP_SEGMENT = 6,
	/** What formix-pubsub saw of a durable channel. What is in it is moved to that channel. */
	FSPS_SWEEP_INBOX = 7,
	/** A claim in a durable channel: its message is given back, or is a dead letter after its
	 * last attempt. */
	FSPS_SWEEP_CLAIM = 8,
	/** The lock file of a process (.fsps/w-...). */
	FSPS_SWEEP_LOCK = 9
};

/** Why a thing counts as dead; from 101 on why it is left alone. */
enum fsps_sweep_reason {
	/** The lock of the process that it belongs to is free, or gone. */
	FSPS_SWEEP_OWNER_DIED = 1,
	/** No process has the ID in its name, and nobody has its bell open; for 10 s. */
	FSPS_SWEEP_NO_PROCESS = 2,
	/** Nobody has its bell open, nor its lock. */
	FSPS_SWEEP_NOBODY_HOLDS_IT = 3,
	/** Somebody has begun to remove it. */
	FSPS_SWEEP_REMOVAL_BEGUN = 4,
	/** Untouched for an hour, where milliseconds are usual. */
	FSPS_SWEEP_ABANDONED = 5,
	/** Unused for 10 s, by a publisher that lives: its memory is given back. */
	FSPS_SWEEP_IDLE = 6,
	/** Its deadline has passed. */
	FSPS_SWEEP_OVERDUE = 7,

	/** Can't be told: we may not look at it, or at the lock that says who lives. */
	FSPS_SWEEP_CLOSED_TO_US = 101,
	/** Can't be told yet: it looks dead, but is too new. */
	FSPS_SWEEP_TOO_NEW = 102,
	/** Can't be told: no process here has the ID in its name, but somebody has its bell open: a
	 * process of another PID namespace. */
	FSPS_SWEEP_ELSEWHERE = 103,
	/** Can't be told: nobody has its bell open, but there is a process of that ID, which may be
	 * another one by now. */
	FSPS_SWEEP_PROCESS_ID_TAKEN = 104,
	/** It is dead, but another user's, who or root has to remove it. */
	FSPS_SWEEP_NOT_OURS = 105
};

/** What became of a thing. */
enum fsps_sweep_outcome {
	/** It was removed; a claim was given back. */
	FSPS_SWEEP_REMOVED = 1,
	/** A dry run: it would be. */
	FSPS_SWEEP_WOULD_REMOVE = 2,
	/** It is dead, but not, or not wholly, removed: error says why. A lock file stays as the
	 * reminder, without an error, while something is left. */
	FSPS_SWEEP_NOT_REMOVED = 3,
	/** It can't be judged, or is not ours to remove, and was not touched. */
	FSPS_SWEEP_LEFT_ALONE = 4
};

/** One thing that was found. Strings are valid during the call. */
struct fsps_sweep_item {
	/** sizeof(struct fsps_sweep_item). */
	size_t size;
	/** One of enum fsps_sweep_kind, of enum fsps_sweep_reason, of enum fsps_sweep_outcome. */
	int kind;
	int reason;
	int outcome;
	/** Its path in the home. */
	const char *name;
	/** The owner of the file or directory; of a claim that of its channel. */
	uint32_t uid;
	/** The process that it belongs to, by the name, or by what stands in its lock file; 0:
	 * unknown. It may be one of another PID namespace. */
	int64_t pid;
	/** Who that was, as pubsub-ls shows it; "" if unknown. */
	const char *identity;
	/** What its removal gives back: memory or blocks. Of a file that has other names 0. */
	uint64_t bytes;
	/** When it was last changed, us since 1970; of a claim 0. */
	uint64_t changed_us;
	/** With FSPS_SWEEP_NOT_REMOVED one of enum fsps_status, or FSPS_OK; else FSPS_OK. */
	int error;
};

/** Sees one thing, after what became of it; a non-zero answer ends the sweep. */
typedef int (*fsps_sweep_callback)(const struct fsps_sweep_item *item, void *userdata);

/** Zero it, set size, then set what it is to be. */
struct fsps_sweep_options {
	/** sizeof(struct fsps_sweep_options). */
	size_t size;
	/** 1: only look; nothing on disk is changed. */
	int dry_run;
	/** NULL: nobody is told. May use the bus. */
	fsps_sweep_callback callback;
	void *userdata;
};

/** What was removed; in a dry run, what would be. */
struct fsps_sweep_counts {
	/** sizeof(struct fsps_sweep_counts), set by the caller. */
	size_t size;
	/** Of each kind. */
	uint64_t channels;
	uint64_t unfinished;
	uint64_t trash;
	uint64_t intents;
	uint64_t staged;
	uint64_t segments;
	uint64_t inboxes;
	uint64_t claims;
	uint64_t locks;
	/** Things that are dead and were not removed. */
	uint64_t not_removed;
	/** Things that can't be judged, or are not ours to remove. */
	uint64_t left_alone;
	/** What was given back, in bytes. */
	uint64_t bytes;
};

/**
 * Sweeps the home: looks at all that is in it, however much that is, and removes what is dead. A
 * second one at the same time, or a kill, does no harm: the next one removes what is left.
 *
 * options: NULL removes and tells nobody. ret_counts: NULL, or filled in up to its size, also with
 * a failure. Creates nothing; a home that does not exist has nothing to sweep. Takes as long as the
 * file system does.
 *
 * Returns how many things were removed (in a dry run: would be), at most INT_MAX, or
 * FSPS_ERR_UNSAFE_HOME, FSPS_ERR_VERSION, FSPS_ERR_PERMISSION, FSPS_ERR_LIMIT, FSPS_ERR_NO_MEMORY,
 * FSPS_ERR_IO, FSPS_ERR_ARGUMENT. That one thing could not be removed is no failure. Since 0.1.
 */
FSPS_EXPORT int fsps_home_sweep(fsps_bus *bus, const struct fsps_sweep_options *options,
				struct fsps_sweep_counts *ret_counts);

FSPS_END_DECLS

#endif
