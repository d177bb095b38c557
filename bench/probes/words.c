/* SPDX-License-Identifier: MIT */
/*
 * Where should the words lie that a publisher looks at for each channel after each message, to see
 * whether its reader sleeps? Each in a mapped page of its own, as in control blocks, or together?
 *
 * words [DIRECTORY]
 * prints, for 4, 100 and 1,000 channels and for each layout, the nanoseconds of looking, per
 * message and per channel: what a message takes with channels less what it takes without. A message
 * is a copy of 128 bytes into a segment and a full fence. Meanwhile another thread sets a word,
 * each time that of another channel, never, every 10 us or every 1 us, and the one that looks
 * exchanges it for 0. Of several attempts the least counts. Takes half a minute and two cores;
 * where these share one core's units, all takes longer while the other thread runs.
 *
 * DIRECTORY, /dev/shm if it is not given, is where the files are that are mapped; they have no
 * names. Leaves out: ringing, and what else a publisher touches for each channel.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/peer.h"

enum {
	PAGE_BYTES = 4096,
	LINE_BYTES = 64,
	/* Where the word is in a control block. */
	WORD_OFFSET = 260,
	CHANNELS_MAX = 1000,
	SEGMENT_BYTES = 1 << 18,
	MESSAGE_BYTES = 128,
	ATTEMPTS = 5,
	ATTEMPT_NS = 60000000,
	CLOCK_EVERY = 16
};

typedef _Atomic uint32_t word;

struct layout {
	const char *name;
	/* From word to word in one file; 0: a file for each. */
	size_t stride;
	/* The word is not at the same place in each page. */
	bool staggered;
	/* The word is found as the library does, through a leg and a target. */
	bool by_target;
};

static const struct layout layouts[] = {
	{.name = "a page each, leg->target->page", .by_target = true},
	{.name = "a page each, array of pointers"},
	{.name = "the same, at another place in each", .staggered = true},
	{.name = "64 bytes apart, array of pointers", .stride = LINE_BYTES},
	{.name = "4 bytes apart, array of pointers", .stride = sizeof(word)},
};

static const int64_t pauses_ns[] = {0, 10000, 1000};

enum {
	LAYOUTS = sizeof layouts / sizeof layouts[0],
	PAUSES = sizeof pauses_ns / sizeof pauses_ns[0]
};

/* As large as what the library has for a channel. */
struct target {
	unsigned char before[128];
	unsigned char *page;
	unsigned char after[120];
};

struct leg {
	struct target *target;
	unsigned char rest[56];
};

/* The words of one layout and the ways to them. */
struct field {
	const struct layout *layout;
	size_t count;
	word *words[CHANNELS_MAX];
	struct leg legs[CHANNELS_MAX];
	unsigned char *segment;
};

/* ---- the files ---- */

static unsigned char *map_file(const char *directory, size_t size)
{
	int file = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	void *start = MAP_FAILED;

	if (file >= 0 && posix_fallocate(file, 0, (off_t)size) == 0)
		start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file,
			     0);
	if (start == MAP_FAILED) {
		peer_broken(directory);
		exit(1);
	}
	close(file);
	return start;
}

static word *place_of(const struct layout *layout, unsigned char *start, size_t index)
{
	size_t offset = WORD_OFFSET;

	if (layout->stride > 0)
		offset = index * layout->stride;
	else if (layout->staggered)
		offset = index * LINE_BYTES % PAGE_BYTES;
	return (word *)(void *)(start + offset);
}

static void lay_out(struct field *field, const char *directory, const struct layout *layout,
		    size_t count)
{
	unsigned char *start = NULL;

	field->layout = layout;
	field->count = count;
	for (size_t i = 0; i < count; i++) {
		if (layout->stride == 0)
			start = map_file(directory, PAGE_BYTES);
		else if (i == 0)
			start = map_file(directory, PAGE_BYTES + count * layout->stride);
		field->words[i] = place_of(layout, start, i);
		field->legs[i].target = calloc(1, sizeof(struct target));
		if (field->legs[i].target == NULL)
			exit(peer_broken("memory"));
		field->legs[i].target->page = start;
	}
}

static void clear(struct field *field)
{
	for (size_t i = 0; i < field->count; i++) {
		if (field->layout->stride == 0)
			munmap(field->legs[i].target->page, PAGE_BYTES);
		else if (i == 0)
			munmap(field->legs[i].target->page,
			       PAGE_BYTES + field->count * field->layout->stride);
		free(field->legs[i].target);
	}
}

/* ---- the one that goes to sleep ---- */

struct sleeper {
	const struct field *field;
	int64_t pause_ns;
	atomic_bool done;
};

static void *fall_asleep(void *argument)
{
	struct sleeper *self = argument;
	int64_t next_ns = peer_now_ns();
	size_t index = 0;

	while (!atomic_load_explicit(&self->done, memory_order_relaxed)) {
		if (peer_now_ns() < next_ns)
			continue;
		next_ns += self->pause_ns;
		index = (index + 7) % self->field->count;
		atomic_store_explicit(self->field->words[index], 1, memory_order_relaxed);
	}
	return NULL;
}

/* ---- the one that looks ---- */

static void look_at(word *one)
{
	uint32_t sleep = atomic_load_explicit(one, memory_order_relaxed);

	if (sleep != 0)
		(void)atomic_compare_exchange_strong(one, &sleep, 0);
}

static void look(const struct field *field)
{
	for (size_t i = 0; i < field->count; i++)
		look_at(field->words[i]);
}

static void look_by_target(const struct field *field)
{
	for (size_t i = 0; i < field->count; i++)
		look_at((word *)(void *)(field->legs[i].target->page + WORD_OFFSET));
}

/* ns a message. */
static double publish(const struct field *field, bool looks)
{
	unsigned char message[MESSAGE_BYTES] = {1};
	int64_t start_ns = peer_now_ns();
	int64_t taken_ns = 0;
	uint64_t sent = 0;

	for (; taken_ns < ATTEMPT_NS; sent++) {
		memcpy(field->segment + sent * MESSAGE_BYTES % SEGMENT_BYTES, message,
		       sizeof message);
		atomic_thread_fence(memory_order_seq_cst);
		if (looks && field->layout->by_target)
			look_by_target(field);
		else if (looks)
			look(field);
		if (sent % CLOCK_EVERY == 0)
			taken_ns = peer_now_ns() - start_ns;
	}
	return (double)taken_ns / (double)sent;
}

static double least(const struct field *field, bool looks)
{
	double best = publish(field, looks);

	for (int i = 1; i < ATTEMPTS; i++) {
		double taken = publish(field, looks);

		best = taken < best ? taken : best;
	}
	return best;
}

/* ns of looking a message, while somebody falls asleep every pause_ns (0: never). */
static double measure(const struct field *field, int64_t pause_ns)
{
	struct sleeper sleeper = {.field = field, .pause_ns = pause_ns};
	pthread_t thread;
	double alone;
	double taken;

	if (pause_ns > 0 && pthread_create(&thread, NULL, fall_asleep, &sleeper) != 0)
		exit(peer_broken("pthread_create"));
	alone = least(field, false);
	taken = least(field, true);
	atomic_store(&sleeper.done, true);
	if (pause_ns > 0)
		pthread_join(thread, NULL);
	return taken - alone;
}

static void print_row(const struct field *field)
{
	printf("%-36s", field->layout->name);
	for (size_t i = 0; i < PAUSES; i++) {
		double taken = measure(field, pauses_ns[i]);

		printf("%10.1f %7.2f", taken, taken / (double)field->count);
	}
	puts("");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static const size_t counts[] = {4, 100, CHANNELS_MAX};
	static struct field field;
	const char *directory = argc > 1 ? argv[1] : "/dev/shm";

	field.segment = map_file(directory, SEGMENT_BYTES);
	for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
		printf("%4zu channels: ns a message,  a channel%18s%18s%18s\n", counts[c],
		       "nobody sleeps", "one in 10 us", "one in 1 us");
		for (size_t i = 0; i < LAYOUTS; i++) {
			lay_out(&field, directory, &layouts[i], counts[c]);
			print_row(&field);
			clear(&field);
		}
	}
	return 0;
}
