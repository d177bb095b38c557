/* SPDX-License-Identifier: MIT */
/*
 * What the fuzz targets that need files share: a directory of the process' own with a home in it,
 * in memory where that is possible. FSPS_FUZZ_PLACE in the environment is where it is made.
 */
#ifndef TESTS_FUZZ_HOME_H
#define TESTS_FUZZ_HOME_H

#include <fsps/fsps.h>

/* The directory around the home. Made at the first call, removed at exit. */
const char *fuzz_directory(void);
/* The same and the home in it, open for reading their names. */
int fuzz_directory_fd(void);
int fuzz_home_fd(void);
/* An open bus on the home. */
fsps_bus *fuzz_bus(void);
/* Removes what is in the home, which has its mode again then. */
void fuzz_empty_home(void);
/* Removes what all processes of the home share; the channels stay. */
void fuzz_home_repair(void);
/* Removes what is in a directory, following nothing. */
void fuzz_empty_directory(int fd);

#endif
