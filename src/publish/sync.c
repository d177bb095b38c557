/* SPDX-License-Identifier: MIT */
/* Implements publish/sync.h. */
#include "publish/sync.h"

#include <errno.h>
#include <fcntl.h>

#include "base/error.h"
#include "base/sys.h"
#include "publish/delivery.h"

bool fsi_sync_is_needed(const struct fsi_home *home)
{
	bool in_memory = false;
	uint64_t bytes;

	return fsi_sys_file_system(home->fd, &in_memory, &bytes) < 0 || !in_memory;
}

static int open_directory(const fsps_publisher *publisher, const struct fsi_target *target)
{
	const char *place;
	int directory = fsi_target_place(target, publisher->home->fd, &place);

	return fsi_sys_openat(directory, place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
}

static bool is_forbidden(int r)
{
	return r == -EACCES || r == -EPERM;
}

int fsi_sync_check(const fsps_publisher *publisher, const struct fsi_target *target)
{
	int fd;

	/* Ours we may read. */
	if (!publisher->staged.sync || !target->durable || target->directory_fd < 0)
		return 0;
	fd = open_directory(publisher, target);
	fsi_sys_close(fd);
	if (!is_forbidden(fd))
		return 0;
	return fsi_fail_errno(-fd, target->name,
			      "channel %s of another user can't be written through to the disk",
			      target->name);
}

int fsi_sync_directory(fsps_publisher *publisher, const struct fsi_target *target)
{
	int fd = open_directory(publisher, target);
	int r;

	if (fd == -EMFILE && publisher->open_bells > 0) {
		fsi_delivery_close_bells(publisher);
		fd = open_directory(publisher, target);
	}
	/* Removed meanwhile, by its reader or who else may: nothing is to be kept. */
	if (fd == -ENOENT || (!target->durable && is_forbidden(fd)))
		return 0;
	r = fd < 0 ? fd : fsi_sys_fsync(fd);
	fsi_sys_close(fd);
	if (r == 0)
		return 0;
	(void)fsi_fail_errno(-r, target->name,
			     "cannot write channel %s through to the disk; it may have the message",
			     target->name);
	return FSPS_ERR_IO;
}
