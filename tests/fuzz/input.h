/* SPDX-License-Identifier: MIT */
/* A fuzz input that is used up bit by bit. At its end there are zeros, so that any input is a whole
 * one. */
#ifndef TESTS_FUZZ_INPUT_H
#define TESTS_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>

struct fuzz_input {
	const uint8_t *data;
	size_t left;
};

static inline uint8_t fuzz_byte(struct fuzz_input *input)
{
	if (input->left == 0)
		return 0;
	input->left--;
	return *input->data++;
}

static inline uint64_t fuzz_number(struct fuzz_input *input, int bytes)
{
	uint64_t number = 0;

	for (int i = 0; i < bytes; i++)
		number = number << 8 | fuzz_byte(input);
	return number;
}

/* Takes up to len bytes; how many there were. */
static inline size_t fuzz_bytes(struct fuzz_input *input, size_t len, const uint8_t **ret_bytes)
{
	if (len > input->left)
		len = input->left;
	*ret_bytes = input->data;
	input->data += len;
	input->left -= len;
	return len;
}

#endif
