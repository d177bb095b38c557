/* SPDX-License-Identifier: MIT */
/*
 * A channel's control block: the file ".c", one page, mapped by the owner and by publishers of the
 * same user. The first part says what the channel is, and changes only where a member is atomic:
 * its limits, and what its readers take. The rest are words that both sides count and signal with.
 * A wrong word never loses a message: at worst the next scan, a second later, finds it.
 *
 * The layout is host byte order: it never leaves the machine. Offsets are part of the format.
 */
#ifndef FSPS_STORE_CONTROL_H
#define FSPS_STORE_CONTROL_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <fsps/home.h>

#include "store/names.h"

enum {
	FSI_CONTROL_BYTES = 4096,
	FSI_CONTROL_MAGIC = 0x46535043, /* "FSPC" */
	FSI_CONTROL_VERSION = FSPS_FORMAT_VERSION,
	FSI_IDENTITY_BYTES = 128,
};

/* Its first byte is locked (fcntl, of an open file description) by the reader that keeps the inbox;
 * the whole file (flock) by the worker of a group that writes segments out. Neither hinders the
 * other. */
enum { FSI_CONTROL_LOCK_INBOX = 0 };

/* What kind of channel it is. */
enum { FSI_CONTROL_LIVE = 1, FSI_CONTROL_DURABLE = 2 };

/* What else the readers understand besides plain messages: bits. Whoever does not know a bit passes
 * it over. Of a durable channel they change with its readers: a group shares files. */
enum { FSI_CONTROL_READS_SEGMENTS = 1 };

/* In the word that says whether the reader sleeps. */
#define FSI_CONTROL_NAPS UINT32_C(0x80000000)

/* Where the reader is in a segment, for those who look on. */
struct fsi_control_place {
	/* 0: unused. */
	_Atomic uint64_t key;
	_Atomic uint64_t offset;
};

enum { FSI_CONTROL_PLACES = 64 };

/* In the offset of a place, which is a multiple of 8: what lies before it was written out as files,
 * for a group. */
#define FSI_CONTROL_WRITTEN_OUT UINT64_C(1)

/* Who reads from a durable channel, for those who look on. */
struct fsi_control_reader {
	char member[FSI_MEMBER_LEN];
	/* 0: unused. */
	_Atomic uint32_t pid;
};

enum { FSI_CONTROL_READERS = 32 };

struct fsi_control {
	/* What the channel is. */
	uint32_t magic;
	uint32_t version;
	uint32_t kind;
	uint32_t owner_uid;
	uint32_t owner_pid;
	_Atomic uint32_t features;
	uint64_t created_us;
	char member[16];
	char identity[FSI_IDENTITY_BYTES];
	/* The limits (fsps/limits.h): how many bytes may wait, UINT64_MAX: any number. */
	_Atomic uint64_t limit_bytes;
	/* Where the sleep number is. Not at the same place of each page: a publisher looks at those
	 * of all its channels in turn, and all would share one set of the processor's cache. */
	uint32_t waiting_offset;
	/* One of enum fsps_when_full; 0 is FSPS_FULL_REFUSE. */
	_Atomic uint32_t when_full;
	/* How many messages may wait, 0: any number. */
	_Atomic uint64_t limit_messages;
	/* How long a message may wait, 0: for ever. */
	_Atomic uint64_t ttl_ms;
	/* How long publishers wait for room with FSPS_FULL_BLOCK. */
	_Atomic uint32_t block_ms;
	unsigned char reserved_limits[44];

	/* Written by publishers, read by the reader: a bell may have been lost (R3). */
	_Atomic uint32_t dirty;
	/* How often messages were taken off held_messages that were counted and not there: what a
	 * publisher has set apart for long is not its own any more. */
	_Atomic uint32_t corrections;
	unsigned char reserved_wake[56];

	/* Counted by publishers. */
	_Atomic uint64_t published;
	_Atomic uint64_t published_bytes;
	/* What waits, for the limits; limit/count.h has the rules. */
	_Atomic int64_t held_bytes;
	_Atomic int64_t held_messages;
	/* Messages that found it full: refused, dropped, and those dropped for them. */
	_Atomic uint64_t refused;
	_Atomic uint64_t dropped_new;
	_Atomic uint64_t dropped_oldest;
	/* How often publishers took a segment away before its reader had read it: then it looks
	 * which of those that it knows are still linked. */
	_Atomic uint32_t drops;
	/* Coarse ms, as far as that fits, at which a publisher last removed what had expired. */
	_Atomic uint32_t expired_ms;

	/* Counted by the reader. */
	_Atomic uint64_t delivered;
	_Atomic uint64_t dropped;
	_Atomic uint64_t set_aside;
	/* Messages that came in segments. published has only the others. */
	_Atomic uint64_t frames;
	_Atomic uint64_t acknowledged;
	_Atomic uint64_t redelivered;
	/* The longest deadline and delay that was ever used here: one that is further away was made
	 * before somebody set the clock back. */
	_Atomic uint64_t deadline_ms_most;
	_Atomic uint64_t delay_ms_most;
	/* How often a message is handed out before it is a dead letter, as the last reader said. */
	_Atomic uint32_t attempts_max;
	unsigned char reserved_attempts[4];
	/* Messages whose time to live had passed; also counted by publishers. */
	_Atomic uint64_t expired;
	/* Messages of other users beyond their share. */
	_Atomic uint64_t evicted;
	/* What of dropped_oldest a reader was told. */
	_Atomic uint64_t missed;
	unsigned char reserved_delivered[32];

	struct fsi_control_place places[FSI_CONTROL_PLACES];
	struct fsi_control_reader readers[FSI_CONTROL_READERS];
};

_Static_assert(offsetof(struct fsi_control, limit_bytes) == 176, "part of the format");
_Static_assert(offsetof(struct fsi_control, limit_messages) == 192, "part of the format");
_Static_assert(offsetof(struct fsi_control, dirty) == 256, "part of the format");
_Static_assert(offsetof(struct fsi_control, corrections) == 260, "part of the format");
_Static_assert(offsetof(struct fsi_control, published) == 320, "part of the format");
_Static_assert(offsetof(struct fsi_control, held_messages) == 344, "part of the format");
_Static_assert(offsetof(struct fsi_control, delivered) == 384, "part of the format");
_Static_assert(offsetof(struct fsi_control, expired) == 456, "part of the format");
_Static_assert(offsetof(struct fsi_control, places) == 512, "part of the format");
_Static_assert(offsetof(struct fsi_control, readers) == 1536, "part of the format");
_Static_assert(sizeof(struct fsi_control) == 2048, "part of the format");

/* Sleep numbers are in the second half of the page, each in a cache line of its own. */
enum { FSI_CONTROL_WAITING_FIRST = 2048, FSI_CONTROL_WAITING_PLACES = 32, FSI_CONTROL_LINE = 64 };

/* The reader's sleep number, 0 while it is awake; with FSI_CONTROL_NAPS it waits for this word to
 * change, and not for its bell. */
static inline _Atomic uint32_t *fsi_control_waiting(struct fsi_control *control)
{
	return (_Atomic uint32_t *)(void *)((unsigned char *)control + control->waiting_offset);
}

/* What a control block is born with. */
struct fsi_control_birth {
	uint32_t kind;
	/* The owner's ID, or its who made a durable channel. */
	const char *member;
	const char *identity;
	/* The channel's limits, as they stand in its control block. */
	uint64_t limit_bytes;
	uint64_t limit_messages;
	uint64_t ttl_ms;
	uint32_t when_full;
	uint32_t block_ms;
};

/*
 * Creates and maps a control block in a directory that nobody else knows yet. Returns 0 or a
 * failure. Unmap with fsi_control_unmap().
 */
int fsi_control_create(int directory, const char *path, const struct fsi_control_birth *birth,
		       struct fsi_control **ret_control);

enum fsi_control_answer {
	/* Mapped. */
	FSI_CONTROL_MAPPED = 0,
	/* There is none: the channel is one of formix-pubsub. */
	FSI_CONTROL_NONE = 1,
	/* There is one that we may not map or believe (another user's): the reader knows our ways,
	 * but nothing can be signalled to it beside the bell. */
	FSI_CONTROL_FOREIGN = 2,
};

/*
 * Maps the control block of the channel at channel_path (in directory) if it is the calling
 * user's, whole and of our version. Returns an answer or a failure (no memory, no descriptors).
 */
int fsi_control_map(int directory, const char *channel_path, struct fsi_control **ret_control);

/* How far the reader says that it is in a segment, an offset; 0 if it says nothing. */
uint64_t fsi_control_place(const struct fsi_control *control, uint64_t key);

/* The version that a control block bears, for those who look on: one that we can't map may be of a
 * later version. 0: that is not to be had. */
uint32_t fsi_control_version(int directory, const char *channel_path);

/* NULL is allowed. */
void fsi_control_unmap(struct fsi_control *control);

#endif
