/* SPDX-License-Identifier: MIT */
/*
 * Memory that runs out: every allocation of a process is counted, and one of them fails, or all
 * from one on.
 *
 * Linked into a program, it strikes where the program says so. As a shared library (LD_PRELOAD) it
 * strikes in the first process that loads it, from the moment that it is loaded, as a file says
 * whose path is in FSPS_FAILING_MALLOC; what that process starts is left alone.
 */
#ifndef TESTS_FAULT_FAILING_MALLOC_H
#define TESTS_FAULT_FAILING_MALLOC_H

#include <stdint.h>

/* What the file is, and what the program sets. */
struct failing_malloc {
	/* Not 0: allocations count. The library sets it. */
	uint32_t armed;
	/* The allocation that fails, counted from 0; not 0 in `all`: and those after it. */
	uint32_t at;
	uint32_t all;
	/* How many there were so far. */
	uint32_t calls;
};

/* Of this process; may be made to point to memory that others share. NULL: nothing fails. */
extern struct failing_malloc *failing_malloc;

#endif
