/* SPDX-License-Identifier: MIT */
/*
 * A program that uses the library in a home, whatever becomes of that: each call ends in time and
 * answers what its header documents. What it has open it closes at the end.
 */
#ifndef TESTS_FUZZ_USER_H
#define TESTS_FUZZ_USER_H

#include "fuzz/input.h"

/* Opens a bus, a publisher, a live channel, a durable one and two workers of a group. */
void fuzz_user_begin(void);
/* One call, or a few, that the input says. */
void fuzz_user_act(struct fuzz_input *input);
void fuzz_user_end(void);

/* A new channel gets what is published to it, once, and nothing else. */
void fuzz_user_check_delivery(void);

#endif
