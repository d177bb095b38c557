/* SPDX-License-Identifier: MIT */
/*
 * What the processes of a round share: a page or some for each of them, which it alone writes and
 * the others read, and the gate that lets all of them go at once.
 *
 * Numbers are written in whole and read as they are found: nobody waits for anybody by them, but
 * for the end of the warm-up, which waits in steps.
 */
#ifndef BENCH_SHARED_H
#define BENCH_SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/histogram.h"

/* One process. Counters of what was published, or received, come first: they have a line of the
 * cache to themselves. */
struct bench_seat {
	/* All messages so far, those of the warm-up included; of a subscriber each channel's. */
	_Alignas(128) uint64_t messages;

	/* A publisher has done its warm-up, of so many messages. */
	_Alignas(128) uint64_t warmed_up;
	uint64_t warm_messages;

	/* What is not of the warm-up. */
	_Alignas(128) uint64_t measured;
	int64_t start_ns;
	int64_t end_ns;
	/* Processor time, user and system, from start to end. */
	int64_t cpu_ns;
	uint64_t rss_max_kib;
	/* Of a publisher at a rate: what its timetable asked for. */
	uint64_t due;
	/* What a subscriber found wrong. */
	uint64_t out_of_order;
	uint64_t damaged;
	/* Its work is done, and all above is true. */
	uint64_t done;
	/* Latencies; of a publisher at a rate how late it was itself; of one that makes round trips
	 * these. */
	struct bench_histogram latency;
	struct bench_histogram late;
};

struct bench_shared {
	struct bench_seat *seats;
	size_t publishers;
	size_t subscribers;
	size_t bytes;
	/* Written to by who is ready, and ends when all shall begin. */
	int ready_pipe[2];
	int gate_pipe[2];
};

/* 0, or an exit code after saying what is wrong. To be closed in any case. */
int bench_shared_open(struct bench_shared *shared, size_t publishers, size_t subscribers);
void bench_shared_close(struct bench_shared *shared);

struct bench_seat *bench_shared_publisher(const struct bench_shared *shared, size_t index);
struct bench_seat *bench_shared_subscriber(const struct bench_shared *shared, size_t index);

/* In a child: says that it is ready and waits for the others. False: it shall stop. */
bool bench_shared_wait(struct bench_shared *shared);

/* In the parent: lets all go. */
void bench_shared_go(struct bench_shared *shared);

/* Sums over all publishers, and over all subscribers, as they are now. */
uint64_t bench_shared_published(const struct bench_shared *shared);
uint64_t bench_shared_received(const struct bench_shared *shared);

static inline uint64_t bench_load(const uint64_t *place)
{
	return __atomic_load_n(place, __ATOMIC_ACQUIRE);
}

static inline void bench_store(uint64_t *place, uint64_t value)
{
	__atomic_store_n(place, value, __ATOMIC_RELEASE);
}

#endif
