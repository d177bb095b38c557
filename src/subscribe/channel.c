/* SPDX-License-Identifier: MIT */
/*
 * Implements subscribe/channel.h: a live channel that gets its name at once (R9) and is removed, or
 * a durable one that is attached to.
 */
#include "subscribe/channel.h"

#include <errno.h>
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
#include "subscribe/build.h"
#include "subscribe/durable.h"
#include "subscribe/group.h"
#include "subscribe/terms.h"
#include "subscribe/work.h"

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
	/* Our copies would keep the parent's locks. */
	if (channel->durable[0] != '\0') {
		fsi_sys_close(fsi_steal_fd(&channel->directory_fd));
		fsi_sys_close(fsi_steal_fd(&channel->bell_fd));
		fsi_sys_close(fsi_steal_fd(&channel->unpack_lock_fd));
		fsi_inbox_forget(&channel->inbox);
	}
	atomic_store(&channel->forked, true);
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

static int create_live(fsps_channel *channel)
{
	struct fsi_control_birth birth = {.kind = FSI_CONTROL_LIVE,
					  .member = channel->home->member.id,
					  .identity = channel->bus->identity};
	struct fsi_built built;
	int r;

	fsi_terms_of_birth(channel->home, &channel->limits, &birth);
	r = fsi_build(channel->home, channel->publishers, &birth, &built);
	if (r < 0)
		return r;
	channel->directory_fd = built.directory_fd;
	channel->bell_fd = built.bell_fd;
	channel->control = built.control;
	r = make_pollable(channel);
	if (r == 0)
		r = give_name(channel, built.name);
	if (r == 0) {
		fsi_work_begin(channel);
		return 0;
	}
	channel->directory_fd = -1;
	channel->bell_fd = -1;
	channel->control = NULL;
	fsi_build_drop(channel->home, &built);
	return r;
}

static int attach_durable(fsps_channel *channel)
{
	int r = fsi_durable_attach(channel);

	if (r == 0)
		r = make_pollable(channel);
	if (r < 0)
		return r;
	fsi_work_begin(channel);
	fsi_durable_begin(channel);
	return 0;
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
	channel->reader_line = -1;
	channel->unpack_lock_fd = -1;
	fsi_inbox_init(&channel->inbox);
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

static int open_channel(fsps_channel *channel)
{
	int r = fsi_bus_home(channel->bus, true, &channel->home);

	if (r == 1)
		r = fsi_home_enter(channel->home);
	if (r < 0)
		return r;
	fsi_recover_sweep(channel->home);
	return channel->durable[0] != '\0' ? attach_durable(channel) : create_live(channel);
}

int fsi_channel_new(fsps_bus *bus, const char *pattern, const struct fsps_channel_options *options,
		    fsps_channel **ret_channel)
{
	fsps_channel *channel = allocate(bus, pattern);
	int r;

	if (channel == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, pattern, "no memory for a channel");
	channel->spin_us = options->spin_us;
	channel->publishers = options->publishers;
	channel->limits = fsi_terms_of(options);
	channel->shared = options->durable != NULL && options->shared != 0;
	if (options->durable != NULL)
		strcpy(channel->durable, options->durable);
	fsi_work_init(channel, options);
	r = open_channel(channel);
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
	if (channel->durable[0] != '\0') {
		fsi_durable_detach(channel);
		return;
	}
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
	fsi_group_leave(channel);
	fsi_work_deinit(channel);
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
