/* SPDX-License-Identifier: MIT */
/* How every fuzz target says that something does not hold. */
#ifndef TESTS_FUZZ_REQUIRE_H
#define TESTS_FUZZ_REQUIRE_H

#include <stdio.h>
#include <stdlib.h>

/* Ends the process in a way that every fuzzer notices, saying what was violated. */
static inline void fuzz_require(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "violated: %s\n", what);
	abort();
}

#endif
