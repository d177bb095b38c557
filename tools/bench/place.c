/* SPDX-License-Identifier: MIT */
/* Implements bench/place.h. */
#include "bench/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fsps/bus.h>

#include "cli/cleanup.h"
#include "cli/fail.h"
#include "cli/status.h"

#define PREFIX "pubsub-bench-"

enum { TRIES = 100, NFTW_FDS = 16 };

/* ---- removing ---- */

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
	(void)status;
	(void)kind;
	(void)where;
	/* What can't be removed is seen when its directory is to be. */
	(void)remove(path);
	return 0;
}

static int remove_tree(const char *path)
{
	nftw(path, remove_one, NFTW_FDS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	return access(path, F_OK) == 0 ? -1 : 0;
}

/* Opens a directory of ours and locks it: its descriptor, or -1 if it is not ours, somebody has it,
 * or it was removed meanwhile. */
static int lock_directory(const char *path)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 && fstat(fd, &status) == 0 && status.st_uid == geteuid() &&
	    flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &status) == 0 && status.st_nlink > 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Removes what runs left that were killed: nobody holds their lock. */
static void remove_left_over(const char *base)
{
	DIR *stream = opendir(base);
	const struct dirent *entry;
	char path[BENCH_PATH_BYTES];

	while (stream != NULL && (entry = readdir(stream)) != NULL) {
		CLI_CLEANUP(cli_cleanup_fd) int fd = -1;
		int len;

		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0)
			continue;
		len = snprintf(path, sizeof path, "%s/%s", base, entry->d_name);
		if (len < 0 || (size_t)len >= sizeof path)
			continue;
		fd = lock_directory(path);
		if (fd >= 0)
			remove_tree(path);
	}
	if (stream != NULL)
		closedir(stream);
}

/* ---- making ---- */

/* The directory that the usual home lies in. */
static int find_base(char *ret_base)
{
	const char *home = getenv("PUBSUB_HOME");
	size_t len;

	if (home == NULL || home[0] == '\0')
		home = FSPS_HOME_DEFAULT;
	len = strlen(home);
	if (len >= BENCH_PATH_BYTES / 2)
		return cli_fail(CLI_ERROR, "PUBSUB_HOME is too long");
	memcpy(ret_base, home, len + 1);
	while (len > 1 && ret_base[len - 1] == '/')
		ret_base[--len] = '\0';
	for (; len > 0 && ret_base[len - 1] != '/'; len--)
		continue;
	if (len == 0)
		strcpy(ret_base, ".");
	else
		ret_base[len > 1 ? len - 1 : 1] = '\0';
	return 0;
}

/* Makes a directory of ours. It may be taken for one that was left between being made and being
 * locked; then there is another one. */
static int make_directory(struct bench_place *place, const char *base)
{
	for (int i = 0; i < TRIES; i++) {
		snprintf(place->directory, sizeof place->directory, "%.*s/" PREFIX "%d-%d",
			 BENCH_PATH_BYTES / 2, base, (int)getpid(), i);
		if (mkdir(place->directory, 0700) < 0) {
			if (errno == EEXIST)
				continue;
			break;
		}
		place->lock = lock_directory(place->directory);
		if (place->lock >= 0)
			return 0;
	}
	place->directory[0] = '\0';
	return cli_fail(errno == EACCES || errno == EPERM ? CLI_DENIED : CLI_ERROR,
			"cannot make a directory in '%s': %s; name a home with --home", base,
			strerror(errno));
}

int bench_place_open(struct bench_place *place, const struct cli_common *common)
{
	char base[BENCH_PATH_BYTES];
	int status;

	*place = (struct bench_place){.lock = -1};
	if (common->home != NULL) {
		if (strlen(common->home) >= sizeof place->home)
			return cli_usage("--home is too long");
		strcpy(place->home, common->home);
		return 0;
	}
	status = find_base(base);
	if (status != 0)
		return status;
	remove_left_over(base);
	status = make_directory(place, base);
	if (status != 0)
		return status;
	snprintf(place->home, sizeof place->home, "%.*s/home", BENCH_PATH_BYTES - 16,
		 place->directory);
	return 0;
}

void bench_place_close(struct bench_place *place)
{
	if (place->directory[0] != '\0' && remove_tree(place->directory) < 0)
		cli_say("'%s' could not be removed", place->directory);
	if (place->lock >= 0)
		close(place->lock);
	place->directory[0] = '\0';
	place->lock = -1;
}
