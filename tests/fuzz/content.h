/* SPDX-License-Identifier: MIT */
/*
 * What may lie in a home, made by somebody who knows the formats: good messages, segments, control
 * blocks and counters, which the input then spoils as far as it likes.
 */
#ifndef TESTS_FUZZ_CONTENT_H
#define TESTS_FUZZ_CONTENT_H

#include "fuzz/input.h"

enum { FUZZ_CONTENT_MAX = 8192, FUZZ_MESSAGE_MAX = 512 };

/* Each writes to a zeroed block of FUZZ_CONTENT_MAX bytes and answers how long it is. */

/* A message of topic "t" with that ID, some headers and payload from the input. */
size_t fuzz_content_message(struct fuzz_input *input, uint8_t *to, uint64_t id);
/* A segment with that key and a few such messages. */
size_t fuzz_content_segment(struct fuzz_input *input, uint8_t *to, uint64_t key);
/* A control block with limits, counters, places and readers from the input. */
size_t fuzz_content_control(struct fuzz_input *input, uint8_t *to);
/* A counter's page with numbers from the input. */
size_t fuzz_content_counter(struct fuzz_input *input, uint8_t *to);

/* Replaces a few bytes anywhere in len of them. */
void fuzz_content_spoil(struct fuzz_input *input, uint8_t *bytes, size_t len);

#endif
