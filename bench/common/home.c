/* SPDX-License-Identifier: MIT */
/* Implements common/home.h. */
#include "common/home.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int home_open(void)
{
	const char *path = getenv("PUBSUB_HOME");

	if (path == NULL) {
		errno = EINVAL;
		return -1;
	}
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -1;
	return open(path, O_DIRECTORY | O_CLOEXEC);
}

int home_find(int home, const char *prefix, int count, home_name *ret_names)
{
	DIR *stream = fdopendir(openat(home, ".", O_DIRECTORY | O_CLOEXEC));
	const struct dirent *entry;
	int found = 0;

	if (stream == NULL)
		return -1;
	while ((entry = readdir(stream)) != NULL && found < count) {
		if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
			strcpy(ret_names[found++], entry->d_name);
	}
	closedir(stream);
	errno = ENOENT;
	return found == count ? 0 : -1;
}
