/* SPDX-License-Identifier: MIT */
/*
 * The fast lane of a publisher: which of a topic's channels get segments, and through which fan.
 *
 * A program that publishes once or twice never makes a segment. From the fourth message on its
 * channels get segments where that is possible: channels of our own user whose readers understand
 * them, on the same mount. The others get a file each message, as before. A channel that got a
 * segment gets no plain message of this publisher any more, unless it is durable and a group has
 * come to read it.
 *
 * All with the publisher's lock held.
 */
#ifndef FSPS_PUBLISH_FAST_H
#define FSPS_PUBLISH_FAST_H

#include "publish/fan.h"
#include "route/channel_set.h"

/* Open fans of a publisher; beyond, the one that was not used for longest is closed. */
enum { FSI_FANS_MAX = 64 };

struct fsi_fast {
	struct fsi_segment_pool pool;
	struct fsi_fan *fans[FSI_FANS_MAX];
	size_t count;
	/* Messages until segments are used; UINT64_MAX: never. */
	uint64_t plain_left;
	/* Of segments to begin without waiting for readers. */
	size_t impatient_bytes;
	/* Raised with every segment that becomes news to a reader. */
	uint32_t epoch;
	/* The fan whose segment is being made ready or written: nobody else ends it. */
	const struct fsi_fan *busy;
	/* Some fan may have a segment whose readers were not told of it yet. */
	bool to_announce;
	/* Raised when a fan that somebody remembers may be gone or not be the right one any more.
	 */
	uint64_t stamp;
	/* The version of the channel set that the fans' legs were checked against, and the home's
	 * generation, with which a durable channel's readers may have changed. */
	uint64_t version;
	uint64_t generation;
	/* The last mark that was given to targets. */
	uint64_t marks;
	/* Room for the targets of one fan. */
	struct fsi_target **targets;
	size_t capacity;
};

/* files_only: no segments ever. */
void fsi_fast_init(struct fsi_fast *fast, bool files_only);
/* Gives back all segments. */
void fsi_fast_close(fsps_publisher *publisher);
/* In a forked child: lets go of what is the parent's. */
void fsi_fast_forget(struct fsi_fast *fast);

/* Whether a target that is prepared gets segments. */
bool fsi_fast_takes(const fsps_publisher *publisher, const struct fsi_target *target);

/* Notes that a message was published by file, to somebody. */
void fsi_fast_count(struct fsi_fast *fast);
/* Notes that so many messages are about to be published. */
void fsi_fast_expect(struct fsi_fast *fast, uint64_t messages);

enum fsi_fast_answer {
	FSI_FAST_FOUND = 0,
	/* Channels turned out to be gone: the route is void, look it up again. */
	FSI_FAST_CHANGED = 1,
};

/* The fan of a route, or NULL if none of its channels gets segments. Returns an answer or a
 * failure. */
int fsi_fast_find(fsps_publisher *publisher, struct fsi_route *route, struct fsi_fan **ret_fan);

/* Channels have gone, or readers of durable ones have changed: whoever has legs there must not look
 * at them any more, or not send them segments. */
void fsi_fast_check_legs(fsps_publisher *publisher);

/* Ends our segments that are linked into a channel, but for the one that is being begun. Returns
 * whether there were any. */
bool fsi_fast_seal_in(fsps_publisher *publisher, const struct fsi_target *target);

/* Whether the segment that is being begun or written is linked into a channel: then it is better
 * ended than waited for. */
bool fsi_fast_writes_to(const fsps_publisher *publisher, const struct fsi_target *target);

/* Tells all readers of segments that they have not been told of: before a frame elsewhere says that
 * there are such. The legs are checked. */
void fsi_fast_announce(fsps_publisher *publisher);

/* Gives back the descriptors that can be had again later, except of one fan. */
void fsi_fast_spare_descriptors(fsps_publisher *publisher, const struct fsi_fan *except);

/* Once a second. */
void fsi_fast_keep_up(fsps_publisher *publisher);

#endif
