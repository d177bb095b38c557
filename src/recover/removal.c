/* SPDX-License-Identifier: MIT */
/* Implements recover/removal.h. */
#include "recover/removal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/error.h"
#include "base/sys.h"
#include "store/entry.h"
#include "store/names.h"

/* Removes one name, whatever it is; an empty directory too. */
static bool remove_name(int directory, const char *name)
{
	int r = fsi_entry_remove(directory, name);

	return r == 0 || r == -ENOENT;
}

/* One pass over the names. Returns how many were removed. */
static uint64_t empty_once(int directory, uint64_t *budget)
{
	struct fsi_directory names;
	unsigned char type;
	const char *name;
	uint64_t removed = 0;

	if (fsi_directory_start(&names, directory) < 0)
		return 0;
	while (*budget > 0 && fsi_directory_next(&names, &name, &type) == 1) {
		(*budget)--;
		if (remove_name(directory, name))
			removed++;
	}
	return removed;
}

int fsi_recover_open_directory(struct fsi_home *home, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
	int fd = fsi_sys_openat(home->fd, name, flags, 0);
	struct stat status;
	int r;

	/* Nobody else can put something in the place of ours: the home is ours alone, or sticky. */
	if (fd != -EACCES || fsi_sys_fstatat(home->fd, name, &status) < 0 ||
	    !S_ISDIR(status.st_mode) || status.st_uid != geteuid())
		return fd;
	r = fsi_sys_chmodat(home->fd, name, 0700);
	return r < 0 ? r : fsi_sys_openat(home->fd, name, flags, 0);
}

int fsi_recover_remove_trash(struct fsi_home *home, const char *name, uint64_t *budget)
{
	int r = fsi_sys_unlinkat(home->fd, name, AT_REMOVEDIR);
	int fd;

	/* An empty one needs no descriptor, which may be what there is none of. */
	if (r != -ENOTEMPTY)
		return r == 0 || r == -ENOENT;
	fd = fsi_recover_open_directory(home, name);
	if (fd < 0)
		return fd == -ENOENT;
	/* A publisher that had found the channel before may link once more while we empty it; but
	 * not other users, who could go on with that in what was their drop box. */
	(void)fsi_sys_fchmod(fd, 0700);
	while (r == -ENOTEMPTY && empty_once(fd, budget) > 0)
		r = fsi_sys_unlinkat(home->fd, name, AT_REMOVEDIR);
	fsi_sys_close(fd);
	return r == 0 || r == -ENOENT;
}

int fsi_recover_remove_channel(struct fsi_home *home, const char *name, uint64_t *budget)
{
	char trash[FSI_NAME_BYTES];
	char random[FSI_RANDOM_NAME_LEN + 1];
	int r = fsi_random_name(random);

	if (r < 0)
		return r;
	fsi_member_name_format(trash, sizeof trash, FSI_PREFIX_REMOVING, random, 1);
	r = fsi_sys_rename(home->fd, name, home->fd, trash);
	if (r == -ENOENT)
		return 1;
	if (r < 0)
		return fsi_fail_errno(-r, name, "cannot remove channel %s/%s", home->path, name);
	fsi_counter_bump(&home->counter);
	return fsi_recover_remove_trash(home, trash, budget);
}
