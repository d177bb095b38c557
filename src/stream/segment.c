/* SPDX-License-Identifier: MIT */
/* Implements stream/segment.h: one segment's life. The pool is in stream/pool.c. */
#include "stream/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/sys.h"
#include "stream/segment_file.h"

enum {
	PAGE_BYTES = 4096,
	/* As much as the kernel maps at once for a reader's fault. */
	MAP_BYTES_MOST = 64 << 10,
};

static size_t whole_pages(size_t bytes)
{
	return (bytes + PAGE_BYTES - 1) & ~(size_t)(PAGE_BYTES - 1);
}

static struct fsi_segment_header *header_of(const struct fsi_segment *segment)
{
	return (struct fsi_segment_header *)(void *)segment->map;
}

static _Atomic uint64_t *word_at(const struct fsi_segment *segment, size_t at)
{
	return (_Atomic uint64_t *)(void *)(segment->map + at);
}

/* ---- writing ---- */

void fsi_segment_commit(struct fsi_segment *segment, size_t padding, size_t body_len,
			uint32_t epoch)
{
	struct fsi_frame *frame = (struct fsi_frame *)(void *)(segment->map + segment->at);
	unsigned char *body = fsi_segment_body(segment, padding);
	size_t next = segment->at + fsi_frame_bytes(padding + body_len);

	body[body_len] = '\0';
	frame->epoch = epoch;
	frame->padding = (uint32_t)padding;
	frame->checksum = segment->checksums ? XXH3_64bits(body, body_len) : 0;
	fsi_sys_between_stores();
	/* What a payload or an earlier use left there must not pass for the next frame's. */
	if (segment->bytes - next >= sizeof(uint64_t))
		atomic_store_explicit(word_at(segment, next), 0, memory_order_relaxed);
	fsi_sys_between_stores();
	atomic_store_explicit(
		&frame->commit,
		fsi_frame_commit_word(segment->generation, (uint32_t)(padding + body_len)),
		memory_order_release);
	segment->at = next;
	fsi_sys_between_stores();
}

/* As many again as were written, as who has written much will write more. On a disk pages that were
 * mapped would be written there, too. */
void fsi_segment_map_more(struct fsi_segment *segment)
{
	size_t from = whole_pages(segment->at);
	size_t bytes = from < MAP_BYTES_MOST ? from : MAP_BYTES_MOST;

	if (from < segment->mapped)
		from = segment->mapped;
	if (bytes > segment->bytes - from)
		bytes = segment->bytes - from;
	/* Also if it was in vain: not to be tried for each frame. */
	segment->mapped = from + bytes < segment->bytes ? from + bytes : SIZE_MAX;
	if (!segment->checksums && bytes > 0)
		fsi_sys_populate(segment->map + from, bytes);
}

static void mark_end(const struct fsi_segment *segment)
{
	if (segment->bytes - segment->at >= sizeof(uint64_t))
		atomic_store_explicit(word_at(segment, segment->at),
				      fsi_frame_commit_word(segment->generation, FSI_FRAME_END),
				      memory_order_release);
}

/* A slow reader shall not hold what was never written. Readers that map it later expect no more
 * memory than the header says. */
static void give_rest_back(struct fsi_segment *segment)
{
	size_t used = segment->at + sizeof(uint64_t);

	used = whole_pages(used);
	if (used >= segment->bytes || segment->bytes - used < segment->bytes / 4)
		return;
	atomic_store_explicit(&header_of(segment)->allocated_bytes, used, memory_order_release);
	fsi_sys_between_stores();
	(void)fsi_sys_punch(segment->fd, (off_t)used, (off_t)(segment->bytes - used));
	if (segment->mapped > used)
		segment->mapped = used;
}

void fsi_segment_end(struct fsi_segment *segment, bool keep_rest)
{
	mark_end(segment);
	fsi_sys_between_stores();
	if (!keep_rest)
		give_rest_back(segment);
	segment->sealed_ms = fsi_sys_coarse_ms();
	atomic_store_explicit(&header_of(segment)->in_use, 0, memory_order_release);
}

bool fsi_segment_is_cut(const struct fsi_segment *segment)
{
	struct stat status;

	return fsi_sys_fstat(segment->fd, &status) == 0 &&
	       (uint64_t)status.st_size < segment->bytes;
}

uint64_t fsi_segment_links(const struct fsi_segment *segment)
{
	struct stat status;

	return fsi_sys_fstat(segment->fd, &status) < 0 ? 0 : (uint64_t)status.st_nlink;
}

/* ---- making one ready ---- */

/* Nobody reads it: it has no link in a channel yet. Its old key goes first, so that a reader that
 * had opened an old link finds that it is not what it came for. */
static void begin(struct fsi_segment *segment, uint64_t key)
{
	struct fsi_segment_header *header = header_of(segment);

	atomic_store_explicit(&header->in_use, 1, memory_order_relaxed);
	atomic_store_explicit(&header->key, 0, memory_order_relaxed);
	/* Nothing of what follows shows before that. */
	atomic_thread_fence(memory_order_release);
	fsi_sys_between_stores();
	segment->generation = segment->generation == UINT32_MAX ? 1 : segment->generation + 1;
	header->generation = segment->generation;
	atomic_store_explicit(&header->allocated_bytes, segment->bytes, memory_order_relaxed);
	atomic_store_explicit(word_at(segment, FSI_SEGMENT_START), 0, memory_order_relaxed);
	fsi_sys_between_stores();
	atomic_store_explicit(&header->key, key, memory_order_release);
	fsi_sys_between_stores();
	segment->key = key;
	segment->at = FSI_SEGMENT_START;
}

void fsi_segment_begin(struct fsi_segment *segment, uint64_t key)
{
	begin(segment, key);
	(void)fsi_sys_flock(segment->fd, LOCK_UN);
}

static void describe(const struct fsi_segment *segment, const char *member, uint32_t publisher)
{
	struct fsi_segment_header *header = header_of(segment);

	header->version = FSI_SEGMENT_VERSION;
	header->flags = segment->checksums ? FSI_SEGMENT_CHECKSUMS : 0;
	header->bytes = segment->bytes;
	memcpy(header->member, member, FSI_MEMBER_LEN);
	header->publisher = publisher;
	/* Before it has a name in tmp: a sweep may come by between that and its first use. */
	atomic_store_explicit(&header->in_use, 1, memory_order_relaxed);
	header->magic = FSI_SEGMENT_MAGIC;
}

/* Maps and describes an open file that has nothing in it. Returns 0 or -errno. */
static int furnish(struct fsi_segment *segment, const char *member, uint32_t publisher)
{
	struct stat status = {0};
	int r = fsi_sys_file_size_limit() < segment->bytes ? -EFBIG : 0;

	if (r == 0)
		r = fsi_sys_fallocate(segment->fd, (off_t)segment->bytes);
	/* Readers only read, and so nobody overwrites it by a slip of the hand. */
	if (r == 0)
		r = fsi_sys_fchmod(segment->fd, 0400);
	if (r == 0)
		r = fsi_sys_fstat(segment->fd, &status);
	if (r < 0)
		return r;
	segment->device = status.st_dev;
	segment->inode = status.st_ino;
	segment->map = fsi_sys_mmap(segment->fd, segment->bytes, PROT_READ | PROT_WRITE, &r);
	if (segment->map == NULL)
		return -r;
	describe(segment, member, publisher);
	segment->mapped = PAGE_BYTES;
	return 0;
}

int fsi_segment_make(int fd, size_t bytes, bool checksums, const char *member, uint32_t publisher,
		     struct fsi_segment **ret_segment)
{
	struct fsi_segment *segment = calloc(1, sizeof *segment);
	int r;

	if (segment == NULL) {
		fsi_sys_close(fd);
		return -ENOMEM;
	}
	segment->fd = fd;
	segment->bytes = bytes;
	segment->checksums = checksums;
	r = furnish(segment, member, publisher);
	if (r < 0) {
		fsi_segment_forget(segment);
		return r;
	}
	*ret_segment = segment;
	return 0;
}

int fsi_segment_refill(const struct fsi_segment *segment)
{
	struct stat status;
	int r = fsi_sys_fstat(segment->fd, &status);

	if (r < 0)
		return r;
	/* Somebody cut it: writing there would be a SIGBUS. */
	if ((uint64_t)status.st_size != segment->bytes)
		return -EIO;
	if ((uint64_t)status.st_blocks * 512 >= segment->bytes)
		return 0;
	return fsi_sys_fallocate(segment->fd, (off_t)segment->bytes);
}

void fsi_segment_forget(struct fsi_segment *segment)
{
	if (segment == NULL)
		return;
	fsi_sys_munmap(segment->map, segment->bytes);
	fsi_sys_close(segment->fd);
	free(segment);
}
