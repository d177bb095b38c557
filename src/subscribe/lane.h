/* SPDX-License-Identifier: MIT */
/*
 * The segments that a channel's reader knows: which frame is next.
 *
 * A source is a publisher; its frames are handed out by ID, whichever of its segments they lie in.
 * Sources take turns. A frame says how many segments its publisher had begun (its epoch): if that
 * is news, the bell has to be read to its end first, as it may have told of a segment with an
 * earlier frame. All plain messages of a publisher come before its frames, so those that rang
 * before a segment did are handed out before it is looked at.
 *
 * Everything here happens with the channel's lock held.
 */
#ifndef FSPS_SUBSCRIBE_LANE_H
#define FSPS_SUBSCRIBE_LANE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fsps/channel.h>

#include "message/codec.h"
#include "stream/view.h"

struct fsi_source {
	char member[FSI_MEMBER_LEN + 1];
	uint32_t publisher;
	/* The epoch up to which all its segments are known. */
	bool epoch_known;
	uint32_t epoch;
	/* The one that was met and has to wait for the bell. */
	bool epoch_wanted;
	uint32_t wanted_epoch;
	struct fsi_view **views;
	size_t count;
	size_t capacity;
	/* The segment that the last frame came from, if all others have a frame that is known: it
	 * is next as long as its frames are below the lowest of those. Else NULL. */
	struct fsi_view *current;
	uint64_t lowest_of_others;
};

/* Two lengths and "{}". */
enum { FSI_RUN_HEAD_BYTES = 2 * FSI_MESSAGE_LENGTH_BYTES + 2 };

/* Frames that may follow the last one (run.h). */
struct fsi_run {
	struct fsi_view *view;
	/* How many; 0: none. Others may look without the lock whether there are any. */
	atomic_uint left;
	uint32_t epoch;
	/* Their IDs are below that. */
	uint64_t id_limit;
	size_t topic_len;
	/* What follows the time, up to the payload's length: topic and no headers, encoded. */
	size_t head_len;
	unsigned char head[FSPS_TOPIC_MAX + FSI_RUN_HEAD_BYTES];
};

struct fsi_lane {
	struct fsi_source **sources;
	size_t count;
	size_t capacity;
	/* Whose turn it is, and how many frames it still may have. */
	size_t turn;
	unsigned turn_left;
	/* Frames until the bell has to be read again. */
	unsigned round_left;
	/* A segment ended since the bell was read: of the one that follows it may tell. */
	bool ended;
	/* Segments that were read to their end, with messages that are not settled: their links
	 * stay for so long. */
	struct fsi_view **draining;
	size_t draining_count;
	size_t draining_capacity;
	/* The last topic that was found to match. */
	struct fsi_known_topic known_topic;
	struct fsi_run run;
	/* The memory of a run's messages; NULL before the first one. */
	struct fsi_handles *handles;
	struct fsi_mapping_cache mappings;
	/* Segments that count for the channel's limit. */
	size_t counted;
};

enum fsi_lane_answer {
	FSI_LANE_NOTHING = 0,
	FSI_LANE_MESSAGE = 1,
	/* There may be frames once the bell was read. */
	FSI_LANE_READ_BELL = 2,
};

/* Makes a segment known that was linked into the channel, unless it is known or gone by now.
 * Returns 0 or a failure: then it is to be tried again. */
int fsi_lane_attach(fsps_channel *channel, uint64_t key, uint64_t offset);

/* Takes the next frame. Returns an answer or a failure. */
int fsi_lane_next(fsps_channel *channel, fsps_message **ret_message);

/* The bell was read to its end after fsi_lane_next() asked for it: a new round begins. */
void fsi_lane_begin_round(struct fsi_lane *lane, bool bell_is_empty);

/* Whether no segment has anything to look at. */
bool fsi_lane_is_quiet(const struct fsi_lane *lane);

/* Once a second: segments of dead publishers, and such as were cut. */
void fsi_lane_keep_up(fsps_channel *channel);

/* Lets all segments go; messages that were lent keep theirs. */
void fsi_lane_deinit(struct fsi_lane *lane);

/* In a forked child. */
void fsi_lane_forget(struct fsi_lane *lane);

#endif
