/* SPDX-License-Identifier: MIT */
/* Implements tests/fuzz/home.h. */
#include "fuzz/home.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/require.h"

static char directory[256];
static char home[sizeof directory + 8];
static int directory_fd = -1;
static int home_fd = -1;
static pid_t owner;

/* ---- removing ---- */

/* Removes a directory with what is in it. */
static void remove_directory(int parent, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(parent, name, flags);

	if (fd < 0 && errno == EACCES && fchmodat(parent, name, 0700, 0) == 0)
		fd = openat(parent, name, flags);
	if (fd < 0)
		return;
	/* To remove what is in it takes more than to read it. */
	(void)fchmod(fd, 0700);
	fuzz_empty_directory(fd);
	close(fd);
	(void)unlinkat(parent, name, AT_REMOVEDIR);
}

static void remove_entry(int parent, const char *name)
{
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || unlinkat(parent, name, 0) == 0)
		return;
	if (errno == EISDIR || errno == EPERM)
		remove_directory(parent, name);
}

void fuzz_empty_directory(int fd)
{
	DIR *names = fdopendir(fcntl(fd, F_DUPFD_CLOEXEC, 0));
	struct dirent *entry;

	fuzz_require(names != NULL, "a directory that is open can be read");
	/* The place in it is shared. */
	rewinddir(names);
	while ((entry = readdir(names)) != NULL)
		remove_entry(fd, entry->d_name);
	closedir(names);
}

static void remove_all(void)
{
	if (getpid() != owner)
		return;
	fuzz_empty_directory(directory_fd);
	(void)rmdir(directory);
}

/* ---- making ---- */

static const char *place(void)
{
	const char *given = getenv("FSPS_FUZZ_PLACE");

	if (given != NULL)
		return given;
	return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

static int open_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	fuzz_require(fd >= 0, "what was made can be opened");
	return fd;
}

const char *fuzz_directory(void)
{
	if (owner == getpid())
		return directory;
	owner = getpid();
	snprintf(directory, sizeof directory, "%s/fsps-fuzz-XXXXXX", place());
	fuzz_require(mkdtemp(directory) != NULL, "a temporary directory can be made");
	directory_fd = open_directory(directory);
	snprintf(home, sizeof home, "%s/home", directory);
	fuzz_require(mkdir(home, 0700) == 0, "a home can be made");
	home_fd = open_directory(home);
	atexit(remove_all);
	return directory;
}

int fuzz_directory_fd(void)
{
	(void)fuzz_directory();
	return directory_fd;
}

int fuzz_home_fd(void)
{
	(void)fuzz_directory();
	return home_fd;
}

void fuzz_empty_home(void)
{
	(void)fchmod(fuzz_home_fd(), 0700);
	fuzz_empty_directory(home_fd);
}

void fuzz_home_repair(void)
{
	remove_entry(fuzz_home_fd(), ".fsps");
	remove_entry(home_fd, "tmp");
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
