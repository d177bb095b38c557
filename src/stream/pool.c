/* SPDX-License-Identifier: MIT */
/* Implements stream/segment.h: which segments a publisher keeps and uses again. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "base/error.h"
#include "base/sys.h"
#include "store/unnamed.h"
#include "stream/segment.h"
#include "stream/segment_file.h"

enum {
	PAGE_BYTES = 4096,
	/* Kept segments that one taking looks at: the newest, and then the oldest. */
	NEWEST_LOOKS = 9,
	OLDEST_LOOKS = 3,
	/* One that is so many times as large as was wished for is left for somebody else. */
	LARGER_MAX = 4,
};

static void pool_name(const struct fsi_segment_pool *pool, uint64_t number, char *to)
{
	fsi_member_name_format(to, FSI_NAME_BYTES, FSI_PREFIX_SEGMENT, pool->home->member.id,
			       number);
}

/* The watermark stays: it is the publisher's. */
static void begin_anew(struct fsi_segment_pool *pool)
{
	*pool = (struct fsi_segment_pool){.directory_fd = -1, .watermark = pool->watermark};
}

int fsi_segment_pool_open(struct fsi_segment_pool *pool, struct fsi_home *home)
{
	bool in_memory = false;
	uint64_t bytes;
	int r;

	if (pool->home != NULL)
		return 0;
	begin_anew(pool);
	r = fsi_home_enter(home);
	if (r < 0)
		return r;
	pool->directory_fd = fsi_home_open_staging(home);
	r = pool->directory_fd < 0 ? pool->directory_fd
				   : fsi_sys_file_system(pool->directory_fd, &in_memory, &bytes);
	if (r < 0) {
		fsi_sys_close(pool->directory_fd);
		return fsi_home_fail_staging(home, -r);
	}
	pool->home = home;
	pool->publisher = (uint32_t)fsi_home_next_number(home);
	pool->checksums = !in_memory;
	return 0;
}

/* ---- letting go ---- */

/* Removes the name in tmp if it still is this segment's. */
static void remove_name(const struct fsi_segment_pool *pool, const struct fsi_segment *segment)
{
	char name[FSI_NAME_BYTES];
	struct stat status;

	pool_name(pool, segment->number, name);
	if (fsi_sys_fstatat(pool->directory_fd, name, &status) == 0 &&
	    status.st_ino == segment->inode && status.st_dev == segment->device)
		(void)fsi_sys_unlinkat(pool->directory_fd, name, 0);
}

static void release(const struct fsi_segment_pool *pool, struct fsi_segment *segment)
{
	remove_name(pool, segment);
	fsi_segment_forget(segment);
}

static struct fsi_segment *take_out(struct fsi_segment_pool *pool, size_t index)
{
	struct fsi_segment *segment = pool->kept[index];

	pool->kept_count--;
	memmove(&pool->kept[index], &pool->kept[index + 1],
		(pool->kept_count - index) * sizeof(struct fsi_segment *));
	return segment;
}

static bool has_room(const struct fsi_segment_pool *pool, size_t bytes)
{
	if (pool->kept_count < FSI_SEGMENTS_KEPT_LEAST)
		return true;
	for (size_t i = 0; i < pool->kept_count && bytes <= FSI_SEGMENTS_KEPT_BYTES; i++)
		bytes += pool->kept[i]->bytes;
	return pool->kept_count < FSI_SEGMENTS_KEPT_MAX && bytes <= FSI_SEGMENTS_KEPT_BYTES;
}

void fsi_segment_seal(struct fsi_segment_pool *pool, struct fsi_segment *segment)
{
	fsi_segment_end(segment, false);
	/* What is let go stays for its readers, and goes with the last of them. */
	while (!has_room(pool, segment->bytes))
		release(pool, take_out(pool, 0));
	pool->kept[pool->kept_count++] = segment;
}

void fsi_segment_abandon(struct fsi_segment_pool *pool, struct fsi_segment *segment)
{
	release(pool, segment);
}

void fsi_segment_detach(struct fsi_segment_pool *pool, struct fsi_segment *segment)
{
	/* In this order: nobody gives back the memory of what has no name there. */
	remove_name(pool, segment);
	fsi_segment_end(segment, true);
}

void fsi_segment_pool_clear(struct fsi_segment_pool *pool)
{
	while (pool->kept_count > 0)
		release(pool, take_out(pool, pool->kept_count - 1));
}

void fsi_segment_pool_close(struct fsi_segment_pool *pool)
{
	if (pool->home == NULL)
		return;
	fsi_segment_pool_clear(pool);
	fsi_sys_close(pool->directory_fd);
	pool->home = NULL;
}

void fsi_segment_pool_forget(struct fsi_segment_pool *pool)
{
	if (pool->home == NULL)
		return;
	for (size_t i = 0; i < pool->kept_count; i++) {
		fsi_sys_munmap(pool->kept[i]->map, pool->kept[i]->bytes);
		fsi_sys_close(pool->kept[i]->fd);
	}
	fsi_sys_close(pool->directory_fd);
	begin_anew(pool);
}

/* ---- using one again ---- */

enum life { IN_USE, FREE, LOST };

/*
 * Whether nobody has a kept segment any more. The lock comes before the look that counts: with it
 * no reader has the segment open in earnest and no sweep is giving it back, and a link that is not
 * there then can't come any more, as only we make them. One that has links is not even tried: a
 * reader that opens it just then would have to wait for the lock.
 */
static enum life lock_if_free(const struct fsi_segment_pool *pool,
			      const struct fsi_segment *segment)
{
	char name[FSI_NAME_BYTES];
	struct stat status;
	int r;

	if (fsi_segment_links(segment) > 1 || fsi_sys_flock(segment->fd, LOCK_EX | LOCK_NB) < 0)
		return IN_USE;
	pool_name(pool, segment->number, name);
	r = fsi_sys_fstatat(pool->directory_fd, name, &status);
	if (r == 0 && status.st_ino == segment->inode && status.st_dev == segment->device) {
		if (status.st_nlink == 1)
			return FREE;
	} else if (r == 0 || r == -ENOENT) {
		return LOST;
	}
	(void)fsi_sys_flock(segment->fd, LOCK_UN);
	return IN_USE;
}

bool fsi_segment_pool_is_behind(const struct fsi_segment_pool *pool, size_t bytes)
{
	size_t behind = 0;
	size_t index = pool->kept_count;

	/* Before the newest that is read to its end all may be taken for that. */
	while (index > 0 && fsi_segment_links(pool->kept[index - 1]) > 1) {
		behind += pool->kept[--index]->bytes;
		if (behind >= bytes && pool->kept_count - index > 1)
			return true;
	}
	return false;
}

void fsi_segment_pool_trim(struct fsi_segment_pool *pool, uint64_t idle_ms)
{
	uint64_t now_ms = fsi_sys_coarse_ms();

	for (size_t i = pool->kept_count; i > 0; i--) {
		const struct fsi_segment *segment = pool->kept[i - 1];

		if (now_ms - segment->sealed_ms >= idle_ms && lock_if_free(pool, segment) != IN_USE)
			release(pool, take_out(pool, i - 1));
	}
}

/* That one, locked, if it is free and of about that size; else NULL. Smaller ones that are free
 * and lost ones go. */
static struct fsi_segment *reuse_at(struct fsi_segment_pool *pool, size_t index, size_t bytes)
{
	struct fsi_segment *segment = pool->kept[index];
	enum life life;

	if (segment->bytes / LARGER_MAX > bytes)
		return NULL;
	life = lock_if_free(pool, segment);
	if (life == FREE && segment->bytes >= bytes && fsi_segment_refill(segment) == 0)
		return take_out(pool, index);
	if (life != IN_USE)
		release(pool, take_out(pool, index));
	return NULL;
}

/*
 * The newest that is free: it is the warmest, and those that are not needed while readers keep up
 * are not used, and so given back. Where readers are far behind it is one of the oldest.
 */
static struct fsi_segment *reuse(struct fsi_segment_pool *pool, size_t bytes)
{
	struct fsi_segment *segment = NULL;
	size_t index = pool->kept_count;

	for (int i = 0; i < NEWEST_LOOKS && index > 0 && segment == NULL; i++)
		segment = reuse_at(pool, --index, bytes);
	for (size_t i = 0; i < OLDEST_LOOKS && i < index && segment == NULL;) {
		size_t count = pool->kept_count;

		segment = reuse_at(pool, i, bytes);
		if (pool->kept_count == count)
			i++;
		else
			index--;
	}
	return segment;
}

/* ---- making one ---- */

/* named: it has its name from the start; empty, and nobody looks at it. */
static int make_as(struct fsi_segment_pool *pool, bool named, size_t bytes,
		   struct fsi_segment **ret_segment)
{
	uint64_t number = fsi_home_next_number(pool->home);
	struct fsi_segment *segment = NULL;
	char name[FSI_NAME_BYTES];
	int fd;
	int r;

	pool_name(pool, number, name);
	fd = named ? fsi_sys_openat(pool->directory_fd, name,
				    O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW, 0600)
		   : fsi_unnamed_open(pool->directory_fd, ".", 0600);
	if (fd < 0)
		return fd;
	r = fsi_segment_make(fd, bytes, pool->checksums, pool->home->member.id, pool->publisher,
			     &segment);
	if (r < 0) {
		if (named)
			(void)fsi_sys_unlinkat(pool->directory_fd, name, 0);
		return r;
	}
	segment->number = number;
	r = named ? 0 : fsi_unnamed_link(segment->fd, pool->directory_fd, name);
	if (r < 0) {
		fsi_segment_forget(segment);
		return r;
	}
	*ret_segment = segment;
	return 0;
}

/* With a name where there are no nameless files, or where they can't be given one (old kernels
 * without /proc). */
static int make(struct fsi_segment_pool *pool, size_t bytes, struct fsi_segment **ret_segment)
{
	int r = make_as(pool, false, bytes, ret_segment);

	return r == -EOPNOTSUPP || r == -EISDIR || r == -ENOENT
		       ? make_as(pool, true, bytes, ret_segment)
		       : r;
}

static size_t whole_pages(size_t bytes)
{
	return (bytes + PAGE_BYTES - 1) & ~(size_t)(PAGE_BYTES - 1);
}

/* As large as there is space for: a quarter each time, down to what one frame needs. */
static int make_largest(struct fsi_segment_pool *pool, size_t least, size_t bytes,
			struct fsi_segment **ret_segment)
{
	int r;

	for (;;) {
		r = make(pool, bytes, ret_segment);
		if (r != -ENOSPC && r != -EDQUOT && r != -EFBIG)
			break;
		if (bytes == least)
			break;
		bytes = bytes / 4 > least ? whole_pages(bytes / 4) : least;
	}
	return r;
}

/* Somebody removed tmp: all that has a name in it is lost, and another one is made. */
static int follow_staging(struct fsi_segment_pool *pool)
{
	int fd = fsi_home_open_staging(pool->home);

	if (fd < 0)
		return fd;
	fsi_segment_pool_clear(pool);
	fsi_sys_close(pool->directory_fd);
	pool->directory_fd = fd;
	return 0;
}

/* A smaller one where the home is almost as full as publishers may fill it. Returns its size in
 * *bytes, and 0 or FSPS_ERR_NO_SPACE. */
static int ask_watermark(const struct fsi_segment_pool *pool, size_t least, size_t *bytes)
{
	/* Its name in tmp, and one link at least. */
	enum { INODES = 2 };
	int r = pool->watermark == NULL
			? 0
			: fsi_watermark_take(pool->watermark, pool->home, *bytes, INODES);

	if (r == 0 || *bytes == least)
		return r;
	*bytes = least;
	return fsi_watermark_take(pool->watermark, pool->home, least, INODES);
}

int fsi_segment_take(struct fsi_segment_pool *pool, size_t frame_bytes, size_t wish_bytes,
		     struct fsi_segment **ret_segment)
{
	size_t least = whole_pages(FSI_SEGMENT_START + frame_bytes);
	size_t bytes = whole_pages(wish_bytes > least ? wish_bytes : least);
	struct fsi_segment *segment = reuse(pool, bytes);
	uint64_t key = fsi_counter_next(&pool->home->counter);
	int r = 0;

	if (segment == NULL && ask_watermark(pool, least, &bytes) < 0)
		return FSPS_ERR_NO_SPACE;
	if (key == 0)
		r = -EOVERFLOW;
	if (r == 0 && segment == NULL)
		r = make_largest(pool, least, bytes, &segment);
	if (r == -ENOENT && follow_staging(pool) == 0)
		r = make_largest(pool, least, bytes, &segment);
	if (r < 0) {
		if (segment != NULL)
			release(pool, segment);
		if (r == -EFBIG)
			return fsi_fail_errno(EFBIG, pool->home->path,
					      "message of %zu bytes is over the process' file "
					      "size limit (ulimit -f)",
					      frame_bytes);
		return fsi_fail_errno(-r, pool->home->path, "cannot make a segment in home %s",
				      pool->home->path);
	}
	fsi_segment_begin(segment, key);
	*ret_segment = segment;
	return 0;
}

int fsi_segment_link(const struct fsi_segment_pool *pool, const struct fsi_segment *segment,
		     int directory, const char *channel, size_t offset)
{
	char path[2 * FSI_NAME_BYTES];
	char name[FSI_NAME_BYTES];
	char *at = stpcpy(stpcpy(path, channel), "/");
	int r;

	fsi_segment_name_format(at, segment->key, offset);
	pool_name(pool, segment->number, name);
	r = fsi_sys_linkat(pool->directory_fd, name, directory, path, 0);
	/* The channel may be gone, or the name in tmp that somebody took for abandoned. */
	return r == -ENOENT ? fsi_unnamed_link(segment->fd, directory, path) : r;
}
