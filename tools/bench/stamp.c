/* SPDX-License-Identifier: MIT */
/* Implements bench/stamp.h. */
#include "bench/stamp.h"

#include <string.h>

enum { WORD = 8, SEQUENCE_BITS = 50, MEASURED_BIT = 62, LAST_BIT = 63 };

#define SEQUENCE_MASK ((UINT64_C(1) << SEQUENCE_BITS) - 1)

/* A bit more than a year. */
#define RUN_NS_MAX (INT64_C(1) << 55)

/* What the second word of a message is sealed with. All bits of it follow from all of the first. */
static uint64_t seal_of(uint64_t word, size_t size)
{
	uint64_t mixed = (word ^ size) * UINT64_C(0xd6e8feb86659fd93);

	mixed ^= mixed >> 32;
	return mixed * UINT64_C(0xd6e8feb86659fd93);
}

void bench_stamp_write(const struct bench_stamp *stamp, unsigned char *payload, size_t size,
		       bool touch)
{
	uint64_t word = stamp->sequence | (uint64_t)stamp->publisher << SEQUENCE_BITS |
			(uint64_t)stamp->measured << MEASURED_BIT |
			(uint64_t)stamp->last << LAST_BIT;
	uint64_t sealed = (uint64_t)stamp->due_ns ^ seal_of(word, size);

	memcpy(payload, &word, WORD);
	if (touch)
		memset(payload + WORD, (unsigned char)stamp->sequence, size - BENCH_STAMP_BYTES);
	memcpy(payload + size - WORD, &sealed, WORD);
}

/* Whether all bytes between the words are what they should be: the first one is, and each is as the
 * one before it. */
static bool is_filled(const unsigned char *payload, size_t size, uint64_t sequence)
{
	const unsigned char *fill = payload + WORD;
	size_t len = size - BENCH_STAMP_BYTES;

	return len == 0 ||
	       (fill[0] == (unsigned char)sequence && memcmp(fill, fill + 1, len - 1) == 0);
}

bool bench_stamp_read(const unsigned char *payload, size_t size, bool touch, int64_t since_ns,
		      struct bench_stamp *ret_stamp)
{
	struct bench_stamp stamp;
	uint64_t word;
	uint64_t sealed;

	memcpy(&word, payload, WORD);
	memcpy(&sealed, payload + size - WORD, WORD);
	stamp.sequence = word & SEQUENCE_MASK;
	stamp.publisher = (uint32_t)(word >> SEQUENCE_BITS) % BENCH_STAMP_PUBLISHERS_MAX;
	stamp.measured = (word >> MEASURED_BIT & 1) != 0;
	stamp.last = (word >> LAST_BIT & 1) != 0;
	stamp.due_ns = (int64_t)(sealed ^ seal_of(word, size));
	if (stamp.due_ns < since_ns || stamp.due_ns > since_ns + (since_ns > 0 ? RUN_NS_MAX : 0))
		return false;
	if (touch && !is_filled(payload, size, stamp.sequence))
		return false;
	*ret_stamp = stamp;
	return true;
}
