/* SPDX-License-Identifier: MIT */
/* Implements subscribe/upkeep.h. */
#include "subscribe/upkeep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/random.h"
#include "base/sys.h"
#include "recover/sweep.h"
#include "store/access.h"
#include "store/entry.h"
#include "subscribe/durable.h"
#include "subscribe/group.h"
#include "subscribe/work.h"

/* Makes a bell and gives it the queue's name. Returns its descriptor or -errno. */
static int install_bell(fsps_channel *channel, const char *fresh)
{
	struct fsi_access access;
	int r = fsi_access_found(channel->home->fd, channel->name, &access);
	int fd;

	if (r < 0)
		return r;
	fd = fsi_access_make_bell(channel->directory_fd, fresh, &access);
	if (fd < 0)
		return fd;
	r = fsi_sys_epoll_add(channel->epoll_fd, fd, EPOLLIN);
	if (r == 0)
		r = fsi_sys_rename_over(channel->directory_fd, fresh, channel->directory_fd,
					FSI_NAME_QUEUE);
	if (r < 0) {
		fsi_sys_close(fd);
		return r;
	}
	return fd;
}

static void take_bell(fsps_channel *channel, int fd)
{
	(void)fsi_sys_epoll_delete(channel->epoll_fd, channel->bell_fd);
	fsi_sys_close(channel->bell_fd);
	channel->bell_fd = fd;
}

/* What another worker of the group has made meanwhile: if each had its own, each would replace the
 * others'. Returns 0 or -errno. */
static int adopt_bell(fsps_channel *channel)
{
	int fd = fsi_sys_openat(channel->directory_fd, FSI_NAME_QUEUE,
				O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY, 0);
	struct stat status;
	int r = fd < 0 ? fd : fsi_sys_fstat(fd, &status);

	if (r == 0 && (!S_ISFIFO(status.st_mode) || status.st_uid != geteuid()))
		r = -EINVAL;
	if (r == 0)
		r = fsi_sys_epoll_add(channel->epoll_fd, fd, EPOLLIN);
	if (r == 0)
		take_bell(channel, fd);
	else
		fsi_sys_close(fd);
	return r;
}

/* Somebody deleted or replaced the queue: makes a new one. What was rung in between is found by
 * the scan; publishers notice within a second. Under a random name first: at a known one another
 * user of a shared home could have put a symlink, whose target we would change the mode of. */
static int mend_bell(fsps_channel *channel)
{
	char random[FSI_RANDOM_NAME_LEN + 1];
	char fresh[FSI_NAME_BYTES];
	int fd;

	if (channel->shared && adopt_bell(channel) == 0)
		return 0;
	if (fsi_random_name(random) < 0)
		return -EIO;
	snprintf(fresh, sizeof fresh, FSI_PREFIX_QUEUE "%s", random);
	fd = install_bell(channel, fresh);
	if (fd < 0) {
		(void)fsi_sys_unlinkat(channel->directory_fd, fresh, 0);
		return fd;
	}
	take_bell(channel, fd);
	return 0;
}

static void check_bell(fsps_channel *channel)
{
	int r = fsi_entry_leads_to(channel->directory_fd, FSI_NAME_QUEUE, channel->bell_fd);

	if (r != 0)
		return;
	r = mend_bell(channel);
	fsi_log(&channel->bus->log, FSPS_LOG_WARNING, "the queue of %s was removed: %s",
		channel->name, r == 0 ? "made a new one" : "cannot make a new one");
}

/* A home whose path we can't reach (after chroot, say) is no reason to call it gone. */
int fsi_channel_check_name(fsps_channel *channel)
{
	int r = fsi_entry_leads_to(channel->home->fd, channel->name, channel->directory_fd);

	if (r == 0)
		return fsi_fail(FSPS_ERR_GONE, channel->name, "channel %s/%s was removed",
				channel->home->path, channel->name);
	if (r < 0)
		return fsi_fail_errno(-r, channel->name, "cannot look at channel %s",
				      channel->name);
	if (fsi_home_is_replaced(channel->home))
		return fsi_fail(FSPS_ERR_GONE, channel->home->path,
				"home %s is another directory now", channel->home->path);
	return 0;
}

int fsi_channel_keep_up(fsps_channel *channel)
{
	int r = fsi_channel_check_name(channel);

	channel->upkeep_ms = fsi_sys_coarse_ms();
	channel->upkeep_due = false;
	channel->scan_due = true;
	if (r < 0)
		return r;
	check_bell(channel);
	fsi_lane_keep_up(channel);
	fsi_home_check_member(channel->home);
	fsi_work_keep_up(channel);
	fsi_durable_keep_up(channel);
	fsi_group_keep_up(channel);
	fsi_recover_sweep(channel->home);
	return 0;
}
