/* SPDX-License-Identifier: MIT */
/* Implements store/entry.h. */
#include "store/entry.h"

#include <errno.h>
#include <fcntl.h>

#include "base/sys.h"

int fsi_entry_remove(int directory, const char *name)
{
	int r = fsi_sys_unlinkat(directory, name, 0);

	/* Which of the two a directory is answered with differs between kernels. */
	if (r == -EISDIR || r == -EPERM)
		r = fsi_sys_unlinkat(directory, name, AT_REMOVEDIR);
	/* So the first answer was about a file. */
	return r == -ENOTDIR ? -EPERM : r;
}

int fsi_entry_leads_to(int directory, const char *name, int fd)
{
	struct stat named = {0};
	struct stat open = {0};
	int r = fsi_sys_fstat(fd, &open);

	if (r == 0)
		r = fsi_sys_fstatat(directory, name, &named);
	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : named.st_ino == open.st_ino && named.st_dev == open.st_dev;
}
