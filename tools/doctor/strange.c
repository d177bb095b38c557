/* SPDX-License-Identifier: MIT */
/* Implements doctor/strange.h. */
#include "doctor/strange.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Three parts with '_' between them: pattern, anything, process. */
static bool looks_like_channel(const char *name)
{
	const char *first = strchr(name, '_');

	return first != NULL && strchr(first + 1, '_') != NULL;
}

void doctor_strange_find(const char *home, const struct doctor_channels *channels,
			 struct doctor_strange *ret_strange)
{
	int fd = open(home, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	*ret_strange = (struct doctor_strange){.count = 0};
	if (directory == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(directory)) != NULL) {
		if ((entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN) ||
		    !looks_like_channel(entry->d_name) ||
		    doctor_channel_find(channels, entry->d_name) != NULL)
			continue;
		if (ret_strange->count++ == 0)
			snprintf(ret_strange->name, sizeof ret_strange->name, "%.255s",
				 entry->d_name);
	}
	closedir(directory);
}
