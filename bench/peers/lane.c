/* SPDX-License-Identifier: MIT */
/*
 * The bare lane: the idea of libfsps' fast lane and nothing else. It is the ceiling: no topics, no
 * IDs, no locks, no checksums, no crash that it survives, no stranger that it distrusts.
 *
 * A segment is a file of many messages, one after another, that the publisher maps and links into
 * each subscriber's directory. A frame is a commit word, stored last, and the payload, padded to 8;
 * the payload is copied in and read in place. The commit word is the segment's generation and the
 * length, so that what is left of an earlier use is no frame; the word of the next frame is set to
 * 0 before a frame is committed, so that old payload isn't one either. A reader that is done with a
 * segment unlinks it; a segment with one link is free and used again.
 *
 * A subscriber's FIFO tells it of each new segment. Who sleeps says so in a word and looks once
 * more; who commits a frame and sees the word sets it to 0 and rings. A publisher whose segments
 * are all in use sleeps for a moment.
 *
 * runs: one four sizes
 * messages: 300
 * gigabytes: 30
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/flow.h"
#include "common/home.h"
#include "common/peer.h"

enum {
	SEGMENT_BYTES_LEAST = 1 << 18,
	/* A segment has room for so many messages, however large. */
	SEGMENT_MESSAGES_LEAST = 4,
	SEGMENTS_MAX = 16,
	HEADER_BYTES = 64,
	WORD_BYTES = 8,
	FULL_PAUSE_NS = 20000,
	NAME_BYTES = 24
};

/* In a FIFO a segment's key, or this: there is more in the segment that you have. */
#define WAKE (UINT64_C(1) << 63)

/* In the length of a commit word: nothing follows in this segment. */
#define SEALED UINT32_C(0xFFFFFFFF)

/* What publisher and reader share beside segments: a file of its own in the directory. */
struct control {
	_Atomic uint32_t waiting;
};

static void *map(int file, size_t size, int protection)
{
	void *start = mmap(NULL, size, protection, MAP_SHARED | MAP_POPULATE, file, 0);

	return start == MAP_FAILED ? NULL : start;
}

/* Opens a file and maps it; a new one (O_CREAT) has memory for all of it. The descriptor, or -1. */
static int open_mapped(int directory, const char *name, int flags, size_t size, void **ret_start)
{
	int file = openat(directory, name, flags | O_CLOEXEC, 0600);

	if (file < 0)
		return -1;
	if ((flags & O_CREAT) == 0 || posix_fallocate(file, 0, (off_t)size) == 0)
		*ret_start = map(file, size, flags & O_RDWR ? PROT_READ | PROT_WRITE : PROT_READ);
	else
		*ret_start = NULL;
	if (*ret_start == NULL) {
		close(file);
		return -1;
	}
	return file;
}

static _Atomic uint64_t *word_at(const unsigned char *segment, size_t position)
{
	return (_Atomic uint64_t *)(void *)(uintptr_t)(segment + position);
}

static size_t frame_bytes(size_t size)
{
	return (WORD_BYTES + size + 7) & ~(size_t)7;
}

static size_t segment_bytes(size_t size)
{
	size_t need = HEADER_BYTES + SEGMENT_MESSAGES_LEAST * frame_bytes(size);

	return need < SEGMENT_BYTES_LEAST ? SEGMENT_BYTES_LEAST : need;
}

static uint64_t commit_word(uint32_t generation, uint32_t length)
{
	return (uint64_t)generation << 32 | length;
}

/* ---- the publisher ---- */

struct segment {
	int file;
	uint32_t generation;
	unsigned char *start;
	char name[NAME_BYTES];
};

struct target {
	int directory;
	int bell;
	struct control *control;
};

struct publisher {
	int pool;
	size_t segment_bytes;
	struct segment segments[SEGMENTS_MAX];
	int segments_count;
	/* The one that is written to; NULL at first. */
	struct segment *current;
	size_t position;
	uint64_t key;
	struct target targets[PEER_SUBSCRIBERS_MAX];
	int targets_count;
};

static int ring(const struct target *target, uint64_t record)
{
	while (write(target->bell, &record, sizeof record) < 0) {
		struct pollfd room = {.fd = target->bell, .events = POLLOUT};

		if (errno != EAGAIN)
			return -1;
		poll(&room, 1, -1);
	}
	return 0;
}

static struct segment *make_segment(struct publisher *self)
{
	struct segment *segment = &self->segments[self->segments_count];
	void *start;

	snprintf(segment->name, sizeof segment->name, ".s-%d", self->segments_count);
	segment->file = open_mapped(self->pool, segment->name, O_CREAT | O_EXCL | O_RDWR,
				    self->segment_bytes, &start);
	if (segment->file < 0)
		return NULL;
	segment->start = start;
	self->segments_count++;
	return segment;
}

/* One that nobody has a link to but the pool. The first of them is the likeliest to be cached. */
static struct segment *find_free(struct publisher *self)
{
	for (int i = 0; i < self->segments_count; i++) {
		struct segment *segment = &self->segments[i];
		struct stat status;

		if (segment != self->current && fstat(segment->file, &status) == 0 &&
		    status.st_nlink == 1)
			return segment;
	}
	return NULL;
}

static struct segment *take_segment(struct publisher *self)
{
	const struct timespec pause = {.tv_nsec = FULL_PAUSE_NS};
	struct segment *segment = find_free(self);

	if (segment == NULL && self->segments_count < SEGMENTS_MAX)
		return make_segment(self);
	while (segment == NULL) {
		nanosleep(&pause, NULL);
		segment = find_free(self);
	}
	return segment;
}

static int link_segment(const struct publisher *self, const struct segment *segment)
{
	char name[NAME_BYTES];

	snprintf(name, sizeof name, "%llu", (unsigned long long)self->key);
	for (int i = 0; i < self->targets_count; i++) {
		if (linkat(self->pool, segment->name, self->targets[i].directory, name, 0) < 0)
			return -1;
	}
	return 0;
}

/* Seals the segment that is written to and begins another, empty and linked. */
static int begin_segment(struct publisher *self)
{
	struct segment *old = self->current;
	struct segment *segment;

	if (old != NULL && self->position + WORD_BYTES <= self->segment_bytes)
		atomic_store_explicit(word_at(old->start, self->position),
				      commit_word(old->generation, SEALED), memory_order_release);
	segment = take_segment(self);
	if (segment == NULL)
		return -1;
	segment->generation++;
	atomic_store_explicit(word_at(segment->start, 0), segment->generation,
			      memory_order_relaxed);
	atomic_store_explicit(word_at(segment->start, HEADER_BYTES), 0, memory_order_relaxed);
	self->current = segment;
	self->position = HEADER_BYTES;
	self->key++;
	return link_segment(self, segment);
}

/* Rings all readers with a new segment's key, or those that sleep. */
static int tell(const struct publisher *self, bool fresh)
{
	atomic_thread_fence(memory_order_seq_cst);
	for (int i = 0; i < self->targets_count; i++) {
		const struct target *target = &self->targets[i];

		if (!fresh &&
		    atomic_load_explicit(&target->control->waiting, memory_order_relaxed) == 0)
			continue;
		atomic_store(&target->control->waiting, 0);
		if (ring(target, fresh ? self->key : WAKE) < 0) {
			peer_broken("FIFO");
			return -1;
		}
	}
	return 0;
}

static int put(void *end, const unsigned char *payload, size_t size)
{
	struct publisher *self = end;
	size_t need = frame_bytes(size);
	bool fresh = self->position + need > self->segment_bytes;
	unsigned char *at;

	if (fresh && begin_segment(self) < 0) {
		peer_broken("segment");
		return -1;
	}
	at = self->current->start + self->position;
	self->position += need;
	if (self->position + WORD_BYTES <= self->segment_bytes)
		atomic_store_explicit(word_at(self->current->start, self->position), 0,
				      memory_order_relaxed);
	memcpy(at + WORD_BYTES, payload, size);
	atomic_store_explicit(word_at(at, 0),
			      commit_word(self->current->generation, (uint32_t)size),
			      memory_order_release);
	return tell(self, fresh);
}

static int open_target(int home, const char *name, struct target *ret_target)
{
	struct target target = {.directory = openat(home, name, O_DIRECTORY | O_CLOEXEC)};
	void *start;

	if (target.directory < 0)
		return -1;
	target.bell = openat(target.directory, "queue", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (target.bell < 0 ||
	    open_mapped(target.directory, ".c", O_RDWR, sizeof(struct control), &start) < 0)
		return -1;
	target.control = start;
	*ret_target = target;
	return 0;
}

static int open_publisher(struct publisher *self, const struct peer_job *job)
{
	home_name names[PEER_SUBSCRIBERS_MAX];
	int home = home_open();

	if (home < 0 || home_find(home, "channel-", job->subscribers, names) < 0)
		return -1;
	for (int i = 0; i < job->subscribers; i++) {
		if (open_target(home, names[i], &self->targets[i]) < 0)
			return -1;
	}
	self->targets_count = job->subscribers;
	if (mkdirat(home, "tmp", 0700) < 0)
		return -1;
	self->pool = openat(home, "tmp", O_DIRECTORY | O_CLOEXEC);
	/* The first message finds no room. */
	self->segment_bytes = segment_bytes(job->size);
	self->position = self->segment_bytes;
	return self->pool < 0 ? -1 : 0;
}

static int publish(const struct peer_job *job, struct peer_tally *tally)
{
	struct publisher self = {0};

	if (open_publisher(&self, job) < 0)
		return peer_broken("channels");
	return flow_publish(job, tally, put, &self);
}

/* ---- the subscriber ---- */

/* A segment's mapping is kept: its file will come again under another key. */
struct mapping {
	ino_t inode;
	unsigned char *start;
};

struct reader {
	size_t segment_bytes;
	int directory;
	int bell;
	struct control *control;
	struct mapping mappings[SEGMENTS_MAX];
	int mappings_count;
	/* Keys that the FIFO told and that were not read yet: no more than there are segments. */
	uint64_t keys[SEGMENTS_MAX];
	unsigned keys_first;
	unsigned keys_end;
	/* The segment that is read: NULL for none. */
	unsigned char *start;
	uint64_t key;
	uint32_t generation;
	size_t position;
};

static unsigned char *map_segment(struct reader *self, int file)
{
	struct stat status;
	void *start;

	if (fstat(file, &status) < 0)
		return NULL;
	for (int i = 0; i < self->mappings_count; i++) {
		if (self->mappings[i].inode == status.st_ino)
			return self->mappings[i].start;
	}
	start = map(file, self->segment_bytes, PROT_READ);
	if (start != NULL)
		self->mappings[self->mappings_count++] =
			(struct mapping){.inode = status.st_ino, .start = start};
	return start;
}

static int open_segment(struct reader *self, uint64_t key)
{
	char name[NAME_BYTES];
	int file;

	snprintf(name, sizeof name, "%llu", (unsigned long long)key);
	file = openat(self->directory, name, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return -1;
	self->start = map_segment(self, file);
	close(file);
	if (self->start == NULL)
		return -1;
	self->key = key;
	self->generation =
		(uint32_t)atomic_load_explicit(word_at(self->start, 0), memory_order_relaxed);
	self->position = HEADER_BYTES;
	return 0;
}

static int end_segment(struct reader *self)
{
	char name[NAME_BYTES];

	snprintf(name, sizeof name, "%llu", (unsigned long long)self->key);
	self->start = NULL;
	return unlinkat(self->directory, name, 0);
}

/* The length of the frame that is next; -1: there is none yet. SEALED also at the very end. */
static int64_t look(const struct reader *self)
{
	uint64_t word;

	if (self->position + WORD_BYTES > self->segment_bytes)
		return SEALED;
	word = atomic_load_explicit(word_at(self->start, self->position), memory_order_acquire);
	return word >> 32 == self->generation ? (int64_t)(uint32_t)word : -1;
}

/* Takes what the FIFO tells. */
static void hear(struct reader *self)
{
	uint64_t records[SEGMENTS_MAX];
	ssize_t got = read(self->bell, records, sizeof records);

	for (ssize_t i = 0; i < got / (ssize_t)sizeof records[0]; i++) {
		if (records[i] != WAKE)
			self->keys[self->keys_end++ % SEGMENTS_MAX] = records[i];
	}
}

/* Sleeps until the FIFO has something. False if nothing came. */
static bool sleep_for(struct reader *self, int timeout_ms)
{
	struct pollfd rung = {.fd = self->bell, .events = POLLIN};
	int ready = 1;

	atomic_store_explicit(&self->control->waiting, 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst);
	if (self->start == NULL || look(self) < 0)
		ready = poll(&rung, 1, timeout_ms);
	atomic_store_explicit(&self->control->waiting, 0, memory_order_relaxed);
	return ready != 0;
}

/* Sees to it that there is a frame to read. 1, 0 if nothing came, or -1 with errno. */
static int find_frame(struct reader *self, int timeout_ms)
{
	for (;;) {
		int64_t length = self->start == NULL ? -1 : look(self);

		if (length >= 0 && length != SEALED)
			return 1;
		if (length == SEALED && end_segment(self) < 0)
			return -1;
		if (self->start == NULL && self->keys_first != self->keys_end) {
			if (open_segment(self, self->keys[self->keys_first++ % SEGMENTS_MAX]) < 0)
				return -1;
			continue;
		}
		if (!sleep_for(self, timeout_ms))
			return 0;
		hear(self);
	}
}

static int take(void *end, int timeout_ms, const unsigned char **ret_payload, size_t *ret_size)
{
	struct reader *self = end;
	int64_t length = self->start == NULL ? -1 : look(self);

	if (length < 0 || length == SEALED) {
		int found = find_frame(self, timeout_ms);

		if (found < 0)
			peer_broken("segment");
		if (found <= 0)
			return found;
		length = look(self);
	}
	*ret_payload = self->start + self->position + WORD_BYTES;
	*ret_size = (size_t)length;
	self->position += frame_bytes((size_t)length);
	return 1;
}

/* Built under a hidden name: the publisher finds it whole. */
static int create_channel(struct reader *self)
{
	int home = home_open();
	char hidden[NAME_BYTES];
	char name[NAME_BYTES];
	void *start;

	snprintf(hidden, sizeof hidden, ".n-%d", (int)getpid());
	snprintf(name, sizeof name, "channel-%d", (int)getpid());
	if (home < 0 || mkdirat(home, hidden, 0700) < 0)
		return -1;
	self->directory = openat(home, hidden, O_DIRECTORY | O_CLOEXEC);
	if (self->directory < 0 || mkfifoat(self->directory, "queue", 0600) < 0)
		return -1;
	self->bell = openat(self->directory, "queue", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (self->bell < 0 || open_mapped(self->directory, ".c", O_CREAT | O_EXCL | O_RDWR,
					  sizeof(struct control), &start) < 0)
		return -1;
	self->control = start;
	return renameat(home, hidden, home, name);
}

static int subscribe(const struct peer_job *job, struct peer_tally *tally)
{
	struct reader self = {.segment_bytes = segment_bytes(job->size)};

	if (create_channel(&self) < 0)
		return peer_broken("channel");
	peer_ready();
	return flow_subscribe(job, tally, take, &self);
}

int main(int argc, char **argv)
{
	const struct peer_actions actions = {.publish = publish, .subscribe = subscribe};

	return peer_main(argc, argv, &actions);
}
