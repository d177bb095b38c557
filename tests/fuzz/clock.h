/* SPDX-License-Identifier: MIT */
/*
 * Clocks and random bytes of the library as a fuzz target wants them: time passes as it does, and
 * in leaps that the target makes; what is random is the same again in each run of an input, so that
 * it can be repeated, and names in one run mean the same in the next.
 *
 * Linked in place of the library's own by -Wl,--wrap, see meson.build.
 */
#ifndef TESTS_FUZZ_CLOCK_H
#define TESTS_FUZZ_CLOCK_H

#include <stdint.h>

/* At the start of an input, with nothing open: no leaps were made yet. */
void fuzz_clock_restart(void);
/* All clocks go on by so much. */
void fuzz_clock_leap(uint64_t ms);

#endif
