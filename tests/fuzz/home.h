/* SPDX-License-Identifier: MIT */
/* What the fuzz targets that need files share: a home of their own, made once a process. */
#ifndef TESTS_FUZZ_HOME_H
#define TESTS_FUZZ_HOME_H

#include <fsps/fsps.h>

/* The directory around the home; the canary lies in it. Removed at exit. */
const char *fuzz_directory(void);
/* An open bus on the home in that directory. */
fsps_bus *fuzz_bus(void);
/* Removes what is in the home. */
void fuzz_empty_home(void);
/* Aborts, saying what was violated. */
void fuzz_require(int holds, const char *what);

#endif
