/* SPDX-License-Identifier: MIT */
/* Implements store/unnamed.h. */
#include "store/unnamed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/sys.h"

int fsi_unnamed_open(int directory, const char *path, mode_t mode)
{
	return fsi_sys_open_unnamed(directory, path, mode);
}

int fsi_unnamed_link(int fd, int directory, const char *path)
{
	char proc_path[32];
	int r = fsi_sys_linkat(fd, "", directory, path, AT_EMPTY_PATH);

	/* Before Linux 6.10 only CAP_DAC_READ_SEARCH may name a descriptor: others get ENOENT. */
	if (r != -ENOENT)
		return r;
	snprintf(proc_path, sizeof proc_path, "/proc/self/fd/%d", fd);
	return fsi_sys_linkat(AT_FDCWD, proc_path, directory, path, AT_SYMLINK_FOLLOW);
}
