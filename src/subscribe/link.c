/* SPDX-License-Identifier: MIT */
/* Implements subscribe/link.h. */
#include "subscribe/link.h"

#include <errno.h>

#include "base/error.h"
#include "base/sys.h"
#include "subscribe/consume.h"

/* Somebody may put another in the place of each that is set aside. */
enum { TRIES = 8 };

int fsi_link_is_there(const fsps_channel *channel, const struct fsi_view *view)
{
	char name[FSI_NAME_BYTES];
	struct stat status;
	int r;

	fsi_segment_name_format(name, view->key, view->offset);
	r = fsi_sys_fstatat(channel->directory_fd, name, &status);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return fsi_fail_errno(-r, name, "cannot look at segment %s/%s", channel->name,
				      name);
	return status.st_ino == view->mapping.inode && status.st_dev == view->mapping.device;
}

int fsi_link_rename(fsps_channel *channel, struct fsi_view *view, uint64_t offset)
{
	char name[FSI_NAME_BYTES];
	int r = fsi_view_rename(view, channel->directory_fd, offset);

	fsi_segment_name_format(name, view->key, offset);
	for (int i = 0; i < TRIES && r == -EEXIST; i++) {
		r = fsi_set_aside(channel, view->key, name, "segment");
		if (r < 0)
			return r;
		r = fsi_view_rename(view, channel->directory_fd, offset);
	}
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return fsi_fail_errno(-r, name, "cannot note how far channel %s was read",
				      channel->name);
	return 1;
}
