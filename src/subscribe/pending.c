/* SPDX-License-Identifier: MIT */
/* Implements subscribe/pending.h: the order of what waits. The scan is in scan.c. */
#include "subscribe/pending.h"

#include <stdlib.h>
#include <string.h>

#include "store/work_names.h"

void fsi_pending_deinit(struct fsi_pending *pending)
{
	free(pending->scanned);
	free(pending->taken_names);
	free(pending->segments);
	memset(pending, 0, sizeof *pending);
}

static bool has_scanned(const struct fsi_pending *pending)
{
	return pending->scanned_next < pending->scanned_count ||
	       pending->taken_next < pending->taken_count;
}

bool fsi_pending_is_empty(const struct fsi_pending *pending)
{
	return !has_scanned(pending) && pending->segments_next == pending->segments_count &&
	       pending->ring_next == pending->ring_count;
}

/* Whether the next scanned one is of the second kind: both are sorted by ID. */
static bool next_is_taken_name(const struct fsi_pending *pending)
{
	if (pending->taken_next == pending->taken_count)
		return false;
	return pending->scanned_next == pending->scanned_count ||
	       pending->taken_names[pending->taken_next].id <
		       pending->scanned[pending->scanned_next];
}

/* A record of no key only wakes: it becomes an ID of 0, which is none. */
static void read_ring(uint64_t record, struct fsi_candidate *ret_candidate)
{
	ret_candidate->id = record & ~FSI_BELL_SEGMENT;
	if ((record & FSI_BELL_SEGMENT) != 0)
		ret_candidate->offset = FSI_SEGMENT_START;
}

bool fsi_pending_peek(const struct fsi_pending *pending, struct fsi_candidate *ret_candidate)
{
	if (next_is_taken_name(pending)) {
		*ret_candidate = pending->taken_names[pending->taken_next];
		return true;
	}
	*ret_candidate = (struct fsi_candidate){.member = ""};
	if (pending->scanned_next < pending->scanned_count) {
		ret_candidate->id = pending->scanned[pending->scanned_next];
		return true;
	}
	if (pending->segments_next < pending->segments_count) {
		*ret_candidate = pending->segments[pending->segments_next];
		return true;
	}
	if (pending->ring_next == pending->ring_count)
		return false;
	read_ring(pending->rings[pending->ring_next], ret_candidate);
	return true;
}

void fsi_pending_advance(struct fsi_pending *pending)
{
	if (next_is_taken_name(pending))
		pending->taken_next++;
	else if (pending->scanned_next < pending->scanned_count)
		pending->scanned_next++;
	else if (pending->segments_next < pending->segments_count)
		pending->segments_next++;
	else
		pending->ring_next++;
}

bool fsi_pending_pass_by(struct fsi_pending *pending)
{
	/* Large enough that readers seldom meet, small enough that what is old comes early. */
	enum { STRETCH = 64 };
	size_t next = (pending->scanned_next / STRETCH + 1) * STRETCH;

	if (next_is_taken_name(pending) || pending->scanned_next >= pending->scanned_count) {
		fsi_pending_advance(pending);
		return false;
	}
	pending->scanned_next = next < pending->scanned_count ? next : pending->scanned_count;
	return true;
}

void fsi_candidate_name(const struct fsi_candidate *candidate, char *to)
{
	const struct fsi_work_name again = {.kind = FSI_WORK_DELAYED,
					    .time_ms = candidate->time_ms,
					    .attempt = candidate->attempt,
					    .id = candidate->id};

	if (candidate->time_ms != 0)
		fsi_work_name_format(to, &again);
	else if (candidate->member[0] == '\0')
		(void)fsi_id_format(to, candidate->id);
	else
		fsi_member_name_format(to, FSI_NAME_BYTES, FSI_PREFIX_TAKEN, candidate->member,
				       candidate->id);
}
