/* SPDX-License-Identifier: MIT */
/*
 * Limits of a channel: how much may wait in it, for how long, and what becomes of a message that
 * finds it full.
 *
 * They stand in the channel and hold for every publisher of our user. Publishers of other users,
 * who can't read them, are held to a share by the channel's reader; those of formix-pubsub know no
 * limits. All functions are thread-safe.
 */
#ifndef FSPS_LIMITS_H
#define FSPS_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#include <fsps/bus.h>
#include <fsps/export.h>

FSPS_BEGIN_DECLS

/** What becomes of a message that finds the channel full. */
enum fsps_when_full {
	/** As FSPS_FULL_REFUSE in a new channel; what there is stays in one that is there. */
	FSPS_FULL_DEFAULT = 0,
	/** The publisher is told (FSPS_ERR_FULL in its receipt), or waits if it chose to. */
	FSPS_FULL_REFUSE = 1,
	/** The publisher waits, up to block_ms, also if it did not choose to; then it is told. */
	FSPS_FULL_BLOCK = 2,
	/** The new message is dropped, which its receipt says and the channel counts. */
	FSPS_FULL_DROP_NEW = 3,
	/** The oldest ones are dropped, which the channel counts and its reader is told
	 * (fsps_message_missed()). What somebody has claimed is not dropped, nor what another
	 * publisher is just about to link or writes to: where there is nothing else the limit is
	 * exceeded by a message, or a segment, for each publisher. */
	FSPS_FULL_DROP_OLDEST = 4
};

/** Zero it, set size, then set what differs from the defaults. */
struct fsps_limits {
	/** sizeof(struct fsps_limits). */
	size_t size;
	/**
	 * How many bytes may wait. A message in a file of its own counts as the pages (of 4,096
	 * bytes) that it takes, and a segment of many messages whole, until all in it was read; so
	 * the limit is kept to within a segment, which is at most a quarter of it. A channel in
	 * which nothing waits takes a message of any size.
	 *
	 * In a new channel 0 is 64 MiB or a quarter of the home's file system, whichever is less,
	 * for a live one, and no limit for a durable one. UINT64_MAX: no limit.
	 */
	uint64_t bytes;
	/**
	 * How many messages may wait; 0: no limit. Publishers that send many at a time set some of
	 * that number apart for themselves, 64 at most, so the channel may be full to one of them
	 * when up to a quarter of it is free.
	 */
	uint64_t messages;
	/**
	 * After how many milliseconds a message that nobody has taken is dropped, from its
	 * timestamp on: 0: never; at most FSPS_TTL_MS_MAX. A message may itself say less
	 * (FSPS_HEADER_TTL_MS). Clocks that are set move that.
	 */
	int64_t ttl_ms;
	/** One of enum fsps_when_full. */
	int when_full;
	/** For FSPS_FULL_BLOCK: 0: 1,000; at most FSPS_BLOCK_MS_MAX. */
	int64_t block_ms;
};

/** A hundred years. */
#define FSPS_TTL_MS_MAX 3155760000000

/** An hour. */
#define FSPS_BLOCK_MS_MAX 3600000

/**
 * Reads the limits of a channel of our user. limits: size is set by the caller; filled in up to it.
 *
 * Returns FSPS_OK, FSPS_ERR_NOT_FOUND (no such channel), FSPS_ERR_PERMISSION (it is another user's,
 * or formix-pubsub's, which has none), FSPS_ERR_ARGUMENT, FSPS_ERR_LIMIT, FSPS_ERR_NO_MEMORY,
 * FSPS_ERR_IO. Since 0.1.
 */
FSPS_EXPORT int fsps_channel_get_limits(fsps_bus *bus, const char *channel_name,
					struct fsps_limits *limits);

/**
 * Sets the limits of a channel of our user, all of them. They hold from the next message of each
 * publisher on; what waits already stays. when_full must not be FSPS_FULL_DEFAULT. bytes: 0 and
 * UINT64_MAX are no limit here.
 *
 * Returns as fsps_channel_get_limits(). Since 0.1.
 */
FSPS_EXPORT int fsps_channel_set_limits(fsps_bus *bus, const char *channel_name,
					const struct fsps_limits *limits);

FSPS_END_DECLS

#endif
