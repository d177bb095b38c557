/* SPDX-License-Identifier: MIT */
/*
 * What a reader knows to wait for it: names of message files and of segments, from the bell or from
 * a scan of the directory, in the order in which they are to be taken.
 *
 * A scan's names are taken by ID and used up before the next scan or ring is looked at: they are
 * all there is of each publisher up to some point, and what rings later is later. The bell's are
 * taken as they rang. A segment comes after the messages that were there before it.
 */
#ifndef FSPS_SUBSCRIBE_PENDING_H
#define FSPS_SUBSCRIBE_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/names.h"
#include "stream/format.h"

enum {
	/* Records read from the bell at a time: a page, so that the writers get it back. */
	FSI_PENDING_RINGS = 512,
	/* IDs that one scan keeps, the lowest: 2 MiB, and as much while it sorts. The rest is for
	 * the next scan: a million messages take four, which cost a second of their fifteen. */
	FSI_PENDING_SCANNED_MAX = 1 << 18,
};

/* A message file: "<ID>", or ".m-<member>-<ID>" where member is not ""; or, where offset is not 0,
 * a segment, ".s-<ID>-<offset>", of which no more is known than that it is there. */
struct fsi_candidate {
	uint64_t id;
	uint64_t offset;
	char member[FSI_MEMBER_LEN + 1];
	/* Of one that comes again (".r-<time>-<attempt>-<ID>"): its name's; else 0. */
	uint64_t time_ms;
	uint32_t attempt;
};

struct fsi_pending {
	uint64_t rings[FSI_PENDING_RINGS];
	size_t ring_next;
	size_t ring_count;

	uint64_t *scanned;
	size_t scanned_next;
	size_t scanned_count;
	size_t scanned_capacity;
	struct fsi_candidate *taken_names;
	size_t taken_next;
	size_t taken_count;
	size_t taken_capacity;
	struct fsi_candidate *segments;
	size_t segments_next;
	size_t segments_count;
	size_t segments_capacity;
	/* The last scan had more names than it could keep. */
	bool truncated;
};

void fsi_pending_deinit(struct fsi_pending *pending);

bool fsi_pending_is_empty(const struct fsi_pending *pending);

/* The next candidate without taking it. False if there is none. */
bool fsi_pending_peek(const struct fsi_pending *pending, struct fsi_candidate *ret_candidate);
/* Takes the one that was peeked at. */
void fsi_pending_advance(struct fsi_pending *pending);

/* The one that was peeked at was taken by another reader of a group. If the directory told of
 * it, he is at those that follow, too: goes on behind these. Returns whether some were passed
 * over, which are to be looked for once all else is done. */
bool fsi_pending_pass_by(struct fsi_pending *pending);

/*
 * Reads the directory until nothing older turns up, and replaces all that was pending.
 *
 * One pass may show a later message of a publisher and miss an earlier one that was linked while
 * it ran; so passes go on until one finds nothing new below the first one's highest ID, eight at
 * most: a hostile writer must not keep us here. Returns 0 or a failure (nothing changed).
 */
int fsi_pending_scan(struct fsi_pending *pending, int channel_fd);

/* The file name of a candidate, into to (FSI_NAME_BYTES). */
void fsi_candidate_name(const struct fsi_candidate *candidate, char *to);

#endif
