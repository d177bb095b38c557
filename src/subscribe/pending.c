/* SPDX-License-Identifier: MIT */
/* Implements subscribe/pending.h: the order of what waits. The scan is in scan.c. */
#include "subscribe/pending.h"

#include <stdlib.h>
#include <string.h>

void fsi_pending_deinit(struct fsi_pending *pending)
{
	free(pending->scanned);
	free(pending->taken_names);
	memset(pending, 0, sizeof *pending);
}

static bool has_scanned(const struct fsi_pending *pending)
{
	return pending->scanned_next < pending->scanned_count ||
	       pending->taken_next < pending->taken_count;
}

bool fsi_pending_is_empty(const struct fsi_pending *pending)
{
	return !has_scanned(pending) && pending->ring_next == pending->ring_count;
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

bool fsi_pending_peek(const struct fsi_pending *pending, struct fsi_candidate *ret_candidate)
{
	if (next_is_taken_name(pending)) {
		*ret_candidate = pending->taken_names[pending->taken_next];
		return true;
	}
	ret_candidate->member[0] = '\0';
	if (pending->scanned_next < pending->scanned_count) {
		ret_candidate->id = pending->scanned[pending->scanned_next];
		return true;
	}
	if (pending->ring_next < pending->ring_count) {
		ret_candidate->id = pending->rings[pending->ring_next];
		return true;
	}
	return false;
}

void fsi_pending_advance(struct fsi_pending *pending)
{
	if (next_is_taken_name(pending))
		pending->taken_next++;
	else if (pending->scanned_next < pending->scanned_count)
		pending->scanned_next++;
	else
		pending->ring_next++;
}

void fsi_candidate_name(const struct fsi_candidate *candidate, char *to)
{
	if (candidate->member[0] == '\0')
		(void)fsi_id_format(to, candidate->id);
	else
		fsi_member_name_format(to, FSI_NAME_BYTES, FSI_PREFIX_TAKEN, candidate->member,
				       candidate->id);
}
