/* SPDX-License-Identifier: MIT */
/*
 * A home of its own for each test of the stream layer, with a publisher's pool and the directory
 * of one channel: both ends of a segment in one process.
 *
 * The body of a frame is bytes that begin as a message does and tell its ID; the layer looks at
 * nothing else of it.
 */
#ifndef TESTS_UNIT_SEGMENT_PLACE_H
#define TESTS_UNIT_SEGMENT_PLACE_H

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "message/codec.h"
#include "store/home.h"
#include "stream/segment.h"
#include "stream/view.h"

/* The test's; check runs each test in a process of its own. */
static struct {
	char path[128];
	struct fsi_home *home;
	struct fsi_segment_pool pool;
	int channel_fd;
	struct fsi_mapping_cache mappings;
} place;

static void place_remove(const char *path)
{
	char below[600];
	struct dirent *entry;
	DIR *names;

	if (unlink(path) == 0)
		return;
	names = opendir(path);
	while (names != NULL && (entry = readdir(names)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
		place_remove(below);
	}
	if (names != NULL)
		closedir(names);
	(void)rmdir(path);
}

static inline void place_set_up(void)
{
	static const struct fsi_log silent = {.callback = NULL};
	const char *above = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	char channel[160];

	snprintf(place.path, sizeof place.path, "%s/fsps-unit-XXXXXX", above);
	ck_assert_ptr_nonnull(mkdtemp(place.path));
	ck_assert_int_eq(fsi_home_open(&(struct fsi_home_terms){.path = place.path,
								.identity = "unit",
								.log = &silent},
				       true, &place.home),
			 1);
	place.pool.directory_fd = -1;
	ck_assert_int_eq(fsi_segment_pool_open(&place.pool, place.home), 0);
	snprintf(channel, sizeof channel, "%s/channel", place.path);
	ck_assert_int_eq(mkdir(channel, 0700), 0);
	place.channel_fd = open(channel, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(place.channel_fd, 0);
}

static inline void place_tear_down(void)
{
	fsi_mapping_cache_clear(&place.mappings);
	fsi_segment_pool_close(&place.pool);
	fsi_home_unref(place.home);
	close(place.channel_fd);
	place_remove(place.path);
}

/* ---- the publisher's side ---- */

static inline struct fsi_segment *place_take(size_t wish_bytes)
{
	struct fsi_segment *segment = NULL;

	ck_assert_int_eq(fsi_segment_take(&place.pool, 64, wish_bytes, &segment), 0);
	return segment;
}

static inline void place_link(const struct fsi_segment *segment, size_t offset)
{
	ck_assert_int_eq(fsi_segment_link(&place.pool, segment, place.channel_fd, ".", offset), 0);
}

/* One that the channel has. */
static inline struct fsi_segment *place_take_linked(size_t wish_bytes)
{
	struct fsi_segment *segment = place_take(wish_bytes);

	place_link(segment, FSI_SEGMENT_START);
	return segment;
}

/* Writes the next frame: a body of that length, which has the ID, and the fill everywhere else. */
static inline void place_commit(struct fsi_segment *segment, size_t padding, size_t body_len,
				uint64_t id, unsigned char fill)
{
	unsigned char *body = fsi_segment_body(segment, padding);

	memset(body, fill, body_len);
	fsi_put_u64(body + FSI_MESSAGE_AT_ID, id);
	fsi_segment_commit(segment, padding, body_len, 7);
}

/* ---- the reader's side ---- */

static inline struct fsi_view *place_open_at(const struct fsi_segment *segment, size_t offset)
{
	struct fsi_view *view = NULL;

	ck_assert_int_eq(
		fsi_view_open(place.channel_fd, segment->key, offset, &place.mappings, &view),
		FSI_VIEW_OPEN);
	return view;
}

static inline struct fsi_view *place_open(const struct fsi_segment *segment)
{
	return place_open_at(segment, FSI_SEGMENT_START);
}

/* The reader's next frame must be that one; it is passed. */
static inline void place_expect(struct fsi_view *view, size_t body_len, uint64_t id,
				unsigned char fill)
{
	const unsigned char *body;

	ck_assert_int_eq(fsi_view_look(view), FSI_VIEW_FRAME);
	ck_assert_uint_eq(view->head_id, id);
	ck_assert_uint_eq(view->head_len, body_len);
	ck_assert_uint_eq(fsi_view_epoch(view), 7);
	body = fsi_view_body(view);
	ck_assert_uint_eq(fsi_get_u64(body + FSI_MESSAGE_AT_ID), id);
	for (size_t i = 0; i < body_len; i++)
		if (i < FSI_MESSAGE_AT_ID || i >= FSI_MESSAGE_AT_ID + 8)
			ck_assert_uint_eq(body[i], fill);
	ck_assert_uint_eq(body[body_len], 0);
	fsi_view_advance(view);
}

/* The reader is done with it: no link, and no lock unless something is lent. */
static inline void place_finish(const struct fsi_segment *segment, struct fsi_view *view)
{
	char name[FSI_NAME_BYTES];

	fsi_segment_name_format(name, segment->key, view->offset);
	ck_assert_int_eq(unlinkat(place.channel_fd, name, 0), 0);
	fsi_view_close(view, &place.mappings);
}

/* ---- what is there ---- */

/* How many segments have names in tmp. */
static inline size_t place_count_names(void)
{
	struct dirent *entry;
	char path[160];
	size_t count = 0;
	DIR *names;

	snprintf(path, sizeof path, "%s/tmp", place.path);
	names = opendir(path);
	ck_assert_ptr_nonnull(names);
	while ((entry = readdir(names)) != NULL)
		count += strncmp(entry->d_name, FSI_PREFIX_SEGMENT,
				 sizeof FSI_PREFIX_SEGMENT - 1) == 0;
	closedir(names);
	return count;
}

/* The bytes of memory that a segment's file has. */
static inline size_t place_memory_of(const struct fsi_segment *segment)
{
	struct stat status;

	ck_assert_int_eq(fstat(segment->fd, &status), 0);
	return (size_t)status.st_blocks * 512;
}

#endif
