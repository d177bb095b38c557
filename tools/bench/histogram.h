/* SPDX-License-Identifier: MIT */
/*
 * A histogram of durations with buckets that are linear within each power of two: 128 of them, so
 * that each is less than 0.8 % of what is in it, from 1 ns to 2,200 s. What is longer counts as
 * that.
 *
 * Fixed size and no pointers: it may lie in memory that processes share, with one of them writing.
 */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum {
	BENCH_HISTOGRAM_BITS = 7,
	BENCH_HISTOGRAM_VALUE_BITS = 41,
	BENCH_HISTOGRAM_BUCKETS = (BENCH_HISTOGRAM_VALUE_BITS - BENCH_HISTOGRAM_BITS + 1)
				  << BENCH_HISTOGRAM_BITS
};

/* Empty if all zero. */
struct bench_histogram {
	uint64_t count;
	uint64_t min_ns;
	uint64_t max_ns;
	uint64_t buckets[BENCH_HISTOGRAM_BUCKETS];
};

/* The bucket of a value, and the least value of a bucket; that of the one behind the last ends it.
 */
size_t bench_histogram_bucket(uint64_t ns);
uint64_t bench_histogram_from_ns(size_t bucket);

/* Less than 0 counts as 0. */
void bench_histogram_add(struct bench_histogram *histogram, int64_t ns);

/* Adds all of another one. */
void bench_histogram_merge(struct bench_histogram *histogram, const struct bench_histogram *other);

/* The least value that this share of all, 0 to 1, is not above: the largest one of its bucket, but
 * never more than the maximum. 0 of an empty one. */
uint64_t bench_histogram_quantile_ns(const struct bench_histogram *histogram, double share);

/* How many values lie in buckets that begin at from_ns or later and before to_ns. */
uint64_t bench_histogram_between(const struct bench_histogram *histogram, uint64_t from_ns,
				 uint64_t to_ns);

#endif
