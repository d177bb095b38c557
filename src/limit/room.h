/* SPDX-License-Identifier: MIT */
/*
 * Room in a channel of ours, as a publisher sees it: taken before anything is linked, and given
 * back what was not used. Words that say that there is none are not believed before the channel's
 * directory was read: they may be too high after a kill.
 *
 * Leaves to others what becomes of a message that finds no room.
 */
#ifndef FSPS_LIMIT_ROOM_H
#define FSPS_LIMIT_ROOM_H

#include "limit/count.h"
#include "limit/oldest.h"

/* A channel that messages are put into, and what its publisher remembers of its being full. */
struct fsi_limited {
	/* The caller's: where it is, and its control block. */
	int home_fd;
	const char *name;
	struct fsi_control *control;
	/* Coarse ms before which it is not counted anew. */
	uint64_t next_count_ms;
	/* Messages that are counted and not there, and the other way round. */
	struct fsi_count_excess excess;
	struct fsi_count_excess lack;
	struct fsi_oldest oldest;
};

enum fsi_room { FSI_ROOM, FSI_ROOM_NONE, FSI_ROOM_GONE };

/* Messages that a publisher sets apart at once. */
enum { FSI_ROOM_APART_MAX = 64 };

/* Takes room for a message of len bytes in a file. */
enum fsi_room fsi_room_take_file(struct fsi_limited *limited, uint64_t len);

/* Whether a segment of that many bytes may come in, of whose forerunners the reader has read
 * read_bytes that are still counted. Whoever links it counts it. */
enum fsi_room fsi_room_for_segment(struct fsi_limited *limited, uint64_t bytes,
				   uint64_t read_bytes);

/* Sets messages apart for a publisher that writes segments: no more than most (1 to
 * FSI_ROOM_APART_MAX), and than a quarter of what is free. Returns how many, 0: there is no room.
 * Only where messages are limited. */
uint64_t fsi_room_take_messages(struct fsi_limited *limited, uint64_t most);

/* Gives back what was not used of them. */
void fsi_room_give_messages(struct fsi_limited *limited, uint64_t messages);

/* Whether a channel that drops the oldest may be gone beyond for once, as there is nothing to drop:
 * others are about to link what they have counted, or write to segments there. */
bool fsi_room_is_bearable(const struct fsi_control *control);

/* Takes room for one in a segment, where there is none. */
void fsi_room_force_message(struct fsi_limited *limited);

#endif
