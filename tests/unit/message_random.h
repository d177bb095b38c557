/* SPDX-License-Identifier: MIT */
/*
 * Random input for the tests of the message layer, the same for the same seed. FSPS_SEED in the
 * environment is the seed; without it, it is the time. A test that fails prints it.
 */
#ifndef TESTS_UNIT_MESSAGE_RANDOM_H
#define TESTS_UNIT_MESSAGE_RANDOM_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t random_seed(void)
{
	const char *text = getenv("FSPS_SEED");
	struct timespec now;

	if (text != NULL)
		return strtoull(text, NULL, 10);
	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* splitmix64: any state is a good one. */
static inline uint64_t random_next(uint64_t *state)
{
	uint64_t mixed = *state += UINT64_C(0x9e3779b97f4a7c15);

	mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
	return mixed ^ (mixed >> 31);
}

/* 0 to limit - 1. */
static inline size_t random_below(uint64_t *state, size_t limit)
{
	return (size_t)(random_next(state) % limit);
}

#endif
