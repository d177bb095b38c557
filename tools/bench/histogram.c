/* SPDX-License-Identifier: MIT */
/* Implements bench/histogram.h. */
#include "bench/histogram.h"

enum { PER_OCTAVE = 1 << BENCH_HISTOGRAM_BITS };

#define VALUE_MAX ((UINT64_C(1) << BENCH_HISTOGRAM_VALUE_BITS) - 1)

/*
 * Values below 128 have a bucket each. Of a larger one the highest 8 bits count: they are 128 to
 * 255, and how far they have to be shifted says which octave it is.
 */
size_t bench_histogram_bucket(uint64_t ns)
{
	uint64_t value = ns > VALUE_MAX ? VALUE_MAX : ns;
	unsigned shift;

	if (value < PER_OCTAVE)
		return (size_t)value;
	shift = 63U - (unsigned)__builtin_clzll(value) - BENCH_HISTOGRAM_BITS;
	return (size_t)((uint64_t)shift * PER_OCTAVE + (value >> shift));
}

uint64_t bench_histogram_from_ns(size_t bucket)
{
	size_t shift;

	if (bucket < PER_OCTAVE)
		return bucket;
	shift = bucket / PER_OCTAVE - 1;
	return (uint64_t)(bucket % PER_OCTAVE + PER_OCTAVE) << shift;
}

void bench_histogram_add(struct bench_histogram *histogram, int64_t ns)
{
	uint64_t value = ns < 0 ? 0 : (uint64_t)ns;

	if (histogram->count == 0 || value < histogram->min_ns)
		histogram->min_ns = value;
	if (value > histogram->max_ns)
		histogram->max_ns = value;
	histogram->count++;
	histogram->buckets[bench_histogram_bucket(value)]++;
}

void bench_histogram_merge(struct bench_histogram *histogram, const struct bench_histogram *other)
{
	if (other->count == 0)
		return;
	if (histogram->count == 0 || other->min_ns < histogram->min_ns)
		histogram->min_ns = other->min_ns;
	if (other->max_ns > histogram->max_ns)
		histogram->max_ns = other->max_ns;
	histogram->count += other->count;
	for (size_t i = 0; i < BENCH_HISTOGRAM_BUCKETS; i++)
		histogram->buckets[i] += other->buckets[i];
}

/* The largest value that can be in a bucket. */
static uint64_t last_of(const struct bench_histogram *histogram, size_t bucket)
{
	uint64_t last = bench_histogram_from_ns(bucket + 1) - 1;

	return last > histogram->max_ns || bucket == BENCH_HISTOGRAM_BUCKETS - 1 ? histogram->max_ns
										 : last;
}

uint64_t bench_histogram_quantile_ns(const struct bench_histogram *histogram, double share)
{
	double wanted = share * (double)histogram->count;
	uint64_t seen = 0;

	for (size_t i = 0; i < BENCH_HISTOGRAM_BUCKETS; i++) {
		seen += histogram->buckets[i];
		if (seen > 0 && (double)seen >= wanted)
			return last_of(histogram, i);
	}
	return histogram->max_ns;
}

uint64_t bench_histogram_between(const struct bench_histogram *histogram, uint64_t from_ns,
				 uint64_t to_ns)
{
	uint64_t count = 0;

	for (size_t i = 0; i < BENCH_HISTOGRAM_BUCKETS; i++) {
		uint64_t begin_ns = bench_histogram_from_ns(i);

		if (begin_ns >= from_ns && begin_ns < to_ns)
			count += histogram->buckets[i];
	}
	return count;
}
