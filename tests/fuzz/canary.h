/* SPDX-License-Identifier: MIT */
/*
 * A directory beside the home, with files of all kinds under the names that the library uses.
 * Nothing in it may ever change, whatever leads there from inside the home: names, content, modes,
 * owners, times of change, where links lead, what was written to its FIFO.
 *
 * Hard links from the home to its files may come and go, so the count of these is no matter.
 */
#ifndef TESTS_FUZZ_CANARY_H
#define TESTS_FUZZ_CANARY_H

#include <stdbool.h>
#include <sys/stat.h>

enum { FUZZ_CANARY_FILES = 16 };

/* Its path; made at the first call. */
const char *fuzz_canary(void);
/* The name of one of its entries; any number stands for one. */
const char *fuzz_canary_name(unsigned number);
/* The directory, open. */
int fuzz_canary_fd(void);

/* Whether a hard link may be made to that file. Not to a FIFO: under the name of a bell it is one,
 * and no other user can make such a link. Nor to a message that only a symlink is to lead to: who
 * receives its payload has followed one. */
bool fuzz_canary_may_be_linked(const char *name);
#define FUZZ_CANARY_PAYLOAD "stolen"

/* Whether a file is one of its: then whoever makes mischief in the home leaves it alone. */
bool fuzz_canary_has(const struct stat *status);

/* Ends the process if it changed. */
void fuzz_canary_check(void);

#endif
