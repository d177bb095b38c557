/* SPDX-License-Identifier: MIT */
/*
 * The home for several users: who may publish and subscribe in it, whom it belongs to, and how full
 * it is. A home for one user needs none of this.
 *
 * All functions are thread-safe.
 */
#ifndef FSPS_HOME_H
#define FSPS_HOME_H

#include <stddef.h>
#include <stdint.h>

#include <fsps/bus.h>
#include <fsps/export.h>

FSPS_BEGIN_DECLS

/** The version of the format of homes, and of the channels in them, that this library knows. */
#define FSPS_FORMAT_VERSION 1

/** Who may use a home. */
enum fsps_profile {
	/** Its owner alone: mode 0700. */
	FSPS_PROFILE_PRIVATE = 1,
	/** A group: mode 3770; channels are drop boxes for its members (3730, bell 0620), messages
	 * are readable by the group (0640). */
	FSPS_PROFILE_GROUP = 2,
	/** Everybody: mode 1777, channels 1733, bell 0622, messages 0644. */
	FSPS_PROFILE_PUBLIC = 3
};

/** Zero it, set size, then set what it is to be. */
struct fsps_home_options {
	/** sizeof(struct fsps_home_options). */
	size_t size;
	/** One of enum fsps_profile; 0: FSPS_PROFILE_PRIVATE. */
	int profile;
	/** FSPS_PROFILE_GROUP: the group's ID, which we must be one of unless we are root; 0: our
	 * own effective group. */
	uint32_t gid;
};

/**
 * Makes the home with a profile, or gives one that is there and ours that profile. Channels that
 * are there keep their modes: live ones until they are opened anew, durable ones for good.
 *
 * options: NULL is a private home. Returns 1 if it was made, 0 if it was there,
 * FSPS_ERR_UNSAFE_HOME (it is somebody else's, or no directory), FSPS_ERR_NO_HOME,
 * FSPS_ERR_PERMISSION, FSPS_ERR_VERSION, FSPS_ERR_NO_SPACE, FSPS_ERR_READ_ONLY, FSPS_ERR_LIMIT,
 * FSPS_ERR_NO_MEMORY, FSPS_ERR_GONE, FSPS_ERR_IO, FSPS_ERR_ARGUMENT. Since 0.1.
 */
FSPS_EXPORT int fsps_home_init(fsps_bus *bus, const struct fsps_home_options *options);

/** What a home is. */
struct fsps_home_info {
	/** sizeof(struct fsps_home_info), set by the caller. */
	size_t size;
	/** One of enum fsps_profile, by its mode. */
	int profile;
	uint32_t uid;
	uint32_t gid;
	uint32_t mode;
	/** 1: its file system is in memory (tmpfs or ramfs). */
	int in_memory;
	/** The file system's size and what of it is free for us, in bytes and inodes; inodes are 0
	 * where it does not count them. */
	uint64_t bytes_total;
	uint64_t bytes_free;
	uint64_t inodes_total;
	uint64_t inodes_free;
	/** Publishers refuse new messages (FSPS_ERR_NO_SPACE) while less than that is free. */
	uint64_t bytes_reserved;
	uint64_t inodes_reserved;
	/** Up to which percentage that is, as the bus was opened with. */
	int watermark_percent;
	/** The format version of what lies in it; 0: nothing yet, or we may not look. */
	uint32_t format_version;
	/** The last message ID that was given in it; 0: none, or we may not look. */
	uint64_t last_id;
	/** How many bytes may wait in a new live channel that says nothing else. */
	uint64_t live_limit_bytes;
	/** Owner and mode of the two directories in it that all its users share, ".fsps" and "tmp";
	 * mode 0: there is no such directory yet. */
	uint32_t state_uid;
	uint32_t state_mode;
	uint32_t staging_uid;
	uint32_t staging_mode;
};

/**
 * Looks at the home. Returns 1, 0 if there is none, or FSPS_ERR_UNSAFE_HOME, FSPS_ERR_PERMISSION,
 * FSPS_ERR_LIMIT, FSPS_ERR_NO_MEMORY, FSPS_ERR_IO, FSPS_ERR_ARGUMENT. Since 0.1.
 */
FSPS_EXPORT int fsps_home_look(fsps_bus *bus, struct fsps_home_info *info);

FSPS_END_DECLS

#endif
