/* SPDX-License-Identifier: MIT */
/* Implements watch/home_watch.h. */
#include "watch/home_watch.h"

#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>

#include "base/sys.h"

enum {
	/* With inotify: formix-pubsub makes a channel in two steps, the second unseen. */
	WATCHED_PERIOD_MS = 100,
	UNWATCHED_PERIOD_MS = 20,
};

void fsi_home_watch_init(struct fsi_home_watch *watch)
{
	*watch = (struct fsi_home_watch){.inotify_fd = -1};
}

void fsi_home_watch_deinit(struct fsi_home_watch *watch)
{
	fsi_sys_close(watch->inotify_fd);
	watch->inotify_fd = -1;
}

static bool add(struct fsi_home_watch *watch, const char *path)
{
	return fsi_sys_inotify_add(watch->inotify_fd, path,
				   IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_ONLYDIR) >= 0;
}

static void watch_parent(struct fsi_home_watch *watch, const char *home_path)
{
	const char *slash = strrchr(home_path, '/');
	char parent[4096];

	if (watch->watches_parent || slash == NULL || (size_t)(slash - home_path) >= sizeof parent)
		return;
	snprintf(parent, sizeof parent, "%.*s/", (int)(slash - home_path), home_path);
	watch->watches_parent = add(watch, parent);
}

void fsi_home_watch_start(struct fsi_home_watch *watch, const char *home_path)
{
	if (!watch->tried) {
		watch->tried = true;
		watch->inotify_fd = fsi_sys_inotify();
	}
	if (watch->inotify_fd < 0 || watch->watches_home)
		return;
	watch->watches_home = add(watch, home_path);
	if (!watch->watches_home)
		watch_parent(watch, home_path);
}

void fsi_home_watch_wait(struct fsi_home_watch *watch, uint64_t timeout_ms)
{
	uint64_t period = watch->watches_home || watch->watches_parent ? WATCHED_PERIOD_MS
								       : UNWATCHED_PERIOD_MS;
	struct pollfd fd = {.fd = watch->inotify_fd, .events = POLLIN};
	char events[4096];

	if (timeout_ms < period)
		period = timeout_ms;
	/* A descriptor of -1 is passed over by poll: then this is only a pause. */
	if (fsi_sys_poll(&fd, 1, (int)period) <= 0)
		return;
	while (fsi_sys_read(watch->inotify_fd, events, sizeof events) > 0)
		;
	/* The home may have gone and come: look for it anew. Watching twice is harmless. */
	watch->watches_home = false;
}
