/* SPDX-License-Identifier: MIT */
/* A short list of numbers on the command line, with commas between them. */
#ifndef BENCH_LIST_H
#define BENCH_LIST_H

#include <stddef.h>
#include <stdint.h>

enum { BENCH_LIST_MAX = 32 };

struct bench_list {
	uint64_t values[BENCH_LIST_MAX];
	size_t count;
};

/* Reads the argument of an option: sizes in bytes as cli_parse_size() has them, or whole numbers,
 * each from min to max. 0, or CLI_USAGE after saying what is wrong. */
int bench_list_sizes(const char *option, const char *text, uint64_t min, uint64_t max,
		     struct bench_list *ret_list);
int bench_list_counts(const char *option, const char *text, uint64_t min, uint64_t max,
		      struct bench_list *ret_list);

#endif
