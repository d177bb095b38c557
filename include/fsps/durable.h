/* SPDX-License-Identifier: MIT */
/*
 * Durable channels: they exist without a process, collect while nobody listens, and are found again
 * by their name.
 *
 * A durable channel is the directory <pattern>_<name> in the home; that is its channel name, by
 * which the functions here know it. To read from it, open it with fsps_channel_open() and its name
 * in the options. On a home in memory it lasts as long as the machine runs, on a disk longer.
 *
 * All functions are thread-safe.
 */
#ifndef FSPS_DURABLE_H
#define FSPS_DURABLE_H

#include <stddef.h>
#include <stdint.h>

#include <fsps/bus.h>
#include <fsps/export.h>
#include <fsps/message.h>

FSPS_BEGIN_DECLS

/** The longest name, in bytes; its bytes are A-Z a-z 0-9 and '-'. */
#define FSPS_DURABLE_NAME_MAX 63

/**
 * Creates a durable channel without reading from it. Publishes that begin after this has returned
 * reach it. On a disk it is written through (fsync) before the return.
 *
 * Creates the home if it is missing. Returns 1 if it was created, 0 if it was there,
 * FSPS_ERR_ARGUMENT (NULL, or not a name), FSPS_ERR_PATTERN, and as fsps_channel_open(). Since 0.1.
 */
FSPS_EXPORT int fsps_durable_create(fsps_bus *bus, const char *pattern, const char *name);

/** For fsps_durable_remove(): also while somebody reads from it, who then gets FSPS_ERR_GONE. */
#define FSPS_DURABLE_FORCE 1

/**
 * Removes a durable channel with all that is in it, dead letters included.
 *
 * flags: 0 or FSPS_DURABLE_FORCE. Returns FSPS_OK, FSPS_ERR_NOT_FOUND (no such durable channel),
 * FSPS_ERR_BUSY (somebody reads from it), FSPS_ERR_PERMISSION, FSPS_ERR_ARGUMENT, FSPS_ERR_IO.
 * Since 0.1.
 */
FSPS_EXPORT int fsps_durable_remove(fsps_bus *bus, const char *channel_name, int flags);

/**
 * Removes what waits in a channel, durable or live, and what waits to come again; not what is
 * claimed, nor dead letters. Messages that are published meanwhile may stay. Somebody may read
 * from it meanwhile.
 *
 * Returns how many messages were removed, FSPS_ERR_NOT_FOUND, FSPS_ERR_BUSY (a reader of segments
 * is attached, who alone may let go of them; what lay in files was removed), FSPS_ERR_PERMISSION,
 * FSPS_ERR_ARGUMENT, FSPS_ERR_LIMIT, FSPS_ERR_NO_MEMORY, FSPS_ERR_IO. Since 0.1.
 */
FSPS_EXPORT int64_t fsps_channel_purge(fsps_bus *bus, const char *channel_name);

enum fsps_waiting_state {
	/** For whoever fetches next. */
	FSPS_WAITING = 1,
	/** Somebody has it and has not settled it. */
	FSPS_CLAIMED = 2,
	/** It failed and comes again at due_us. */
	FSPS_DELAYED = 3
};

/** A message in a channel, as fsps_channel_peek() shows it. Valid during the call. */
struct fsps_waiting {
	size_t size;
	enum fsps_waiting_state state;
	/** How often it was handed out so far. */
	uint32_t attempts;
	/** Of a claimed one its deadline, of a delayed one when it comes again: us since 1970; else
	 * 0. */
	uint64_t due_us;
	/** Its file's name in the channel; of one in a segment the segment's. */
	const char *file_name;
	/** NULL if what lies there is no message. */
	const fsps_message *message;
};

/** Sees one message; a non-zero answer ends the looking. */
typedef int (*fsps_peek_callback)(const struct fsps_waiting *waiting, void *userdata);

/**
 * Shows what is in a channel, durable or live, without taking anything or disturbing anyone: first
 * messages in files by their ID, then those in segments in their order; not dead letters.
 *
 * Returns how many were shown, FSPS_ERR_NOT_FOUND, FSPS_ERR_PERMISSION, FSPS_ERR_ARGUMENT,
 * FSPS_ERR_LIMIT, FSPS_ERR_NO_MEMORY, FSPS_ERR_IO. Since 0.1.
 */
FSPS_EXPORT int64_t fsps_channel_peek(fsps_bus *bus, const char *channel_name,
				      fsps_peek_callback callback, void *userdata);

FSPS_END_DECLS

#endif
