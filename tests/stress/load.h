/* SPDX-License-Identifier: MIT */
/*
 * Payloads that tell by themselves whether they are whole and in their place: each says whose it is
 * and which one, and the rest of it follows from that.
 */
#ifndef TESTS_STRESS_LOAD_H
#define TESTS_STRESS_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOAD_NOBODY = 0xff };

struct load_head {
	uint32_t publisher;
	uint8_t topic;
	/* Which subscriber answers it, or LOAD_NOBODY. */
	uint8_t answer_by;
	/* The publisher's last one of that topic. */
	uint8_t last;
	uint8_t reserved;
	/* How many its publisher sent before, of that topic and in all. */
	uint64_t topic_sequence;
	uint64_t sequence;
	uint32_t length;
	uint32_t unused;
};

/* A pseudo-random sequence: the same numbers from the same state. */
uint64_t load_random(uint64_t *state);

/* Writes a payload of head->length bytes, which is not less than the head is. */
void load_fill(unsigned char *to, const struct load_head *head);

/* Whether those bytes are a payload, and whole. */
bool load_check(const unsigned char *bytes, size_t length, struct load_head *ret_head);

#endif
