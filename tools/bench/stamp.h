/* SPDX-License-Identifier: MIT */
/*
 * What each payload carries in its first and its last eight bytes: who published it, its number,
 * what it is, and when it was due, the latter sealed with the former. A payload that was mixed up,
 * cut or overwritten has no right seal, but for one in billions.
 *
 * What lies between is the publisher's to fill, with a byte that follows from the number, if all of
 * it is to be written and read.
 */
#ifndef BENCH_STAMP_H
#define BENCH_STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BENCH_STAMP_BYTES = 16, BENCH_STAMP_PUBLISHERS_MAX = 4096 };

struct bench_stamp {
	/* Below BENCH_STAMP_PUBLISHERS_MAX. */
	uint32_t publisher;
	/* Counted by each publisher from 0, below 2^50. */
	uint64_t sequence;
	/* It is not one of the warm-up. */
	bool measured;
	/* The publisher publishes no more. */
	bool last;
	/* CLOCK_MONOTONIC; 0: there is no timetable. */
	int64_t due_ns;
};

/* Writes one into a payload of at least BENCH_STAMP_BYTES. touch: and all bytes in between. */
void bench_stamp_write(const struct bench_stamp *stamp, unsigned char *payload, size_t size,
		       bool touch);

/* Reads it. False if what is there is none. since_ns: no due time is before that, or more than a
 * year later; 0: nothing is due. */
bool bench_stamp_read(const unsigned char *payload, size_t size, bool touch, int64_t since_ns,
		      struct bench_stamp *ret_stamp);

#endif
