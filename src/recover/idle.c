/* SPDX-License-Identifier: MIT */
/* Implements recover/idle.h. */
#include "recover/idle.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/sys.h"
#include "stream/format.h"

/* A publisher uses its segments again within milliseconds, if at all. */
enum { SEGMENT_IDLE_S = 10 };

/* Nobody else can put another file into the place of ours: the directory is sticky. */
static bool has_rested(int staging_fd, const char *name)
{
	struct stat status;

	return fsi_sys_fstatat(staging_fd, name, &status) == 0 && S_ISREG(status.st_mode) &&
	       status.st_uid == geteuid() && status.st_nlink == 1 &&
	       (int64_t)(fsi_sys_realtime_us() / 1000000) - status.st_ctim.tv_sec >= SEGMENT_IDLE_S;
}

static bool is_in_use(int fd)
{
	struct fsi_segment_header header;

	return fsi_sys_rewind(fd) < 0 ||
	       fsi_sys_read(fd, &header, sizeof header) != (ssize_t)sizeof header ||
	       atomic_load_explicit(&header.in_use, memory_order_relaxed) != 0;
}

/* With the exclusive lock, which it leaves to the descriptor, it is neither being written nor read,
 * nor about to be used again; and who wants to use it later finds its name gone. */
static bool is_free(int fd, struct stat *ret_status)
{
	return !is_in_use(fd) && fsi_sys_flock(fd, LOCK_EX | LOCK_NB) == 0 && !is_in_use(fd) &&
	       fsi_sys_fstat(fd, ret_status) == 0 && ret_status->st_nlink == 1;
}

static bool look(int staging_fd, const char *name)
{
	int fd = fsi_sys_openat(staging_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	struct stat status;
	bool free;

	if (fd < 0)
		return false;
	free = is_free(fd, &status);
	fsi_sys_close(fd);
	return free;
}

bool fsi_idle_segment_reclaim(int staging_fd, const char *name, bool only_look)
{
	struct stat status;
	bool removed;
	int fd;

	if (!has_rested(staging_fd, name))
		return false;
	if (only_look)
		return look(staging_fd, name);
	/* It is 0400, so that nobody writes into it by mistake. */
	(void)fsi_sys_chmodat(staging_fd, name, 0600);
	fd = fsi_sys_openat(staging_fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0)
		return false;
	removed = is_free(fd, &status) && fsi_sys_unlinkat(staging_fd, name, 0) == 0;
	/* To punch out the header, too, leaves no key that a reader could take for the right one.
	 */
	if (removed)
		(void)fsi_sys_punch(fd, 0, status.st_size);
	else
		(void)fsi_sys_fchmod(fd, 0400);
	fsi_sys_close(fd);
	return removed;
}
