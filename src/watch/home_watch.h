/* SPDX-License-Identifier: MIT */
/*
 * Waiting until something may have changed among the channels of a home. inotify tells of it at
 * once; where it can't be had, or misses something (it is a hint, never truth), a short timeout
 * makes up for it. A home that does not exist is watched for at its parent.
 */
#ifndef FSPS_WATCH_HOME_WATCH_H
#define FSPS_WATCH_HOME_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct fsi_home_watch {
	/* -1: none to be had. */
	int inotify_fd;
	bool tried;
	/* Which of the two is watched already. */
	bool watches_home;
	bool watches_parent;
};

void fsi_home_watch_init(struct fsi_home_watch *watch);
void fsi_home_watch_deinit(struct fsi_home_watch *watch);

/* Begins to watch what there is to watch now. Call it before each look at the channels. */
void fsi_home_watch_start(struct fsi_home_watch *watch, const char *home_path);

/* Waits for a change, a signal, a fraction of a second, or timeout_ms. */
void fsi_home_watch_wait(struct fsi_home_watch *watch, uint64_t timeout_ms);

#endif
