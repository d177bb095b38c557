/* SPDX-License-Identifier: MIT */
/*
 * The commands' output under a fuzzer: kept from the terminal and checked. It is linked in place of
 * write(2), see meson.build; sanitizers and libFuzzer have ways of their own.
 *
 * What a command says to people on standard error is a line without control bytes, whatever the
 * command line or the input says; what it prints is counted.
 */
#ifndef TESTS_FUZZ_QUIET_H
#define TESTS_FUZZ_QUIET_H

#include <stddef.h>

/* How often something was said on standard error. */
extern size_t fuzz_said;
/* How many bytes were printed to standard output. */
extern size_t fuzz_printed;

/* As descriptor for output: nothing is written to it. */
enum { FUZZ_QUIET_FD = 1 };

#endif
