/* SPDX-License-Identifier: MIT */
/*
 * A bus: one open home. Publishers and channels are opened on it.
 *
 * Opening a bus touches nothing on disk. All functions may be called from any thread. After
 * fork() the child may use the bus and its publishers, which take an identity of their own; the
 * parent's channels answer FSPS_ERR_FORKED there and the parent's files stay untouched.
 */
#ifndef FSPS_BUS_H
#define FSPS_BUS_H

#include <stddef.h>
#include <stdint.h>

#include <fsps/export.h>
#include <fsps/headers.h>
#include <fsps/message.h>

FSPS_BEGIN_DECLS

/** The home if neither the options nor PUBSUB_HOME in the environment name one. */
#define FSPS_HOME_DEFAULT "/dev/shm/pubsub"

/** A timeout in milliseconds: no limit. */
#define FSPS_FOREVER (-1)

typedef struct fsps_bus fsps_bus;
typedef struct fsps_receipt fsps_receipt;

enum fsps_log_level { FSPS_LOG_WARNING = 1, FSPS_LOG_DEBUG = 2 };

/**
 * Told what the library does and what it noticed. May be called from any thread that uses the
 * bus, with locks held: it must not call libfsps. text: one line, valid during the call.
 */
typedef void (*fsps_log_callback)(enum fsps_log_level level, const char *text, void *userdata);

/** How to open a bus. Zero it, set size to sizeof, then set what differs from the defaults. */
struct fsps_bus_options {
	/** sizeof(struct fsps_bus_options). */
	size_t size;
	/** The home's path; NULL: PUBSUB_HOME, or FSPS_HOME_DEFAULT if that is not set. Copied. */
	const char *home;
	/** The largest message in bytes, encoded, sent or received; 0: 16 MiB. At most 1 GiB. */
	uint64_t message_bytes_max;
	/** Who we are, for pubsub-ls; NULL: the command's name. Copied, cut at 127 bytes. */
	const char *identity;
	/** NULL: nobody is told. */
	fsps_log_callback log;
	void *log_userdata;
	/**
	 * The user ID that the home may belong to besides us and root, whom we trust with all that
	 * we publish and receive; 0: what PUBSUB_HOME_OWNER in the environment says (a number), or
	 * nobody else.
	 */
	uint32_t home_owner;
	/**
	 * How full the home's file system may be, in percent of its blocks and inodes, for us to
	 * publish into it; 1 to 100 (then there is no watermark); 0: what PUBSUB_WATERMARK in the
	 * environment says, or 80. On a file system that is not in memory at most 1 GiB and 65,536
	 * inodes are kept free for it.
	 */
	int watermark_percent;
};

/**
 * Opens a bus. options may be NULL for the defaults.
 *
 * The home need not exist yet. Returns FSPS_OK, FSPS_ERR_ARGUMENT (unknown size, empty home, or
 * PUBSUB_HOME_OWNER or PUBSUB_WATERMARK is no such number), FSPS_ERR_NO_MEMORY. Does not block.
 * Close it with fsps_bus_close(). Since 0.1.
 */
FSPS_EXPORT int fsps_bus_open(const struct fsps_bus_options *options, fsps_bus **ret_bus);

/**
 * Closes a bus once its publishers and channels are closed: the last one of them takes it along,
 * so the order does not matter. NULL is allowed. Since 0.1.
 */
FSPS_EXPORT void fsps_bus_close(fsps_bus *bus);

/** The home's absolute path, valid as long as the bus; "" for NULL. Since 0.1. */
FSPS_EXPORT const char *fsps_bus_home(const fsps_bus *bus);

/**
 * Creates the home if it is missing (mode 0700) and checks that it is safe to use.
 *
 * Opening a channel does this by itself. Returns FSPS_OK, FSPS_ERR_UNSAFE_HOME,
 * FSPS_ERR_PERMISSION, FSPS_ERR_NO_HOME (the directory above it is missing), FSPS_ERR_VERSION,
 * FSPS_ERR_NO_SPACE, FSPS_ERR_READ_ONLY, FSPS_ERR_LIMIT, FSPS_ERR_NO_MEMORY, FSPS_ERR_GONE,
 * FSPS_ERR_IO, FSPS_ERR_ARGUMENT. Since 0.1.
 */
FSPS_EXPORT int fsps_bus_create_home(fsps_bus *bus);

/* ---- hooks: where a message is published and where it is delivered ---- */

enum fsps_publish_stage {
	/** Before the message gets its ID. Headers may be added; a negative answer refuses it. */
	FSPS_PUBLISH_BEFORE = 1,
	/** After the last channel. receipt is complete; the answer is ignored. */
	FSPS_PUBLISH_AFTER = 2
};

/** What a publish hook sees. Valid during the call. */
struct fsps_publish_event {
	size_t size;
	enum fsps_publish_stage stage;
	const char *topic;
	/** Never NULL in BEFORE: a copy of the publisher's, to change. NULL in AFTER. */
	fsps_headers *headers;
	const void *payload;
	size_t payload_len;
	/** NULL in BEFORE. */
	const fsps_receipt *receipt;
	/** In AFTER: what fsps_publish() is about to return. */
	int result;
};

/**
 * Called in the publishing thread at both stages of each publish. 0 goes on; in BEFORE a
 * negative value ends the publish with FSPS_ERR_HOOK. May publish through another publisher, not
 * through the same one.
 */
typedef int (*fsps_publish_hook)(const struct fsps_publish_event *event, void *userdata);

/**
 * Called in the receiving thread for each message right before it is handed out. channel_name is
 * the channel's directory. 0 hands it out; anything else drops it, counted as dropped. The channel
 * is locked meanwhile: a hook must not use it.
 */
typedef int (*fsps_deliver_hook)(const fsps_message *message, const char *channel_name,
				 void *userdata);

/**
 * Adds a publish hook; hooks run in the order of their adding, at most 8 of each kind.
 *
 * Returns FSPS_OK, FSPS_ERR_ARGUMENT, FSPS_ERR_LIMIT, FSPS_ERR_NO_MEMORY. A publish that is under
 * way in another thread may not see it yet. Since 0.1.
 */
FSPS_EXPORT int fsps_bus_add_publish_hook(fsps_bus *bus, fsps_publish_hook hook, void *userdata);

/** Adds a delivery hook; as fsps_bus_add_publish_hook(). Since 0.1. */
FSPS_EXPORT int fsps_bus_add_deliver_hook(fsps_bus *bus, fsps_deliver_hook hook, void *userdata);

/**
 * Removes the hook of that function and userdata: 1 if it was there, 0 if not, FSPS_ERR_ARGUMENT,
 * FSPS_ERR_NO_MEMORY. A publish that is under way in another thread may still run it. Since 0.1.
 */
FSPS_EXPORT int fsps_bus_remove_publish_hook(fsps_bus *bus, fsps_publish_hook hook, void *userdata);

/** Removes a delivery hook; as fsps_bus_remove_publish_hook(). Since 0.1. */
FSPS_EXPORT int fsps_bus_remove_deliver_hook(fsps_bus *bus, fsps_deliver_hook hook, void *userdata);

/* ---- who is there ---- */

enum fsps_alive {
	FSPS_ALIVE_NO = 0,
	FSPS_ALIVE_YES = 1,
	/** We may not look (another user's lock file). */
	FSPS_ALIVE_UNKNOWN = 2
};

enum fsps_channel_kind {
	/** Of one process, and gone with it. */
	FSPS_KIND_LIVE = 1,
	/** Exists until it is removed. */
	FSPS_KIND_DURABLE = 2,
	/** What formix-pubsub sees of a durable channel that is being read. */
	FSPS_KIND_INBOX = 3
};

/** One channel of the home, as fsps_bus_list() shows it. Strings are valid during the call. */
struct fsps_channel_info {
	size_t size;
	/** The directory's name in the home. */
	const char *name;
	const char *pattern;
	/** The owner's process ID as it stands in the name; of a durable channel a reader's, or 0.
	 */
	int64_t pid;
	/** The directory's owner. */
	uint32_t uid;
	/** The owner's identity text; "" if unknown. */
	const char *identity;
	enum fsps_alive alive;
	/** 1: a channel without a control block, as formix-pubsub makes them, or one of another
	 * user, whose block we may not read; counters are 0. */
	int plain;
	/** Messages that wait in it now. */
	uint64_t backlog;
	/** When the oldest waiting one was written, us since 1970; 0 if none waits. */
	uint64_t oldest_us;
	/** Messages set aside as unreadable that are still there. */
	uint64_t dead_letters;
	/** Counters since the channel was created. */
	uint64_t published;
	uint64_t delivered;
	uint64_t dropped;
	uint64_t set_aside;
	/** When it was created, us since 1970; 0 if unknown. */
	uint64_t created_us;
	/** One of enum fsps_channel_kind. */
	int kind;
	/** Of a durable channel its name, of an inbox that of its durable channel; else "". */
	const char *durable;
	/** Processes that read from it: 1 for a live one; of a durable one those that live. */
	uint32_t readers;
	/** 1: the readers of a durable channel are a group. */
	int shared;
	/** Messages that are claimed, and that wait to come again; neither is in backlog. */
	uint64_t claimed;
	uint64_t delayed;
	/** Counters since it was created. */
	uint64_t acknowledged;
	uint64_t redelivered;
	/** The channel's limits, as in struct fsps_limits; 0: none. */
	uint64_t limit_bytes;
	uint64_t limit_messages;
	int64_t ttl_ms;
	int when_full;
	int64_t block_ms;
	/** What counts for limit_bytes now. */
	uint64_t held_bytes;
	/** Counters since it was created: messages that were refused because it was full; that were
	 * dropped, the new ones or the oldest; whose time to live had passed; of other users beyond
	 * their share. */
	uint64_t refused;
	uint64_t dropped_new;
	uint64_t dropped_oldest;
	uint64_t expired;
	uint64_t evicted;
	/** The directory's group and mode: who may publish to it. */
	uint32_t gid;
	uint32_t mode;
	/** The format version of its control block; 0: it has none, or we may not look. One that
	 * this library does not know is the reason why the channel is plain. */
	uint32_t format_version;
	/** How many processes have a file with many messages in it that is not read to its end: who
	 * streams to it now, 64 at most. Publishers whose messages have files of their own leave no
	 * trace. */
	uint32_t publishers;
	/** The member ID of one of these, as fsps_bus_list_processes() has it; "" if there is none.
	 */
	const char *publisher;
};

/** Sees one channel; a non-zero answer ends the listing. */
typedef int (*fsps_list_callback)(const struct fsps_channel_info *info, void *userdata);

/**
 * Shows every channel of the home, sorted by name, without disturbing anyone.
 *
 * A home that does not exist has no channels. Returns how many were shown, FSPS_ERR_PERMISSION,
 * FSPS_ERR_UNSAFE_HOME, FSPS_ERR_LIMIT, FSPS_ERR_NO_MEMORY, FSPS_ERR_IO, FSPS_ERR_ARGUMENT. Since
 * 0.1.
 */
FSPS_EXPORT int fsps_bus_list(fsps_bus *bus, fsps_list_callback callback, void *userdata);

/**
 * One process that uses the home, as fsps_bus_list_processes() shows it: a bus that has channels or
 * has published. Strings are valid during the call.
 */
struct fsps_process_info {
	size_t size;
	/** Its member ID in the home, 12 characters; a process with several buses has several. */
	const char *member;
	/** As the kernel knows it. */
	uint32_t uid;
	/** As it says itself, in its own pid namespace; 0: unknown. */
	int64_t pid;
	/** What it calls itself (fsps_bus_options); "" if unknown. */
	const char *identity;
	enum fsps_alive alive;
};

/** Sees one process; a non-zero answer ends the listing. */
typedef int (*fsps_process_callback)(const struct fsps_process_info *info, void *userdata);

/**
 * Shows every process that uses the home, in no order, without disturbing anyone. One that was
 * killed is shown, with FSPS_ALIVE_NO, until somebody has cleared up after it.
 *
 * A home that does not exist has none. Returns how many were shown, FSPS_ERR_PERMISSION (the home,
 * or who uses it, is not for us to see), FSPS_ERR_UNSAFE_HOME, FSPS_ERR_LIMIT, FSPS_ERR_NO_MEMORY,
 * FSPS_ERR_IO, FSPS_ERR_ARGUMENT. Since 0.1.
 */
FSPS_EXPORT int fsps_bus_list_processes(fsps_bus *bus, fsps_process_callback callback,
					void *userdata);

FSPS_END_DECLS

#endif
