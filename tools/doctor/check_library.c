/* SPDX-License-Identifier: MIT */
/* Checks whether programs that were linked with the library find it. Commands carry it within them,
 * and so start in any case. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "doctor/checks.h"

#define LIBRARY   "libfsps.so.0"
#define DIRECTORY "usr/local/lib"

/* Whether it lies in a directory below DIRECTORY, or in that; fills path. */
static bool lies_in(const struct doctor_system *system, const char *below, char *path, size_t size)
{
	snprintf(path, size, "%s%s%.128s/%s", DIRECTORY, below[0] == '\0' ? "" : "/", below,
		 LIBRARY);
	return doctor_exists(system, path);
}

/* Debian has directories for processors there: x86_64-linux-gnu. */
static bool find(const struct doctor_system *system, char *path, size_t size)
{
	const struct dirent *entry;
	bool found = lies_in(system, "", path, size);
	int fd = openat(system->root_fd, DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);

	if (directory == NULL) {
		if (fd >= 0)
			close(fd);
		return found;
	}
	while (!found && (entry = readdir(directory)) != NULL)
		found = strstr(entry->d_name, "-linux-") != NULL &&
			lies_in(system, entry->d_name, path, size);
	closedir(directory);
	return found;
}

void doctor_check_library_cache(const struct doctor_facts *facts, struct doctor_result *result)
{
	char path[256];

	if (!doctor_exists(&facts->system, "etc/ld.so.cache"))
		return doctor_skip(result, "there is no /etc/ld.so.cache here");
	if (!find(&facts->system, path, sizeof path))
		return doctor_pass(result, "there is none in /%s", DIRECTORY);
	if (doctor_file_has(&facts->system, "etc/ld.so.cache", LIBRARY))
		return doctor_pass(result, "/%s is in it", path);
	doctor_find(result, DOCTOR_WARNING, "/%s is not in /etc/ld.so.cache", path);
	doctor_mend(result, "sudo ldconfig");
}
