/* SPDX-License-Identifier: MIT */
/*
 * Dead letters: messages that were set aside because they failed too often, were rejected, or are
 * no messages at all. They stay in their channel, and stop nobody, until somebody replays or
 * discards them; a live channel's go with it.
 *
 * All functions are thread-safe.
 */
#ifndef FSPS_DEAD_H
#define FSPS_DEAD_H

#include <stddef.h>
#include <stdint.h>

#include <fsps/bus.h>
#include <fsps/export.h>
#include <fsps/message.h>

FSPS_BEGIN_DECLS

/** A dead letter, as fsps_dead_list() shows it. Valid during the call. */
struct fsps_dead_letter {
	size_t size;
	/** The channel's directory, and the file in it: together they name the dead letter. */
	const char *channel_name;
	const char *file_name;
	/**
	 * Why: "failed" (nack), "rejected", "expired" (its deadline passed), "died" (who had it
	 * died), each at the last attempt; or what was wrong with the file: "type", "size",
	 * "corrupt", "version", "topic", "headers", "id", "forbidden", "unreadable", "segment".
	 */
	const char *reason;
	/** How often it was handed out. */
	uint32_t attempts;
	/** As in the file's name; of a segment its key. */
	uint64_t id;
	/** The file's size. */
	uint64_t bytes;
	/** When it was set aside, us since 1970. */
	uint64_t time_us;
	/** What was told when it was set aside; "" if nothing, or there was no space for it. */
	const char *error;
	/** NULL if the file is no message, or may not be read. */
	const fsps_message *message;
};

/** Sees one dead letter; a non-zero answer ends the listing. */
typedef int (*fsps_dead_callback)(const struct fsps_dead_letter *letter, void *userdata);

/**
 * Shows the dead letters of a channel by their ID, or those of all channels (channel_name NULL).
 *
 * Channels that we may not look into are passed over if channel_name is NULL. Returns how many were
 * shown, FSPS_ERR_NOT_FOUND (no such channel), FSPS_ERR_PERMISSION, FSPS_ERR_ARGUMENT,
 * FSPS_ERR_UNSAFE_HOME, FSPS_ERR_LIMIT, FSPS_ERR_NO_MEMORY, FSPS_ERR_IO. Since 0.1.
 */
FSPS_EXPORT int64_t fsps_dead_list(fsps_bus *bus, const char *channel_name,
				   fsps_dead_callback callback, void *userdata);

/**
 * Puts a dead letter back into its channel, with its ID, its headers and no attempts counted, and
 * wakes the reader. Needs no space.
 *
 * Returns FSPS_OK, FSPS_ERR_NOT_FOUND (no such channel or dead letter; somebody else was faster),
 * FSPS_ERR_CORRUPT (a segment, which can't be replayed), FSPS_ERR_PERMISSION, FSPS_ERR_ARGUMENT,
 * FSPS_ERR_IO. Since 0.1.
 */
FSPS_EXPORT int fsps_dead_replay(fsps_bus *bus, const char *channel_name, const char *file_name);

/** Removes a dead letter for good. Returns as fsps_dead_replay(), never CORRUPT. Since 0.1. */
FSPS_EXPORT int fsps_dead_discard(fsps_bus *bus, const char *channel_name, const char *file_name);

FSPS_END_DECLS

#endif
