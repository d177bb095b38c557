/* SPDX-License-Identifier: MIT */
/* Implements store/access.h. */
#include "store/access.h"

#include <fcntl.h>

#include <fsps/channel.h>

#include "base/sys.h"

struct fsi_access fsi_access_wanted(const struct fsi_home *home, int64_t publishers)
{
	if (publishers == 0)
		return (struct fsi_access){.directory = home->modes.channel,
					   .bell = home->modes.queue};
	if (publishers == FSPS_PUBLISHERS_OURS)
		return (struct fsi_access){.directory = 0700, .bell = 0600};
	return (struct fsi_access){
		.directory = 03730, .bell = 0620, .grouped = true, .group = (gid_t)publishers};
}

int fsi_access_found(int home_fd, const char *channel_name, struct fsi_access *ret_access)
{
	struct stat status;
	int r = fsi_sys_fstatat(home_fd, channel_name, &status);

	if (r < 0)
		return r;
	/* Who may link may ring. The group says nothing where everybody may. */
	*ret_access = (struct fsi_access){
		.directory = (status.st_mode & 07777) | 0700,
		.bell = 0600 | (status.st_mode & 0022),
		.grouped = (status.st_mode & 0022) == 0020,
		.group = status.st_gid,
	};
	return 0;
}

int fsi_access_make_directory(int home_fd, const char *name, const struct fsi_access *access)
{
	int r = fsi_sys_mkdirat(home_fd, name, 0700);
	struct stat status = {0};
	int fd;

	/* By name first: a umask may leave us a directory that we can't open. */
	if (r == 0)
		r = fsi_sys_chmodat(home_fd, name, 0700 | (access->directory & S_ISGID));
	if (r < 0)
		return r;
	fd = fsi_sys_openat(home_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (fd < 0 || !access->grouped)
		return fd;
	r = fsi_sys_fstat(fd, &status);
	if (r == 0 && status.st_gid != access->group)
		r = fsi_sys_fchown_group(fd, access->group);
	if (r == 0)
		return fd;
	fsi_sys_close(fd);
	return r;
}

int fsi_access_make_bell(int directory_fd, const char *name, const struct fsi_access *access)
{
	int r = fsi_sys_mkfifoat(directory_fd, name, 0600);

	/* Whatever the umask. */
	if (r == 0)
		r = fsi_sys_chmodat(directory_fd, name, access->bell);
	if (r < 0)
		return r;
	return fsi_sys_openat(directory_fd, name, O_RDWR | O_NONBLOCK | O_NOFOLLOW, 0);
}
