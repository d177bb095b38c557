/* SPDX-License-Identifier: MIT */
/*
 * Implements subscribe/channel.h: building a channel out of sight and giving it its name at once
 * (R9), and removing it.
 */
#include "subscribe/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/random.h"
#include "base/sys.h"
#include "recover/removal.h"
#include "recover/sweep.h"

static void child_after_fork(struct fsi_fork_entry *entry)
{
	fsps_channel *channel =
		(fsps_channel *)((char *)entry - offsetof(struct fsps_channel, fork_entry));

	/* Messages that were lent may be in use: their segments stay mapped. Which there are is
	 * forgotten, as their locks and links are the parent's. */
	if (fsi_fork_renew_mutex(&channel->lock))
		fsi_lane_forget(&channel->lane);
	else
		/* A thread that is gone was changing it: leave its memory where it is. */
		memset(&channel->pending, 0, sizeof channel->pending);
	memset(&channel->lane, 0, sizeof channel->lane);
	atomic_store(&channel->forked, true);
}

/* A FIFO of the mode that the home asks for, whatever the umask. */
static int make_bell(fsps_channel *channel)
{
	int r = fsi_sys_mkfifoat(channel->directory_fd, FSI_NAME_QUEUE, 0600);

	if (r == 0)
		r = fsi_sys_chmodat(channel->directory_fd, FSI_NAME_QUEUE,
				    channel->home->modes.queue);
	if (r < 0)
		return r;
	channel->bell_fd = fsi_sys_openat(channel->directory_fd, FSI_NAME_QUEUE,
					  O_RDWR | O_NONBLOCK | O_NOFOLLOW, 0);
	return channel->bell_fd < 0 ? channel->bell_fd : 0;
}

static int make_directory(fsps_channel *channel, const char *hidden)
{
	int home_fd = channel->home->fd;
	int r = fsi_sys_mkdirat(home_fd, hidden, 0700);

	/* By name first: a umask may leave us a directory that we can't open. In a group's home the
	 * bell has to have the group, which this bit hands on to it. */
	if (r == 0)
		r = fsi_sys_chmodat(home_fd, hidden,
				    0700 | (channel->home->modes.channel & S_ISGID));
	if (r < 0)
		return r;
	channel->directory_fd =
		fsi_sys_openat(home_fd, hidden, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	return channel->directory_fd < 0 ? channel->directory_fd : 0;
}

/* The lesser of 64 MiB and a quarter of the home. */
static uint64_t default_limit(const fsps_channel *channel)
{
	const uint64_t most = UINT64_C(64) << 20;
	bool in_memory;
	uint64_t bytes;

	if (fsi_sys_file_system(channel->home->fd, &in_memory, &bytes) < 0)
		return most;
	return bytes / 4 < most ? bytes / 4 : most;
}

static int fill_directory(fsps_channel *channel)
{
	int r = make_bell(channel);

	if (r < 0)
		return fsi_fail_errno(-r, channel->home->path,
				      "cannot make the bell of a channel in %s",
				      channel->home->path);
	if (channel->limit_bytes == 0)
		channel->limit_bytes = default_limit(channel);
	r = fsi_control_create(channel->directory_fd, FSI_NAME_CONTROL, channel->home->member.id,
			       channel->bus->identity, channel->limit_bytes, &channel->control);
	if (r < 0)
		return r;
	r = fsi_sys_fchmod(channel->directory_fd, channel->home->modes.channel);
	if (r < 0)
		return fsi_fail_errno(-r, channel->home->path,
				      "cannot set the mode of a channel in %s",
				      channel->home->path);
	return 0;
}

static int make_pollable(fsps_channel *channel)
{
	int timer_fd = fsi_home_timer(channel->home);
	int r;

	if (timer_fd < 0)
		return timer_fd;
	channel->epoll_fd = fsi_sys_epoll_create();
	channel->signal_fd = fsi_sys_eventfd();
	r = channel->epoll_fd < 0 ? channel->epoll_fd : 0;
	if (r == 0 && channel->signal_fd < 0)
		r = channel->signal_fd;
	if (r == 0)
		r = fsi_sys_epoll_add(channel->epoll_fd, channel->bell_fd, EPOLLIN);
	if (r == 0)
		r = fsi_sys_epoll_add(channel->epoll_fd, channel->signal_fd, EPOLLIN);
	/* Shared and never read: each expiry is one edge to each channel. */
	if (r == 0)
		r = fsi_sys_epoll_add(channel->epoll_fd, timer_fd, EPOLLIN | EPOLLET);
	if (r == -ENOSPC)
		return fsi_fail(FSPS_ERR_LIMIT, channel->pattern,
				"cannot make a channel for %s pollable: too many epoll watches "
				"(fs.epoll.max_user_watches)",
				channel->pattern);
	if (r < 0)
		return fsi_fail_errno(-r, channel->pattern, "cannot make a channel for %s pollable",
				      channel->pattern);
	return 0;
}

/* From here on publishers find it: the last thing that may fail. */
static int give_name(fsps_channel *channel, const char *hidden)
{
	char random[FSI_RANDOM_NAME_LEN + 1];
	int r = fsi_random_name(random);

	if (r < 0)
		return r;
	snprintf(channel->name, sizeof channel->name, "%s_%s_%ld", channel->pattern, random,
		 (long)getpid());
	r = fsi_sys_rename(channel->home->fd, hidden, channel->home->fd, channel->name);
	if (r < 0) {
		r = fsi_fail_errno(-r, channel->name, "cannot name channel %s/%s",
				   channel->home->path, channel->name);
		channel->name[0] = '\0';
		return r;
	}
	fsi_counter_bump(&channel->home->counter);
	return 0;
}

static int create_on_disk(fsps_channel *channel)
{
	uint64_t budget = FSI_REMOVAL_UNBOUNDED;
	char hidden[FSI_NAME_BYTES];
	int r;

	fsi_member_name_format(hidden, sizeof hidden, FSI_PREFIX_BUILDING, channel->home->member.id,
			       fsi_home_next_number(channel->home));
	r = make_directory(channel, hidden);
	if (r < 0)
		r = fsi_fail_errno(-r, channel->home->path, "cannot make a channel in %s",
				   channel->home->path);
	if (r == 0)
		r = fill_directory(channel);
	if (r == 0)
		r = make_pollable(channel);
	if (r == 0)
		r = give_name(channel, hidden);
	if (r == 0)
		return 0;
	/* What there is of it goes with the failure; a sweep would find it, too. The descriptor may
	 * be the last that we may have. */
	fsi_sys_close(fsi_steal_fd(&channel->directory_fd));
	(void)fsi_recover_remove_trash(channel->home, hidden, &budget);
	return r;
}

static fsps_channel *allocate(fsps_bus *bus, const char *pattern)
{
	fsps_channel *channel = calloc(1, sizeof *channel);

	if (channel == NULL)
		return NULL;
	channel->bus = fsi_bus_ref(bus);
	snprintf(channel->pattern, sizeof channel->pattern, "%s", pattern);
	channel->pattern_len = strlen(channel->pattern);
	channel->directory_fd = -1;
	channel->bell_fd = -1;
	channel->epoll_fd = -1;
	channel->signal_fd = -1;
	/* Messages may have come between the naming and the first look. */
	channel->scan_due = true;
	channel->asleep = true;
	/* The control block is born with 1. */
	channel->sleeps = 1;
	channel->upkeep_ms = fsi_sys_coarse_ms();
	(void)pthread_mutex_init(&channel->lock, NULL);
	channel->fork_entry.in_child = child_after_fork;
	fsi_fork_enlist(&channel->fork_entry);
	return channel;
}

int fsi_channel_new(fsps_bus *bus, const char *pattern, const struct fsps_channel_options *options,
		    fsps_channel **ret_channel)
{
	fsps_channel *channel = allocate(bus, pattern);
	int r;

	if (channel == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, pattern, "no memory for a channel");
	channel->spin_us = options->spin_us;
	channel->limit_bytes = options->limit_bytes;
	r = fsi_bus_home(bus, true, &channel->home);
	if (r == 1)
		r = fsi_home_enter(channel->home);
	if (r == 0)
		fsi_recover_sweep(channel->home);
	if (r == 0)
		r = create_on_disk(channel);
	if (r < 0) {
		fsi_channel_free(channel);
		return r;
	}
	fsi_log(&bus->log, FSPS_LOG_DEBUG, "subscribed to %s as %s/%s", pattern,
		channel->home->path, channel->name);
	*ret_channel = channel;
	return 0;
}

/* Only while the name is still ours: it may have been removed and the ID can't come again. */
static void remove_from_disk(fsps_channel *channel)
{
	uint64_t budget = FSI_REMOVAL_UNBOUNDED;

	if (channel->name[0] == '\0' || atomic_load(&channel->forked))
		return;
	/* In place if it can't be renamed: as long as the bus is open nobody else would take it for
	 * dead. */
	if (fsi_recover_remove_channel(channel->home, channel->name, &budget) < 0)
		(void)fsi_recover_remove_trash(channel->home, channel->name, &budget);
}

void fsi_channel_free(fsps_channel *channel)
{
	if (channel == NULL)
		return;
	fsi_fork_delist(&channel->fork_entry);
	remove_from_disk(channel);
	fsi_pending_deinit(&channel->pending);
	fsi_lane_deinit(&channel->lane);
	fsi_control_unmap(channel->control);
	fsi_sys_close(channel->epoll_fd);
	fsi_sys_close(channel->signal_fd);
	fsi_sys_close(channel->bell_fd);
	fsi_sys_close(channel->directory_fd);
	(void)pthread_mutex_destroy(&channel->lock);
	fsi_home_unref(channel->home);
	fsi_bus_unref(channel->bus);
	free(channel);
}
