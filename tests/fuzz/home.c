/* SPDX-License-Identifier: MIT */
/* Implements tests/fuzz/home.h. */
#include "fuzz/home.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64];
static char home[96];
static pid_t owner;

void fuzz_require(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "violated: %s (%s)\n", what, fsps_last_error()->text);
	abort();
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	/* The home itself stays. */
	if (where->level > 0 || strcmp(path, home) != 0)
		(void)remove(path);
	return 0;
}

void fuzz_empty_home(void)
{
	(void)nftw(home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void remove_directory(void)
{
	if (getpid() != owner)
		return;
	(void)nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	(void)rmdir(home);
	(void)nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	(void)rmdir(directory);
}

const char *fuzz_directory(void)
{
	if (directory[0] != '\0' && owner == getpid())
		return directory;
	owner = getpid();
	snprintf(directory, sizeof directory, "%s/fsps-fuzz-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	fuzz_require(mkdtemp(directory) != NULL, "a temporary directory can be made");
	snprintf(home, sizeof home, "%s/home", directory);
	fuzz_require(mkdir(home, 0700) == 0, "a home can be made");
	atexit(remove_directory);
	return directory;
}

fsps_bus *fuzz_bus(void)
{
	struct fsps_bus_options options = {.size = sizeof options, .message_bytes_max = 65536};
	fsps_bus *bus = NULL;

	(void)fuzz_directory();
	options.home = home;
	fuzz_require(fsps_bus_open(&options, &bus) == 0, "a bus opens");
	return bus;
}
