/* SPDX-License-Identifier: MIT */
/*
 * What the parts of a publish and of a receive cost by themselves, nanoseconds each: one kind of
 * operation over and over, in one process, with all of its memory in the caches. What two processes
 * do to each other is in between.c; design/lane.md says where each of them occurs.
 *
 * parts DIRECTORY
 * prints one line of JSON, a number for each name in the table below. Of several attempts the least
 * counts: what comes on top of it is something else. Files are made in DIRECTORY and removed.
 *
 * A processor does several of them at the same time, so a publish may take less than their sum; and
 * its memory comes from another core's cache, so it may take more.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/peer.h"

enum {
	ATTEMPTS = 7,
	TURNS = 200000,
	/* Of what enters the kernel. */
	TURNS_OF_CALLS = 2000,
	PAGE_BYTES = 4096,
	PAGES = 2048,
	CHANNELS = 1000,
	SEGMENT_BYTES = 1 << 18,
	/* A frame of a message of 100 bytes, and of that what comes before the payload. */
	FRAME_BYTES = 176,
	PAYLOAD_BYTES = 100,
	RECORD_BYTES = 24,
	WORD_OFFSET = 256
};

typedef _Atomic uint64_t word;

/* What the parts work with. */
struct stage {
	int directory;
	int pages_file;
	int bell[2];
	unsigned char *segment;
	/* A page a channel. */
	unsigned char *controls;
	word *counter;
	char topic[32];
	char last_topic[32];
};

/* Makes the compiler believe that all memory is read and written here, so that it leaves out
 * nothing whose result nobody uses. */
static inline void keep(void)
{
	__asm__ volatile("" ::: "memory");
}

/* ---- in memory ---- */

static void do_mutex(struct stage *stage)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	(void)stage;
	for (int i = 0; i < TURNS; i++) {
		pthread_mutex_lock(&mutex);
		keep();
		pthread_mutex_unlock(&mutex);
	}
}

static void do_clock(struct stage *stage)
{
	struct timespec now;

	(void)stage;
	for (int i = 0; i < TURNS; i++) {
		clock_gettime(CLOCK_REALTIME, &now);
		keep();
	}
}

/* The processor's own counter; of other processors than these the library does not ask it. */
static void do_ticks(struct stage *stage)
{
	uint64_t ticks = 0;

	(void)stage;
	for (int i = 0; i < TURNS; i++) {
#if defined(__x86_64__)
		ticks = __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
		__asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
#endif
		__asm__ volatile("" : : "r"(ticks) : "memory");
	}
}

static void do_topic(struct stage *stage)
{
	for (int i = 0; i < TURNS; i++) {
		int same = strcmp(stage->topic, stage->last_topic);

		__asm__ volatile("" : : "r"(same) : "memory");
	}
}

static void do_counter(struct stage *stage)
{
	for (int i = 0; i < TURNS; i++) {
		uint64_t last = atomic_load_explicit(stage->counter, memory_order_relaxed);

		atomic_compare_exchange_strong_explicit(stage->counter, &last, last + 1,
							memory_order_relaxed, memory_order_relaxed);
	}
}

static void copy_frames(struct stage *stage, size_t bytes)
{
	static unsigned char from[FRAME_BYTES];
	size_t at = 0;

	for (int i = 0; i < TURNS; i++) {
		memcpy(stage->segment + at, from, bytes);
		keep();
		at += FRAME_BYTES;
		if (at + FRAME_BYTES > SEGMENT_BYTES)
			at = 0;
	}
}

static void do_payload(struct stage *stage)
{
	copy_frames(stage, PAYLOAD_BYTES);
}

static void do_beginning(struct stage *stage)
{
	copy_frames(stage, FRAME_BYTES - PAYLOAD_BYTES);
}

static void do_commit(struct stage *stage)
{
	word *commit = (word *)(void *)stage->segment;

	for (int i = 0; i < TURNS; i++) {
		atomic_store_explicit(&commit[1], 0, memory_order_relaxed);
		atomic_store_explicit(commit, (uint64_t)i, memory_order_release);
	}
}

/* Behind a store, since it waits for what was stored. */
static void do_fence(struct stage *stage)
{
	word *commit = (word *)(void *)stage->segment;

	for (int i = 0; i < TURNS; i++) {
		atomic_store_explicit(commit, (uint64_t)i, memory_order_release);
		atomic_thread_fence(memory_order_seq_cst);
	}
}

static void do_look(struct stage *stage)
{
	for (int i = 0; i < TURNS; i++) {
		unsigned char *control = stage->controls + (size_t)(i % CHANNELS) * PAGE_BYTES;

		(void)atomic_load_explicit((word *)(void *)(control + WORD_OFFSET),
					   memory_order_relaxed);
	}
}

/* Whether what comes before the payload is what it was the last time. */
static void do_same(struct stage *stage)
{
	static unsigned char last[FRAME_BYTES];

	for (int i = 0; i < TURNS; i++) {
		int same = memcmp(stage->segment, last, FRAME_BYTES - PAYLOAD_BYTES);

		__asm__ volatile("" : : "r"(same) : "memory");
	}
}

/* A message is given back. */
static void do_reference(struct stage *stage)
{
	for (int i = 0; i < TURNS; i++)
		atomic_fetch_sub_explicit(stage->counter, 1, memory_order_acq_rel);
}

/* Where the reader is, and what it counts. */
static void do_place(struct stage *stage)
{
	word *place = (word *)(void *)stage->controls;

	for (int i = 0; i < TURNS; i++) {
		atomic_store_explicit(&place[0], (uint64_t)i, memory_order_relaxed);
		atomic_store_explicit(&place[1], (uint64_t)i, memory_order_relaxed);
		keep();
	}
}

/* ---- in the kernel ---- */

/* Nobody sleeps at the other end. */
static void do_bell(struct stage *stage)
{
	static char record[RECORD_BYTES];
	static char records[RECORD_BYTES * 64];

	for (int i = 0; i < TURNS_OF_CALLS; i++) {
		if (write(stage->bell[1], record, sizeof record) < 0 ||
		    (i % 64 == 63 && read(stage->bell[0], records, sizeof records) < 0))
			exit(peer_broken("bell"));
	}
}

/* Pages that are there already and are seen for the first time. */
static void do_page(struct stage *stage)
{
	unsigned char *pages = mmap(NULL, (size_t)PAGES * PAGE_BYTES, PROT_READ | PROT_WRITE,
				    MAP_SHARED, stage->pages_file, 0);

	if (pages == MAP_FAILED)
		exit(peer_broken("mmap"));
	for (size_t i = 0; i < PAGES; i++)
		pages[i * PAGE_BYTES] = 1;
	munmap(pages, (size_t)PAGES * PAGE_BYTES);
}

/* Of a segment: its lock, twice, a look at it, a link and a ring; then what its reader does. */
static void do_segment(struct stage *stage)
{
	static char record[RECORD_BYTES];
	struct stat status;

	for (int i = 0; i < TURNS_OF_CALLS; i++) {
		int reader;

		if (flock(stage->pages_file, LOCK_EX) < 0 ||
		    fstat(stage->pages_file, &status) < 0 ||
		    flock(stage->pages_file, LOCK_UN) < 0 ||
		    linkat(stage->directory, "pages", stage->directory, "link", 0) < 0 ||
		    write(stage->bell[1], record, sizeof record) < 0)
			exit(peer_broken("segment"));
		reader = openat(stage->directory, "link", O_RDWR | O_CLOEXEC);
		if (read(stage->bell[0], record, sizeof record) < 0 || reader < 0 ||
		    flock(reader, LOCK_SH) < 0 || fstat(reader, &status) < 0 ||
		    unlinkat(stage->directory, "link", 0) < 0 || close(reader) < 0)
			exit(peer_broken("segment"));
	}
}

struct part {
	const char *name;
	void (*run)(struct stage *stage);
	int turns;
};

static const struct part parts[] = {
	{.name = "mutex", .run = do_mutex, .turns = TURNS},
	{.name = "clock", .run = do_clock, .turns = TURNS},
	{.name = "ticks", .run = do_ticks, .turns = TURNS},
	{.name = "topic", .run = do_topic, .turns = TURNS},
	{.name = "counter", .run = do_counter, .turns = TURNS},
	{.name = "beginning", .run = do_beginning, .turns = TURNS},
	{.name = "payload", .run = do_payload, .turns = TURNS},
	{.name = "commit", .run = do_commit, .turns = TURNS},
	{.name = "fence", .run = do_fence, .turns = TURNS},
	{.name = "look", .run = do_look, .turns = TURNS},
	{.name = "same", .run = do_same, .turns = TURNS},
	{.name = "place", .run = do_place, .turns = TURNS},
	{.name = "reference", .run = do_reference, .turns = TURNS},
	{.name = "bell", .run = do_bell, .turns = TURNS_OF_CALLS},
	{.name = "page", .run = do_page, .turns = PAGES},
	{.name = "segment", .run = do_segment, .turns = TURNS_OF_CALLS},
};

static double least_ns(const struct part *part, struct stage *stage)
{
	int64_t least = INT64_MAX;

	for (int i = 0; i < ATTEMPTS; i++) {
		int64_t start_ns = peer_now_ns();
		int64_t taken_ns;

		part->run(stage);
		taken_ns = peer_now_ns() - start_ns;
		least = taken_ns < least ? taken_ns : least;
	}
	return (double)least / part->turns;
}

static void *shared_memory(size_t bytes)
{
	void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return start == MAP_FAILED ? NULL : start;
}

static int set_up(struct stage *stage, const char *directory)
{
	snprintf(stage->topic, sizeof stage->topic, "%s", peer_now_ns() != 0 ? "bench.topic" : "");
	memcpy(stage->last_topic, stage->topic, sizeof stage->topic);
	stage->segment = shared_memory(SEGMENT_BYTES);
	stage->controls = shared_memory((size_t)CHANNELS * PAGE_BYTES);
	stage->counter = shared_memory(PAGE_BYTES);
	stage->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	stage->pages_file = openat(stage->directory, "pages", O_CREAT | O_EXCL | O_RDWR, 0600);
	if (stage->segment == NULL || stage->controls == NULL || stage->counter == NULL ||
	    stage->pages_file < 0 ||
	    posix_fallocate(stage->pages_file, 0, (off_t)PAGES * PAGE_BYTES) != 0 ||
	    pipe(stage->bell) < 0)
		return peer_broken(directory);
	return 0;
}

int main(int argc, char **argv)
{
	struct stage stage = {0};
	int result;

	if (argc != 2) {
		fprintf(stderr, "usage: parts DIRECTORY\n");
		return 2;
	}
	result = set_up(&stage, argv[1]);
	for (size_t i = 0; result == 0 && i < sizeof parts / sizeof parts[0]; i++)
		printf("%s\"%s\": %.2f", i == 0 ? "{" : ", ", parts[i].name,
		       least_ns(&parts[i], &stage));
	if (result == 0)
		puts("}");
	if (stage.pages_file >= 0)
		unlinkat(stage.directory, "pages", 0);
	return result;
}
