/* SPDX-License-Identifier: MIT */
/*
 * What stands behind the public fsps_bus: the configuration that all its handles share, and the
 * home that is open at present. Publishers and channels hold references, so that a bus may be
 * closed before them.
 */
#ifndef FSPS_STORE_BUS_H
#define FSPS_STORE_BUS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <fsps/bus.h>

#include "base/fork.h"
#include "base/log.h"
#include "store/control.h"
#include "store/hooks.h"

struct fsi_home;

struct fsps_bus {
	atomic_int references;
	/* Absolute. */
	char *path;
	char identity[FSI_IDENTITY_BYTES];
	uint64_t message_bytes_max;
	/* Whom we trust with the home beside us and root; 0: nobody. */
	uid_t home_owner;
	/* How full publishers may make the home: 1 to 100. */
	int watermark_percent;
	struct fsi_log log;
	fsi_hooks publish_hooks;
	fsi_hooks deliver_hooks;
	/* Guards home, and changes of the hooks. */
	pthread_mutex_t lock;
	struct fsi_home *home;
	struct fsi_fork_entry fork_entry;
};

/* options are checked. Returns 0 or a failure. */
int fsi_bus_new(const struct fsps_bus_options *options, fsps_bus **ret_bus);
fsps_bus *fsi_bus_ref(fsps_bus *bus);
void fsi_bus_unref(fsps_bus *bus);

/*
 * The home as it is now, with a reference for the caller: opened if it is not yet, opened anew if
 * it was removed and made again. Returns 1, 0 if it is missing and not to be created, or a
 * failure.
 */
int fsi_bus_home(fsps_bus *bus, bool create, struct fsi_home **ret_home);

#endif
