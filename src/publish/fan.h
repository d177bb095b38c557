/* SPDX-License-Identifier: MIT */
/*
 * A fan: a set of channels that the same messages go to, and the segment that is linked into all of
 * them. A message costs a copy into the segment, one fence, and a look at each channel's word that
 * says whether its reader sleeps; no system call, unless one does.
 *
 * A channel at its limit is not linked to the next segment. It refuses messages until it has room
 * again, and is then linked with the place of the first one that it takes. The others go on.
 *
 * All with the publisher's lock held.
 */
#ifndef FSPS_PUBLISH_FAN_H
#define FSPS_PUBLISH_FAN_H

#include "route/target.h"
#include "stream/segment.h"

typedef struct fsps_publisher fsps_publisher;

struct fsi_fan_leg {
	/* The target, and what tells whether it is still there. */
	struct fsi_target *target;
	/* Its reader's sleep number; looked at for each message, without a detour. */
	_Atomic uint32_t *waiting;
	uint32_t slot;
	uint64_t serial;
	/* Whether the segment has a link in the channel; if not, why. */
	bool linked;
	int code;
	/* What the reader is still to be told of the link: nothing (0), or a bell's record. */
	bool to_announce;
	uint64_t record;
	/* Where the channel limits messages: for how many of the segment's there is room there; how
	 * many were set apart last, when (coarse ms), and the channel's corrections then. */
	uint64_t paid;
	uint64_t share;
	uint64_t paid_ms;
	uint32_t corrections;
};

struct fsi_fan {
	struct fsi_fan_leg *legs;
	size_t count;
	size_t capacity;
	size_t linked;
	/* Some legs are to be announced. */
	bool to_announce;
	/* Frames were committed for which nobody was woken yet. */
	bool to_wake;
	/* NULL: none. */
	struct fsi_segment *segment;
	/* How many messages are in it, and for how many there is room in all linked channels. */
	uint64_t frames;
	uint64_t paid;
	/* When it was begun, on the clock that no one sets; how large the next is to be. */
	uint64_t begun_us;
	size_t wish_bytes;
	uint64_t used_ms;
};

/* targets: all prepared. Returns NULL without memory. */
struct fsi_fan *fsi_fan_new(struct fsi_target *const *targets, size_t count);

/* Seals its segment and frees it. */
void fsi_fan_close(fsps_publisher *publisher, struct fsi_fan *fan);
/* In a forked child: lets go of what is the parent's; frees nothing. */
void fsi_fan_forget(struct fsi_fan *fan);

/* Drops the legs of channels that are gone. Returns whether there were any. */
bool fsi_fan_drop_gone(fsps_publisher *publisher, struct fsi_fan *fan);

/*
 * Makes a segment ready that has room for a frame of that size, linked into every channel that
 * takes one. Channels that turn out to be gone, or unable to have segments, are dropped: the set of
 * targets has changed then. Returns 0 or a failure.
 */
int fsi_fan_make_room(fsps_publisher *publisher, struct fsi_fan *fan, size_t frame_bytes);

/* Commits a frame, whose body of body_len bytes was written to fsi_segment_body(), and tells the
 * readers. later: whoever sleeps is woken by fsi_fan_wake(). */
void fsi_fan_commit(fsps_publisher *publisher, struct fsi_fan *fan, size_t padding, size_t body_len,
		    bool later);

/* Tries the channels that are not linked once more: their readers begin at offset, with the frame
 * that was committed there or comes next. */
void fsi_fan_link_late(fsps_publisher *publisher, struct fsi_fan *fan, size_t offset);

/* Until when channels that are not linked are tried again, once they or the home have room:
 * monotonic ms, 0: there are none. */
uint64_t fsi_fan_wait_until(fsps_publisher *publisher, const struct fsi_fan *fan);

/* Notes in the publisher's receipt who has the message, and who not. */
void fsi_fan_account(fsps_publisher *publisher, const struct fsi_fan *fan);

/* Tells the readers of a segment that they have not been told of yet. */
void fsi_fan_announce(fsps_publisher *publisher, struct fsi_fan *fan);

/* Rings for those readers that sleep. */
void fsi_fan_wake(fsps_publisher *publisher, struct fsi_fan *fan);

/* The same for one reader. */
void fsi_fan_wake_reader(fsps_publisher *publisher, struct fsi_target *target);

/* Ends the segment; the next message begins another. */
void fsi_fan_seal(fsps_publisher *publisher, struct fsi_fan *fan);

/* Once a millisecond: whether the segment was cut; it is let go then. */
void fsi_fan_check(fsps_publisher *publisher, struct fsi_fan *fan);

/* Once a second: whether somebody removed a link; large segments of slow publishers. */
void fsi_fan_keep_up(fsps_publisher *publisher, struct fsi_fan *fan);

#endif
