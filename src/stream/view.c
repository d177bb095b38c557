/* SPDX-License-Identifier: MIT */
/* Implements stream/view.h. */
#include "stream/view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/sys.h"

/* A millisecond each. */
enum { LOCK_ATTEMPTS = 20 };

/* More than a segment can have messages. */
static const uint64_t HELD = UINT64_C(1) << 40;

static const struct fsi_segment_header *header_of(const struct fsi_mapping *mapping)
{
	return (const struct fsi_segment_header *)(const void *)mapping->map;
}

static const struct fsi_frame *frame_at(const struct fsi_view *view, size_t at)
{
	return (const struct fsi_frame *)(const void *)(view->mapping.map + at);
}

/* ---- mappings ---- */

static void drop_mapping(struct fsi_mapping_cache *cache, size_t index)
{
	fsi_sys_munmap(cache->kept[index].map, cache->kept[index].bytes);
	cache->count--;
	memmove(&cache->kept[index], &cache->kept[index + 1],
		(cache->count - index) * sizeof cache->kept[0]);
}

void fsi_mapping_cache_clear(struct fsi_mapping_cache *cache)
{
	while (cache->count > 0)
		drop_mapping(cache, cache->count - 1);
}

static void keep_mapping(struct fsi_mapping_cache *cache, const struct fsi_mapping *mapping)
{
	if (cache->count == FSI_MAPPINGS_MAX)
		drop_mapping(cache, 0);
	cache->kept[cache->count++] = *mapping;
}

/* A file's number comes back once the file is gone: only the key in the header tells that it is
 * the same one. */
static bool take_mapping(struct fsi_mapping_cache *cache, const struct stat *status, uint64_t key,
			 struct fsi_mapping *ret_mapping)
{
	for (size_t i = 0; i < cache->count; i++) {
		struct fsi_mapping mapping = cache->kept[i];

		if (mapping.inode != status->st_ino || mapping.device != status->st_dev)
			continue;
		if (mapping.bytes != (size_t)status->st_size ||
		    atomic_load_explicit(&header_of(&mapping)->key, memory_order_acquire) != key) {
			drop_mapping(cache, i);
			return false;
		}
		cache->count--;
		memmove(&cache->kept[i], &cache->kept[i + 1],
			(cache->count - i) * sizeof cache->kept[0]);
		*ret_mapping = mapping;
		return true;
	}
	return false;
}

/* ---- opening ---- */

/* On a machine of 32 bits a file may be larger than all addresses. */
static bool may_be_mapped(const struct stat *status)
{
	return S_ISREG(status->st_mode) && status->st_size == (off_t)(size_t)status->st_size &&
	       status->st_uid == geteuid() && (status->st_mode & 022) == 0 &&
	       status->st_size >= FSI_SEGMENT_START + 8 && status->st_blocks > 0;
}

/* Whether it is what its name says, and has memory as far as it will be read. */
static bool is_believable(const struct fsi_mapping *mapping, const struct stat *status,
			  uint64_t key, uint64_t offset)
{
	const struct fsi_segment_header *header = header_of(mapping);
	uint64_t allocated = atomic_load_explicit(&header->allocated_bytes, memory_order_acquire);

	return header->magic == FSI_SEGMENT_MAGIC && header->version == FSI_SEGMENT_VERSION &&
	       atomic_load_explicit(&header->key, memory_order_acquire) == key &&
	       header->bytes == mapping->bytes && mapping->bytes % FSI_FRAME_ALIGNMENT == 0 &&
	       allocated <= mapping->bytes && allocated % FSI_FRAME_ALIGNMENT == 0 &&
	       (uint64_t)status->st_blocks * 512 >= allocated && header->generation != 0 &&
	       offset >= FSI_SEGMENT_START && offset % FSI_FRAME_ALIGNMENT == 0 &&
	       offset <= allocated && header->member[FSI_MEMBER_LEN] == '\0' &&
	       fsi_member_id_valid(header->member);
}

static void give_back(struct fsi_bytes_owner *owner);

static struct fsi_view *new_view(int fd, const struct fsi_mapping *mapping, uint64_t key,
				 uint64_t offset)
{
	const struct fsi_segment_header *header = header_of(mapping);
	uint64_t allocated = atomic_load_explicit(&header->allocated_bytes, memory_order_acquire);
	struct fsi_view *view = calloc(1, sizeof *view);

	if (view == NULL)
		return NULL;
	view->owner.give_back = give_back;
	view->references = HELD;
	view->fd = fd;
	view->mapping = *mapping;
	view->key = key;
	view->offset = offset;
	view->generation = header->generation;
	view->checksums = (header->flags & FSI_SEGMENT_CHECKSUMS) != 0;
	memcpy(view->member, header->member, sizeof view->member);
	view->publisher = header->publisher;
	view->owner_uid = geteuid();
	/* Less only of one that has ended, by a mark before that. */
	view->end = allocated < mapping->bytes ? (size_t)allocated : mapping->bytes;
	view->at = (size_t)offset;
	view->place = -1;
	return view;
}

/* The file is open and locked, so that its publisher does not use it for something else. */
static int view_of(int fd, uint64_t key, uint64_t offset, struct fsi_mapping_cache *cache,
		   struct fsi_view **ret_view)
{
	struct fsi_mapping mapping = {0};
	struct stat status;
	bool kept;
	int r = fsi_sys_fstat(fd, &status);

	if (r < 0)
		return fsi_fail_errno(-r, NULL, "cannot look at a segment");
	/* Its publisher says what is allocated before it gives the rest back. */
	atomic_thread_fence(memory_order_acquire);
	if (!may_be_mapped(&status))
		return FSI_VIEW_REFUSED;
	kept = take_mapping(cache, &status, key, &mapping);
	if (!kept) {
		mapping = (struct fsi_mapping){.bytes = (size_t)status.st_size,
					       .device = status.st_dev,
					       .inode = status.st_ino};
		mapping.map = fsi_sys_mmap(fd, mapping.bytes, PROT_READ, &r);
		if (mapping.map == NULL)
			return fsi_fail_errno(r, NULL, "cannot map a segment");
	}
	if (!is_believable(&mapping, &status, key, offset)) {
		fsi_sys_munmap(mapping.map, mapping.bytes);
		return FSI_VIEW_REFUSED;
	}
	*ret_view = new_view(fd, &mapping, key, offset);
	if (*ret_view != NULL) {
		(*ret_view)->mapping_locks = !kept;
		return FSI_VIEW_OPEN;
	}
	fsi_sys_munmap(mapping.map, mapping.bytes);
	return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory for a segment");
}

/* Whether a failing open says that it is no segment of ours. Ours may always be opened: if that is
 * refused it is to be tried again. */
static bool is_refusal(int channel_fd, const char *name, int error)
{
	struct stat status;

	if (error == EACCES || error == EPERM)
		return fsi_sys_fstatat(channel_fd, name, &status) < 0 || !S_ISREG(status.st_mode) ||
		       status.st_uid != geteuid();
	return error == ELOOP || error == ENXIO || error == ENODEV || error == EISDIR;
}

/*
 * Somebody has it exclusively for a moment, to see whether it is free. If our link is still there
 * he will find that it is not; so if he was stopped meanwhile we go on without the lock, which
 * guards against those who remove links by hand. If it is not there, it may be in use for something
 * else.
 */
static int lock_for_reading(int fd, int channel_fd, const char *name, bool *ret_locked)
{
	struct stat status;
	int r = fsi_sys_flock(fd, LOCK_SH | LOCK_NB);

	for (int i = 0; i < LOCK_ATTEMPTS && r == -EAGAIN; i++) {
		if (fsi_sys_fstatat(channel_fd, name, &status) == -ENOENT)
			return FSI_VIEW_GONE;
		(void)fsi_sys_poll(NULL, 0, 1);
		r = fsi_sys_flock(fd, LOCK_SH | LOCK_NB);
	}
	if (r < 0 && r != -EAGAIN)
		return fsi_fail_errno(-r, name, "cannot lock segment %s", name);
	*ret_locked = r == 0;
	return FSI_VIEW_OPEN;
}

int fsi_view_open(int channel_fd, uint64_t key, uint64_t offset, struct fsi_mapping_cache *cache,
		  struct fsi_view **ret_view)
{
	char name[FSI_NAME_BYTES];
	bool locked = false;
	int fd;
	int r;

	fsi_segment_name_format(name, key, offset);
	fd = fsi_sys_openat(channel_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	if (fd == -ENOENT)
		return FSI_VIEW_GONE;
	if (fd < 0)
		return is_refusal(channel_fd, name, -fd)
			       ? FSI_VIEW_REFUSED
			       : fsi_fail_errno(-fd, name, "cannot open segment %s", name);
	r = lock_for_reading(fd, channel_fd, name, &locked);
	if (r == FSI_VIEW_OPEN)
		r = view_of(fd, key, offset, cache, ret_view);
	if (r == FSI_VIEW_OPEN)
		(*ret_view)->locked = locked;
	else
		fsi_sys_close(fd);
	return r;
}

/* ---- frames ---- */

/* A length that fits into what is left. */
static bool is_length(const struct fsi_view *view, size_t at, uint32_t length)
{
	size_t left = view->end - at;

	return length >= FSI_MESSAGE_FIXED_BYTES && left > sizeof(struct fsi_frame) &&
	       length < left - sizeof(struct fsi_frame);
}

/* The NUL is promised to whoever takes a payload for a string. */
static bool is_intact(const struct fsi_view *view, const struct fsi_frame *frame)
{
	const unsigned char *body = fsi_view_body(view);

	return body[view->head_len] == '\0' &&
	       (!view->checksums || XXH3_64bits(body, view->head_len) == frame->checksum);
}

/* What stands at a place: a frame of *ret_length bytes, nothing yet, or the end. */
static enum fsi_view_state read_word(const struct fsi_view *view, size_t at, uint32_t *ret_length)
{
	const struct fsi_frame *frame = frame_at(view, at);
	uint64_t word;

	if (view->end - at < sizeof word)
		return FSI_VIEW_ENDED;
	word = atomic_load_explicit(&frame->commit, memory_order_acquire);
	if (word == 0)
		return FSI_VIEW_EMPTY;
	*ret_length = (uint32_t)word;
	if (word >> 32 != view->generation)
		return FSI_VIEW_BROKEN;
	if (*ret_length == FSI_FRAME_END)
		return FSI_VIEW_ENDED;
	return is_length(view, at, *ret_length) ? FSI_VIEW_FRAME : FSI_VIEW_BROKEN;
}

enum fsi_view_state fsi_view_look(struct fsi_view *view)
{
	const struct fsi_frame *frame;
	uint32_t length = 0;
	enum fsi_view_state state;

	if (view->head_id != 0)
		return FSI_VIEW_FRAME;
	state = read_word(view, view->at, &length);
	if (state == FSI_VIEW_EMPTY && view->orphaned)
		return FSI_VIEW_ENDED;
	if (state != FSI_VIEW_FRAME)
		return state;
	frame = frame_at(view, view->at);
	view->head_padding = frame->padding;
	/* A message has its fixed fields at least, the ID among them. */
	if (view->head_padding > FSI_FRAME_PADDING_MAX ||
	    length - view->head_padding < FSI_MESSAGE_FIXED_BYTES)
		return FSI_VIEW_BROKEN;
	view->head_len = length - view->head_padding;
	if (!is_intact(view, frame))
		return FSI_VIEW_BROKEN;
	view->head_id = fsi_get_u64(fsi_view_body(view) + FSI_MESSAGE_AT_ID);
	/* 0 stands for "none" here; such a frame is no message and is found out as that later. */
	if (view->head_id == 0)
		view->head_id = 1;
	return FSI_VIEW_FRAME;
}

uint32_t fsi_view_epoch(const struct fsi_view *view)
{
	return frame_at(view, view->at)->epoch;
}

const unsigned char *fsi_view_body(const struct fsi_view *view)
{
	return (const unsigned char *)(frame_at(view, view->at) + 1) + view->head_padding;
}

void fsi_view_advance(struct fsi_view *view)
{
	view->at += fsi_frame_bytes((size_t)view->head_padding + view->head_len);
	view->head_id = 0;
}

bool fsi_view_frame_at(const struct fsi_view *view, size_t at, struct fsi_view_frame *ret_frame)
{
	const struct fsi_frame *frame = frame_at(view, at);
	const unsigned char *body;
	uint32_t length = 0;

	if (at % FSI_FRAME_ALIGNMENT != 0 || at >= view->end ||
	    read_word(view, at, &length) != FSI_VIEW_FRAME ||
	    frame->padding > FSI_FRAME_PADDING_MAX ||
	    length - frame->padding < FSI_MESSAGE_FIXED_BYTES)
		return false;
	body = (const unsigned char *)(frame + 1) + frame->padding;
	if (body[length - frame->padding] != '\0')
		return false;
	*ret_frame = (struct fsi_view_frame){.body = body,
					     .body_len = length - frame->padding,
					     .next = at + fsi_frame_bytes(length)};
	return true;
}

int fsi_view_rename(struct fsi_view *view, int channel_fd, uint64_t offset)
{
	char from[FSI_NAME_BYTES];
	char to[FSI_NAME_BYTES];
	int r;

	fsi_segment_name_format(from, view->key, view->offset);
	fsi_segment_name_format(to, view->key, offset);
	r = fsi_sys_rename(channel_fd, from, channel_fd, to);
	if (r == 0)
		view->offset = offset;
	return r;
}

/* Without a descriptor its link tells, if it is there still. */
bool fsi_view_is_cut(const struct fsi_view *view, int channel_fd)
{
	char name[FSI_NAME_BYTES];
	struct stat status;
	int r;

	fsi_segment_name_format(name, view->key, view->offset);
	r = view->fd >= 0 ? fsi_sys_fstat(view->fd, &status)
			  : fsi_sys_fstatat(channel_fd, name, &status);
	return r == 0 && status.st_ino == view->mapping.inode &&
	       (uint64_t)status.st_size < view->mapping.bytes;
}

bool fsi_view_spare_descriptor(struct fsi_view *view)
{
	if (view->fd < 0 || !view->mapping_locks)
		return false;
	fsi_sys_close(view->fd);
	view->fd = -1;
	return true;
}

static uint64_t time_at(const struct fsi_view *view, size_t at)
{
	const struct fsi_frame *frame = frame_at(view, at);
	size_t padding = frame->padding <= FSI_FRAME_PADDING_MAX ? frame->padding : 0;

	return fsi_get_u64((const unsigned char *)(frame + 1) + padding + FSI_MESSAGE_AT_TIMESTAMP);
}

uint64_t fsi_view_count(const struct fsi_view *view, uint64_t *ret_first_us)
{
	uint64_t count = 0;
	uint32_t length = 0;

	*ret_first_us = 0;
	for (size_t at = view->at; read_word(view, at, &length) == FSI_VIEW_FRAME;
	     at += fsi_frame_bytes(length)) {
		if (count == 0)
			*ret_first_us = time_at(view, at);
		count++;
	}
	return count;
}

/* ---- lending and letting go ---- */

/* Unlocked by word: a mapping that is kept, or a forked child's, keeps the open file and with it
 * the lock. */
static void destroy(struct fsi_view *view)
{
	if (view->fd >= 0)
		(void)fsi_sys_flock(view->fd, LOCK_UN);
	fsi_sys_munmap(view->mapping.map, view->mapping.bytes);
	fsi_sys_close(view->fd);
	fsi_handles_unref(view->handles);
	free(view);
}

static void give_back(struct fsi_bytes_owner *owner)
{
	struct fsi_view *view = (struct fsi_view *)owner;

	if (atomic_fetch_sub_explicit(&view->references, 1, memory_order_acq_rel) == 1)
		destroy(view);
}

const char *fsi_view_member_of(const struct fsi_bytes_owner *owner)
{
	if (owner == NULL || owner->give_back != give_back)
		return "";
	return ((const struct fsi_view *)owner)->member;
}

/* No atomic change for each: what was lent is settled when the channel lets go. */
struct fsi_bytes_owner *fsi_view_lend(struct fsi_view *view)
{
	view->lent++;
	return &view->owner;
}

bool fsi_view_lend_to(struct fsi_view *view, struct fsi_handles *handles)
{
	if (view->handles == NULL)
		view->handles = fsi_handles_ref(handles);
	return view->handles == handles;
}

void fsi_view_close(struct fsi_view *view, struct fsi_mapping_cache *cache)
{
	uint64_t surplus = HELD - view->lent;

	if (atomic_fetch_sub_explicit(&view->references, surplus, memory_order_acq_rel) != surplus)
		return;
	/* One that can't be unlocked otherwise is unmapped. */
	if (view->fd >= 0) {
		keep_mapping(cache, &view->mapping);
		view->mapping.map = NULL;
	}
	destroy(view);
}

void fsi_view_forget(struct fsi_view *view)
{
	fsi_sys_close(view->fd);
	view->fd = -1;
}
