/* SPDX-License-Identifier: MIT */
/*
 * Somebody who does anything to a home, by system calls alone: makes, moves, links, removes, cuts
 * and scribbles on what is there, under all names that mean something and some that don't.
 *
 * Two things are left out. One is in hostile.c, take_a_moment(). The other is to shorten a file
 * that this process has mapped: the kernel answers a read of what was cut off with SIGBUS, and no
 * library can do anything about that without a signal handler of its own. docs/design/lane.md says
 * of it that only processes of the same user may do it, and can do as much to each other anyhow.
 */
#ifndef TESTS_FUZZ_HOSTILE_H
#define TESTS_FUZZ_HOSTILE_H

#include "fuzz/input.h"

/* Does one thing that the input says. */
void fuzz_hostile_act(struct fuzz_input *input);

/* Lets go of the lock that it may hold, and puts the home back. */
void fuzz_hostile_end(void);

#endif
