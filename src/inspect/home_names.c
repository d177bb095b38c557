/* SPDX-License-Identifier: MIT */
/* Implements inspect/home_names.h. */
#include "inspect/home_names.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/directory.h"
#include "base/error.h"
#include "base/sys.h"
#include "store/names.h"

static int compare(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

static int add(struct fsi_home_names *names, const char *name)
{
	char *copy;

	if (names->count == names->capacity) {
		size_t capacity = names->capacity == 0 ? 16 : names->capacity * 2;
		char **list = reallocarray(names->list, capacity, sizeof(char *));

		if (list == NULL)
			return FSPS_ERR_NO_MEMORY;
		names->list = list;
		names->capacity = capacity;
	}
	copy = strdup(name);
	if (copy == NULL)
		return FSPS_ERR_NO_MEMORY;
	names->list[names->count++] = copy;
	return 0;
}

static int collect(struct fsi_home_names *names, int fd)
{
	struct fsi_channel_name parsed;
	struct fsi_directory directory;
	unsigned char type;
	const char *name;
	int r = fsi_directory_start(&directory, fd);

	while (r >= 0 && (r = fsi_directory_next(&directory, &name, &type)) == 1)
		if (fsi_channel_name_parse(name, &parsed) && add(names, name) < 0)
			return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory to list channels");
	if (r < 0)
		return fsi_fail_errno(-r, NULL, "cannot read the home");
	if (names->count > 0)
		qsort(names->list, names->count, sizeof(char *), compare);
	return 0;
}

int fsi_home_names_read(struct fsi_home_names *names, const struct fsi_home *home)
{
	int fd = fsi_sys_openat(home->fd, ".", O_RDONLY | O_DIRECTORY, 0);
	int r;

	if (fd < 0)
		return fsi_fail_errno(-fd, home->path, "cannot read home %s", home->path);
	r = collect(names, fd);
	fsi_sys_close(fd);
	return r;
}

void fsi_home_names_deinit(struct fsi_home_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->list[i]);
	free(names->list);
}
