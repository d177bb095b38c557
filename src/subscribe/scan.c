/* SPDX-License-Identifier: MIT */
/* Implements subscribe/pending.h: reading a channel's directory. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/directory.h"
#include "base/error.h"
#include "subscribe/pending.h"

/* A scan that is under way. */
struct scan {
	struct fsi_pending found;
	/* Only IDs below this are of interest; the first pass takes all. */
	uint64_t below;
	/* How many of found.scanned are from earlier passes, sorted. */
	size_t known;
};

static int compare_ids(const void *one, const void *other)
{
	uint64_t a = *(const uint64_t *)one;
	uint64_t b = *(const uint64_t *)other;

	return a < b ? -1 : a > b;
}

static int compare_candidates(const void *one, const void *other)
{
	const struct fsi_candidate *a = one;
	const struct fsi_candidate *b = other;
	int order = compare_ids(&a->id, &b->id);

	if (order == 0)
		order = compare_ids(&a->offset, &b->offset);
	return order != 0 ? order : strcmp(a->member, b->member);
}

/* Sorts array[0..count) and drops what occurs twice. Returns the new count. */
static size_t unite(void *array, size_t count, size_t size,
		    int (*compare)(const void *, const void *))
{
	char *items = array;
	size_t kept = 0;

	if (count == 0)
		return 0;
	qsort(array, count, size, compare);
	for (size_t i = 1; i < count; i++)
		if (compare(items + kept * size, items + i * size) != 0)
			memmove(items + ++kept * size, items + i * size, size);
	return kept + 1;
}

/* Makes room for one more item. */
static int make_room(void **array, size_t count, size_t *capacity, size_t size)
{
	size_t larger = *capacity == 0 ? 64 : *capacity * 2;
	void *moved;

	if (count < *capacity)
		return 0;
	moved = reallocarray(*array, larger, size);
	if (moved == NULL)
		return FSPS_ERR_NO_MEMORY;
	*array = moved;
	*capacity = larger;
	return 0;
}

/* Full: keeps the lower half, and from now on only what is lower than what it dropped. */
static void keep_lowest(struct scan *scan)
{
	struct fsi_pending *found = &scan->found;

	found->scanned_count =
		unite(found->scanned, found->scanned_count, sizeof(uint64_t), compare_ids);
	scan->known = 0;
	if (found->scanned_count < FSI_PENDING_SCANNED_MAX)
		return;
	found->scanned_count /= 2;
	scan->below = found->scanned[found->scanned_count];
	found->truncated = true;
}

/* Later passes find what the first one found: only what is new is noted and sorted in. */
static bool is_known(const struct scan *scan, uint64_t id)
{
	return scan->known > 0 &&
	       bsearch(&id, scan->found.scanned, scan->known, sizeof id, compare_ids) != NULL;
}

static int note_id(struct scan *scan, uint64_t id)
{
	struct fsi_pending *found = &scan->found;

	if (found->scanned_count == FSI_PENDING_SCANNED_MAX)
		keep_lowest(scan);
	if (id >= scan->below || is_known(scan, id))
		return 0;
	if (make_room((void **)&found->scanned, found->scanned_count, &found->scanned_capacity,
		      sizeof(uint64_t)) < 0)
		return FSPS_ERR_NO_MEMORY;
	found->scanned[found->scanned_count++] = id;
	return 0;
}

/* Into one of the two lists of candidates. */
static int note_candidate(struct scan *scan, struct fsi_candidate **list, size_t *count,
			  size_t *capacity, const struct fsi_candidate *candidate)
{
	if (candidate->id >= scan->below)
		return 0;
	if (*count == FSI_PENDING_SCANNED_MAX) {
		scan->found.truncated = true;
		return 0;
	}
	if (make_room((void **)list, *count, capacity, sizeof *candidate) < 0)
		return FSPS_ERR_NO_MEMORY;
	(*list)[(*count)++] = *candidate;
	return 0;
}

static int note(struct scan *scan, const char *name)
{
	struct fsi_candidate candidate = {.member = ""};
	struct fsi_pending *found = &scan->found;

	if (fsi_id_parse(name, &candidate.id))
		return note_id(scan, candidate.id);
	if (fsi_member_name_parse(name, FSI_PREFIX_TAKEN, candidate.member, &candidate.id))
		return note_candidate(scan, &found->taken_names, &found->taken_count,
				      &found->taken_capacity, &candidate);
	if (fsi_segment_name_parse(name, &candidate.id, &candidate.offset))
		return note_candidate(scan, &found->segments, &found->segments_count,
				      &found->segments_capacity, &candidate);
	return 0;
}

/* Reads all names once. Returns 1 if there was anything new, 0 if not, or a failure. */
static int pass(struct scan *scan, int channel_fd)
{
	struct fsi_pending *found = &scan->found;
	size_t before = found->scanned_count + found->taken_count + found->segments_count;
	struct fsi_directory names;
	unsigned char type;
	const char *name;
	int r = fsi_directory_start(&names, channel_fd);

	while (r >= 0 && (r = fsi_directory_next(&names, &name, &type)) == 1)
		if (note(scan, name) < 0)
			return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory to scan a channel");
	if (r < 0)
		return fsi_fail_errno(-r, NULL, "cannot read a channel's directory");
	if (found->scanned_count > scan->known)
		found->scanned_count =
			unite(found->scanned, found->scanned_count, sizeof(uint64_t), compare_ids);
	scan->known = found->scanned_count;
	found->taken_count = unite(found->taken_names, found->taken_count,
				   sizeof(struct fsi_candidate), compare_candidates);
	found->segments_count = unite(found->segments, found->segments_count,
				      sizeof(struct fsi_candidate), compare_candidates);
	return found->scanned_count + found->taken_count + found->segments_count > before;
}

/* From the second pass on, what is above all that the first one saw does not count. */
static void set_bound(struct scan *scan)
{
	const struct fsi_pending *found = &scan->found;
	uint64_t highest = 0;

	if (found->scanned_count > 0)
		highest = found->scanned[found->scanned_count - 1];
	if (found->taken_count > 0 && found->taken_names[found->taken_count - 1].id > highest)
		highest = found->taken_names[found->taken_count - 1].id;
	/* A publisher's messages before a segment have IDs below its key. */
	if (found->segments_count > 0 && found->segments[found->segments_count - 1].id > highest)
		highest = found->segments[found->segments_count - 1].id;
	if (highest + 1 < scan->below)
		scan->below = highest + 1;
}

/* Where the IDs were cut, the other names are cut, too: what comes later must not come first. */
static void cut_candidates(struct scan *scan)
{
	struct fsi_pending *found = &scan->found;

	while (found->segments_count > 0 &&
	       found->segments[found->segments_count - 1].id >= scan->below)
		found->segments_count--;
	while (found->taken_count > 0 &&
	       found->taken_names[found->taken_count - 1].id >= scan->below)
		found->taken_count--;
}

int fsi_pending_scan(struct fsi_pending *pending, int channel_fd)
{
	enum { PASSES_MAX = 8 };
	struct scan scan = {.below = UINT64_MAX};
	int r = 1;

	for (int i = 0; i < PASSES_MAX && r == 1; i++) {
		r = pass(&scan, channel_fd);
		set_bound(&scan);
	}
	if (r < 0) {
		fsi_pending_deinit(&scan.found);
		return r;
	}
	cut_candidates(&scan);
	fsi_pending_deinit(pending);
	*pending = scan.found;
	return 0;
}
