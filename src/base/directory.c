/* SPDX-License-Identifier: MIT */
/* Implements base/directory.h. */
#include "base/directory.h"

#include <dirent.h>
#include <string.h>

#include "base/sys.h"

int fsi_directory_start(struct fsi_directory *directory, int fd)
{
	directory->fd = fd;
	directory->used = 0;
	directory->filled = 0;
	return fsi_sys_rewind(fd);
}

static int fill(struct fsi_directory *directory)
{
	ssize_t got = fsi_sys_getdents(directory->fd, directory->piece, sizeof directory->piece);

	if (got < 0)
		return (int)got;
	directory->used = 0;
	directory->filled = (size_t)got;
	return got > 0;
}

int fsi_directory_next(struct fsi_directory *directory, const char **ret_name,
		       unsigned char *ret_type)
{
	for (;;) {
		const struct dirent64 *entry;

		if (directory->used >= directory->filled) {
			int r = fill(directory);

			if (r <= 0)
				return r;
		}
		entry = (const void *)(directory->piece + directory->used);
		directory->used += entry->d_reclen;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		*ret_name = entry->d_name;
		*ret_type = entry->d_type;
		return 1;
	}
}
