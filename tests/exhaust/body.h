/* SPDX-License-Identifier: MIT */
/* Messages of these tests: numbered texts of four lengths, which show any tear. */
#ifndef TESTS_EXHAUST_BODY_H
#define TESTS_EXHAUST_BODY_H

#include <stddef.h>

#include <fsps/fsps.h>

enum {
	/* Numbers are below that. */
	BODY_NUMBERS = 64,
	BODY_BYTES = 40000,
};

/* The text of a numbered message, of up to BODY_BYTES - 1 bytes. Returns its length; it ends with
 * NUL besides. */
size_t body_fill(unsigned number, char *to);
/* The number of a message, which must be whole. */
unsigned body_number_of(const fsps_message *message);

#endif
