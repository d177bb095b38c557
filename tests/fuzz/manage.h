/* SPDX-License-Identifier: MIT */
/* What people do to a home beside publishing and receiving: looking on, and managing channels and
 * dead letters. Each call ends in time and answers what its header documents. */
#ifndef TESTS_FUZZ_MANAGE_H
#define TESTS_FUZZ_MANAGE_H

#include <fsps/fsps.h>

#include "fuzz/input.h"

enum { FUZZ_MANAGE_ACTS = 8 };

/* Does one of these things; which: below FUZZ_MANAGE_ACTS. */
void fuzz_manage(fsps_bus *bus, unsigned which, struct fuzz_input *input);

/* Reads all of a message that a program may read. */
void fuzz_check_message(const fsps_message *message);

#endif
