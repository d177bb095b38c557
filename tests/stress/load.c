/* SPDX-License-Identifier: MIT */
/* Implements load.h. */
#include "load.h"

#include <string.h>

uint64_t load_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* No two payloads have the same content, nor one in two places. */
static uint64_t seed_of(const struct load_head *head)
{
	return (uint64_t)head->publisher << 56 ^ head->sequence << 20 ^ head->length;
}

void load_fill(unsigned char *to, const struct load_head *head)
{
	uint64_t state = seed_of(head);
	size_t at = sizeof *head;

	memcpy(to, head, sizeof *head);
	for (; at < head->length; at += sizeof(uint64_t)) {
		uint64_t word = load_random(&state);
		size_t left = head->length - at;

		memcpy(to + at, &word, left < sizeof word ? left : sizeof word);
	}
}

bool load_check(const unsigned char *bytes, size_t length, struct load_head *ret_head)
{
	size_t at = sizeof *ret_head;
	uint64_t state;

	if (length < sizeof *ret_head)
		return false;
	memcpy(ret_head, bytes, sizeof *ret_head);
	if (ret_head->length != length)
		return false;
	state = seed_of(ret_head);
	for (; at < length; at += sizeof(uint64_t)) {
		uint64_t word = load_random(&state);
		size_t left = length - at;

		if (memcmp(bytes + at, &word, left < sizeof word ? left : sizeof word) != 0)
			return false;
	}
	return true;
}
