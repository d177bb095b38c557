/* SPDX-License-Identifier: MIT */
/* Which entry of a home a fuzz input means: one that is there, or a name that means something. */
#ifndef TESTS_FUZZ_PLACES_H
#define TESTS_FUZZ_PLACES_H

#include <stdbool.h>

#include "fuzz/input.h"

struct fuzz_entry {
	/* A directory of the home that is none outside, or the home; to be closed. -1: none. */
	int directory;
	char name[256];
	/* The number in a name that was formed; else something. */
	uint64_t id;
};

/* Reads from the input which one. False if there is no such directory, or name. */
bool fuzz_entry_open(struct fuzz_input *input, struct fuzz_entry *ret_entry);
void fuzz_entry_close(struct fuzz_entry *entry);

/* The entry of that number in a directory, by name; false if it is empty. */
bool fuzz_nth_name(int directory, unsigned number, char *ret_name);

#endif
