/* SPDX-License-Identifier: MIT */
/*
 * A channel: a subscription to a pattern, and the messages that wait for it.
 *
 * A live channel exists as long as its handle and is removed, with what waits in it, when the
 * handle is closed or its process dies. A durable channel has a name and exists until it is removed
 * (see <fsps/durable.h>); a handle attaches to it. Either delivers at most once, where a message
 * leaves the channel right before it is handed out, or at least once, where it stays, claimed,
 * until it is settled (see <fsps/delivery.h>). Messages of one publisher come in their order, but
 * for those that come again, and to the workers of a group, who share them; nor is there an order
 * between what was published while a group read and what was before.
 */
#ifndef FSPS_CHANNEL_H
#define FSPS_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#include <fsps/bus.h>
#include <fsps/export.h>
#include <fsps/limits.h>
#include <fsps/message.h>

FSPS_BEGIN_DECLS

typedef struct fsps_channel fsps_channel;

/** Which messages may be lost, and which may come twice. */
enum fsps_delivery {
	/** At most once for a live channel, at least once for a durable one. */
	FSPS_DELIVERY_DEFAULT = 0,
	/** Handed out once or, if the reader dies at that moment, not at all. */
	FSPS_AT_MOST_ONCE = 1,
	/** Handed out again until it is settled. */
	FSPS_AT_LEAST_ONCE = 2
};

/** How to open a channel. Zero it, set size, then set what differs from the defaults. */
struct fsps_channel_options {
	/** sizeof(struct fsps_channel_options). */
	size_t size;
	/**
	 * How long a reader that finds nothing looks on before it goes to sleep, in microseconds:
	 * 0 (default) not at all, 1,000,000 at most. It takes a processor for that time and spares
	 * publisher and reader a wake-up.
	 */
	uint64_t spin_us;
	/** As bytes in struct fsps_limits, in which the terms of all limits are explained. */
	uint64_t limit_bytes;
	/**
	 * The name of a durable channel, 1 to 63 of A-Z a-z 0-9 and '-'; NULL: a live one. It is
	 * created if it is missing. Copied.
	 */
	const char *durable;
	/**
	 * 0: we are the durable channel's only reader, and get all in order. 1: one of a group of
	 * workers, in any number of processes, who share its messages.
	 */
	int shared;
	/** One of enum fsps_delivery. A group delivers at least once in any case. */
	int delivery;
	/**
	 * At least once: after how many milliseconds without being settled a message comes again:
	 * 0: 30,000; at most FSPS_DELAY_MS_MAX.
	 */
	int64_t deadline_ms;
	/**
	 * At least once: how often a message is handed out before it becomes a dead letter; 0: 5;
	 * at most 1,000,000. The readers of one channel should agree.
	 */
	uint32_t attempts_max;
	/** At least once: how many messages may be unsettled at a time; 0: 1,000; at most 65,535.
	 */
	uint32_t unsettled_max;
	/**
	 * Limits, as in struct fsps_limits. A durable channel that is there keeps what it has where
	 * these are 0, and takes the others.
	 */
	uint64_t limit_messages;
	int64_t ttl_ms;
	int when_full;
	int64_t block_ms;
	/**
	 * In a home that several users share: who may publish to the channel. 0: whom the home lets
	 * (see fsps_home_init()); FSPS_PUBLISHERS_OURS: our user alone; else a group's ID, whose
	 * members may, and which we must be one of. What is there of a durable channel stays.
	 */
	int64_t publishers;
};

/** What deadline_ms and attempts_max in struct fsps_channel_options are if they are 0. */
#define FSPS_DEADLINE_MS_DEFAULT 30000
#define FSPS_ATTEMPTS_DEFAULT    5

/** For publishers in struct fsps_channel_options. */
#define FSPS_PUBLISHERS_OURS (-1)

/** What a channel's reader counted since it was opened. */
struct fsps_channel_stats {
	/** sizeof(struct fsps_channel_stats), set by the caller. */
	size_t size;
	/** Messages handed out. */
	uint64_t delivered;
	/** Messages that a delivery hook dropped. */
	uint64_t dropped;
	/** Files that were no message, or not one for here, and were set aside. */
	uint64_t set_aside;
	/** Times that the directory was read because a bell may have been lost. */
	uint64_t scans;
	/** Messages that came in segments, many to a file; the others had files of their own. */
	uint64_t from_segments;
	/** Messages that were acknowledged. */
	uint64_t acknowledged;
	/** Messages handed out that somebody had got before. */
	uint64_t redelivered;
	/** Messages that were settled too late. */
	uint64_t late;
	/** Messages that failed too often or were rejected. */
	uint64_t dead;
	/** Messages that are unsettled now. */
	uint64_t unsettled;
	/** Messages whose time to live had passed. */
	uint64_t expired;
	/** Messages that the channel dropped, being full, as fsps_message_missed() told. */
	uint64_t missed;
	/** Messages that were removed because another user had more waiting here than his share. */
	uint64_t evicted;
};

/**
 * Subscribes: creates a channel for a pattern, or attaches to a durable one. When this returns,
 * every publish that starts afterwards reaches the channel.
 *
 * Creates the home if it is missing. options may be NULL. Returns FSPS_OK, FSPS_ERR_PATTERN,
 * FSPS_ERR_UNSAFE_HOME, FSPS_ERR_PERMISSION, FSPS_ERR_VERSION, FSPS_ERR_NO_SPACE,
 * FSPS_ERR_READ_ONLY, FSPS_ERR_LIMIT (file descriptors: four a channel, eight a durable one, and
 * one for each segment in use), FSPS_ERR_BUSY (the durable channel has a reader already, or a group
 * has), FSPS_ERR_CORRUPT (what bears the durable channel's name is none), FSPS_ERR_NO_MEMORY,
 * FSPS_ERR_NO_HOME (the directory above the home is missing), FSPS_ERR_GONE (the home was removed
 * meanwhile), FSPS_ERR_IO, FSPS_ERR_ARGUMENT. Since 0.1.
 */
FSPS_EXPORT int fsps_channel_open(fsps_bus *bus, const char *pattern,
				  const struct fsps_channel_options *options,
				  fsps_channel **ret_channel);

/**
 * Unsubscribes: removes a live channel with what waits in it, leaves a durable one as it is, and
 * frees the handle. Unsettled messages of a durable channel are for the next reader at once,
 * without the attempt being counted. NULL is allowed. No other thread may be using it. In a forked
 * child only the memory is freed. Since 0.1.
 */
FSPS_EXPORT void fsps_channel_close(fsps_channel *channel);

/** The channel's directory in the home, valid as long as the handle; "" for NULL. Since 0.1. */
FSPS_EXPORT const char *fsps_channel_name(const fsps_channel *channel);

/** The channel's pattern, valid as long as the handle; "" for NULL. Since 0.1. */
FSPS_EXPORT const char *fsps_channel_pattern(const fsps_channel *channel);

/**
 * A file descriptor for poll(2), epoll(7) and event loops: readable (level-triggered) while a
 * fetch is worth while. It may be readable without a message, about once a second. Belongs to the
 * channel: don't read, write or close it. Since 0.1.
 */
FSPS_EXPORT int fsps_channel_fd(fsps_channel *channel);

/**
 * Takes the next message if there is one; never waits.
 *
 * ret_message: set if 1 is returned; give it back with fsps_message_unref(). Returns 1, or 0 if
 * nothing waits, FSPS_ERR_BUSY (unsettled_max messages are unsettled: settle some first),
 * FSPS_ERR_GONE (somebody removed the channel), FSPS_ERR_FORKED,
 * FSPS_ERR_READ_ONLY, FSPS_ERR_LIMIT, FSPS_ERR_NO_MEMORY (the message stays), FSPS_ERR_IO,
 * FSPS_ERR_ARGUMENT. Files that are no message are set aside and never end it. Thread-safe.
 * Since 0.1.
 */
FSPS_EXPORT int fsps_channel_fetch(fsps_channel *channel, fsps_message **ret_message);

/**
 * Takes the next message, waiting for one up to timeout_ms milliseconds (0: not at all,
 * FSPS_FOREVER: without limit). Returns 1, 0 on timeout or when woken by fsps_channel_wake() or
 * a signal, or a code as fsps_channel_fetch(). Thread-safe. Since 0.1.
 */
FSPS_EXPORT int fsps_channel_receive(fsps_channel *channel, int64_t timeout_ms,
				     fsps_message **ret_message);

/** What a callback answers. Other values are reserved: the message is given back, the loop ends. */
enum fsps_answer {
	/** Go on. The message is done: it is acknowledged where that has a meaning. */
	FSPS_CONTINUE = 0,
	/** The same, and end the loop. */
	FSPS_STOP = 1,
	/** At least once: it failed, and is to come again (fsps_message_nack(), FSPS_BACKOFF). */
	FSPS_RETRY = 2,
	/** At least once: it is a dead letter (fsps_message_reject()). */
	FSPS_REJECT = 3,
	/** At least once: somebody settles it later; keep it with fsps_message_ref(). */
	FSPS_LATER = 4
};

/**
 * Handles a message, valid during the call (ref it to keep it). Answers one of enum fsps_answer;
 * the last three are as FSPS_CONTINUE where delivery is at most once.
 */
typedef int (*fsps_message_callback)(fsps_message *message, void *userdata);

/**
 * Calls callback for each message until timeout_ms milliseconds have passed (FSPS_FOREVER:
 * never), the callback answers non-zero, or fsps_channel_wake() is called.
 *
 * timeout_ms counts from the call, also while messages come; 0 handles what waits now and
 * returns. The callback runs without locks and may use the channel, not close it. Signal
 * handlers are not touched; a signal does not end the loop, a handler may call
 * fsps_channel_wake(). A message whose deadline passed in the callback comes again, and is no
 * failure. Returns how many messages were handled, or a code as fsps_channel_fetch() or
 * fsps_message_ack(). Since 0.1.
 */
FSPS_EXPORT int64_t fsps_subscribe(fsps_channel *channel, fsps_message_callback callback,
				   void *userdata, int64_t timeout_ms);

/**
 * Ends one fsps_subscribe() or fsps_channel_receive() on this channel, the one that waits now or
 * the next. From any thread and from signal handlers. Since 0.1.
 */
FSPS_EXPORT void fsps_channel_wake(fsps_channel *channel);

/**
 * Fills stats up to the size that the caller has set, and sets size to what was filled. Returns
 * FSPS_OK or FSPS_ERR_ARGUMENT (no such size). Since 0.1.
 */
FSPS_EXPORT int fsps_channel_get_stats(fsps_channel *channel, struct fsps_channel_stats *stats);

/**
 * How many messages wait in the channel now, by reading its directory and the segments in it.
 * Returns that number or a code as fsps_channel_fetch(). Since 0.1.
 */
FSPS_EXPORT int64_t fsps_channel_backlog(fsps_channel *channel);

FSPS_END_DECLS

#endif
