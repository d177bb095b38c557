/* SPDX-License-Identifier: MIT */
/*
 * A ring in shared memory for one writer and one reader, sleeping by futex: what one would write
 * for two processes that know each other. A subscriber makes its ring, a file in the home, and the
 * publisher writes each message into every ring.
 *
 * A record is its length, 8 bytes, and the payload, padded to 8; the bytes are mapped twice, one
 * after the other, so that none is ever cut in two. The payload is copied in, or built in place if
 * it is to be loaned, and read in place. No checksums. Each side keeps its position to itself and
 * looks at the other's only when what it knew is used up; the reader gives room back a piece at a
 * time.
 *
 * Who sleeps says so in a word and looks once more; who sees the word exchanges it for 0 and makes
 * one wake. A writer sleeps while the ring is full, and is woken once half of it is free. A reader
 * looks on for FSPS_BENCH_SPIN_US before it sleeps.
 *
 * runs: one four trip spin sizes loaned
 * messages: 200
 * gigabytes: 40
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "common/flow.h"
#include "common/home.h"
#include "common/peer.h"
#include "common/trip.h"

enum {
	WORDS_BYTES = 4096,
	RING_BYTES = 1 << 22,
	PIECE_BYTES = RING_BYTES / 8,
	LINE_BYTES = 64,
	LOOKS = 64
};

/* The first page of the file. Positions only grow; each word has a cache line of its own. */
struct words {
	alignas(LINE_BYTES) _Atomic uint64_t tail;
	alignas(LINE_BYTES) _Atomic uint64_t head;
	alignas(LINE_BYTES) _Atomic uint32_t reader_sleeps;
	alignas(LINE_BYTES) _Atomic uint32_t writer_sleeps;
};

/* One side's view of a ring. */
struct side {
	struct words *words;
	unsigned char *bytes;
	/* Where this side is, where it last saw the other, what it last told the other. */
	uint64_t position;
	uint64_t seen;
	uint64_t told;
	/* How long a reader looks on before it sleeps. */
	int64_t spin_ns;
};

static size_t record_bytes(size_t size)
{
	return (sizeof(uint64_t) + size + 7) & ~(size_t)7;
}

/* ---- the file ---- */

static int map(int file, struct side *ret_side)
{
	unsigned char *start = mmap(NULL, WORDS_BYTES + 2 * RING_BYTES, PROT_NONE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	const int protection = PROT_READ | PROT_WRITE;
	const int flags = MAP_SHARED | MAP_FIXED | MAP_POPULATE;

	if (start == MAP_FAILED ||
	    mmap(start, WORDS_BYTES + RING_BYTES, protection, flags, file, 0) == MAP_FAILED ||
	    mmap(start + WORDS_BYTES + RING_BYTES, RING_BYTES, protection, flags, file,
		 WORDS_BYTES) == MAP_FAILED)
		return -1;
	*ret_side =
		(struct side){.words = (struct words *)(void *)start,
			      .bytes = start + WORDS_BYTES,
			      .spin_ns = (int64_t)peer_environment("FSPS_BENCH_SPIN_US") * 1000};
	return 0;
}

static int create(int home, const char *name, struct side *ret_side)
{
	int file = openat(home, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	int result = -1;

	if (file < 0)
		return -1;
	if (posix_fallocate(file, 0, WORDS_BYTES + RING_BYTES) == 0)
		result = map(file, ret_side);
	close(file);
	return result;
}

static int join(int home, const char *name, struct side *ret_side)
{
	int file = openat(home, name, O_RDWR | O_CLOEXEC);
	int result;

	if (file < 0)
		return -1;
	result = map(file, ret_side);
	close(file);
	return result;
}

/* ---- sleeping and waking ---- */

/* Until the word is not 1. 0, or -1 after timeout_ms (-1: no limit). */
static int sleep_on(_Atomic uint32_t *word, int timeout_ms)
{
	struct timespec limit = {.tv_sec = timeout_ms / 1000,
				 .tv_nsec = timeout_ms % 1000 * 1000000L};

	while (atomic_load_explicit(word, memory_order_acquire) == 1) {
		if (syscall(SYS_futex, word, FUTEX_WAIT, 1, timeout_ms < 0 ? NULL : &limit, NULL,
			    0) < 0 &&
		    errno == ETIMEDOUT)
			return -1;
	}
	return 0;
}

static void wake(_Atomic uint32_t *word)
{
	if (atomic_exchange(word, 0) != 0)
		syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* ---- writing ---- */

static void see_head(struct side *self)
{
	self->seen = atomic_load_explicit(&self->words->head, memory_order_acquire);
}

static bool has_room(const struct side *self, size_t need)
{
	return self->position + need - self->seen <= RING_BYTES;
}

static int wait_for_room(struct side *self, size_t need)
{
	_Atomic uint32_t *sleeps = &self->words->writer_sleeps;

	see_head(self);
	while (!has_room(self, need)) {
		atomic_store_explicit(sleeps, 1, memory_order_relaxed);
		atomic_thread_fence(memory_order_seq_cst);
		see_head(self);
		if (has_room(self, need))
			atomic_store_explicit(sleeps, 0, memory_order_relaxed);
		else if (sleep_on(sleeps, -1) < 0)
			return -1;
		see_head(self);
	}
	return 0;
}

/* Where the next record's payload goes, once there is room; NULL if there is none. */
static unsigned char *begin_record(struct side *self, size_t size)
{
	size_t need = record_bytes(size);
	unsigned char *at = self->bytes + self->position % RING_BYTES;
	uint64_t length = size;

	if (!has_room(self, need) && wait_for_room(self, need) < 0)
		return NULL;
	memcpy(at, &length, sizeof length);
	return at + sizeof length;
}

static void end_record(struct side *self, size_t size)
{
	self->position += record_bytes(size);
	atomic_store_explicit(&self->words->tail, self->position, memory_order_release);
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&self->words->reader_sleeps, memory_order_relaxed) != 0)
		wake(&self->words->reader_sleeps);
}

/* ---- reading ---- */

static void see_tail(struct side *self)
{
	self->seen = atomic_load_explicit(&self->words->tail, memory_order_acquire);
}

/* Gives room back, and wakes a writer for which that is half of the ring. */
static void give_back(struct side *self)
{
	self->told = self->position;
	atomic_store_explicit(&self->words->head, self->position, memory_order_release);
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&self->words->writer_sleeps, memory_order_relaxed) == 0)
		return;
	see_tail(self);
	if (self->seen - self->position <= RING_BYTES / 2)
		wake(&self->words->writer_sleeps);
}

/* Whether something came while the reader looked on. */
static bool spin(struct side *self)
{
	int64_t end_ns;

	see_tail(self);
	if (self->seen != self->position || self->spin_ns == 0)
		return self->seen != self->position;
	end_ns = peer_now_ns() + self->spin_ns;
	do {
		for (int i = 0; i < LOOKS && self->seen == self->position; i++)
			see_tail(self);
	} while (self->seen == self->position && peer_now_ns() < end_ns);
	return self->seen != self->position;
}

/* 0, or -1 if nothing came. */
static int wait_for_record(struct side *self, int timeout_ms)
{
	_Atomic uint32_t *sleeps = &self->words->reader_sleeps;
	int result = 0;

	if (spin(self))
		return 0;
	give_back(self);
	while (self->seen == self->position && result == 0) {
		atomic_store_explicit(sleeps, 1, memory_order_relaxed);
		atomic_thread_fence(memory_order_seq_cst);
		see_tail(self);
		if (self->seen == self->position)
			result = sleep_on(sleeps, timeout_ms);
		atomic_store_explicit(sleeps, 0, memory_order_relaxed);
		see_tail(self);
	}
	return self->seen == self->position ? -1 : 0;
}

/* The next record, valid until the next call. 1, or 0 if nothing came. */
static int read_record(struct side *self, int timeout_ms, const unsigned char **ret_payload,
		       size_t *ret_size)
{
	const unsigned char *at = self->bytes + self->position % RING_BYTES;
	uint64_t length;

	if (self->position - self->told >= PIECE_BYTES)
		give_back(self);
	if (self->position == self->seen && wait_for_record(self, timeout_ms) < 0)
		return 0;
	memcpy(&length, at, sizeof length);
	self->position += record_bytes(length);
	*ret_payload = at + sizeof length;
	*ret_size = length;
	return 1;
}

/* ---- the roles ---- */

/* One process' rings: those that it writes to and the one that it reads. */
struct end {
	int outs_count;
	struct side outs[PEER_SUBSCRIBERS_MAX];
	struct side in;
};

static int put(void *end, const unsigned char *payload, size_t size)
{
	struct end *self = end;

	for (int i = 0; i < self->outs_count; i++) {
		unsigned char *at = begin_record(&self->outs[i], size);

		if (at == NULL) {
			peer_broken("ring");
			return -1;
		}
		memcpy(at, payload, size);
		end_record(&self->outs[i], size);
	}
	return 0;
}

/* A payload that is built in place lies in one ring. */
static int reserve(void *end, size_t size, unsigned char **ret_payload)
{
	struct end *self = end;

	*ret_payload = begin_record(&self->outs[0], size);
	if (*ret_payload != NULL)
		return 0;
	peer_broken("ring");
	return -1;
}

static int commit(void *end, size_t size)
{
	struct end *self = end;

	end_record(&self->outs[0], size);
	return 0;
}

static int take(void *end, int timeout_ms, const unsigned char **ret_payload, size_t *ret_size)
{
	struct end *self = end;

	return read_record(&self->in, timeout_ms, ret_payload, ret_size);
}

static int join_all(struct end *self, const struct peer_job *job)
{
	home_name names[PEER_SUBSCRIBERS_MAX];
	int home = home_open();

	if (home < 0 || home_find(home, "ring-", job->subscribers, names) < 0)
		return -1;
	for (int i = 0; i < job->subscribers; i++) {
		if (join(home, names[i], &self->outs[i]) < 0)
			return -1;
	}
	self->outs_count = job->subscribers;
	return 0;
}

static int publish(const struct peer_job *job, struct peer_tally *tally)
{
	struct end self = {0};

	if (record_bytes(job->size) > RING_BYTES / 2) {
		errno = EMSGSIZE;
		return peer_broken("ring");
	}
	if (join_all(&self, job) < 0)
		return peer_broken("rings");
	if (job->payload == PEER_LOANED)
		return flow_publish_loaned(job, tally, reserve, commit, &self);
	return flow_publish(job, tally, put, &self);
}

static int subscribe(const struct peer_job *job, struct peer_tally *tally)
{
	struct end self = {0};
	int home = home_open();
	char name[32];

	snprintf(name, sizeof name, "ring-%d", (int)getpid());
	if (home < 0 || create(home, name, &self.in) < 0)
		return peer_broken("ring");
	peer_ready();
	return flow_subscribe(job, tally, take, &self);
}

/* Round trips: a ring each way, both made by pong. */
static int ping(const struct peer_job *job, struct peer_tally *tally)
{
	struct end self = {.outs_count = 1};
	struct trip_line line = {.end = &self, .put = put, .take = take};
	int home = home_open();

	(void)tally;
	if (home < 0 || join(home, "there", &self.outs[0]) < 0 || join(home, "back", &self.in) < 0)
		return peer_broken("rings");
	return trip_ping(job, &line);
}

static int pong(const struct peer_job *job, struct peer_tally *tally)
{
	struct end self = {.outs_count = 1};
	struct trip_line line = {.end = &self, .put = put, .take = take};
	int home = home_open();

	(void)tally;
	if (home < 0 || create(home, "there", &self.in) < 0 ||
	    create(home, "back", &self.outs[0]) < 0)
		return peer_broken("rings");
	peer_ready();
	return trip_pong(job, &line);
}

int main(int argc, char **argv)
{
	const struct peer_actions actions = {
		.publish = publish, .subscribe = subscribe, .ping = ping, .pong = pong};

	return peer_main(argc, argv, &actions);
}
