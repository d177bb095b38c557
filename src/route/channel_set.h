/* SPDX-License-Identifier: MIT */
/*
 * The channels of a home as one publisher knows them, kept up to date, and which of them match a
 * topic.
 *
 * Every look-up asks whether the home changed (one fstat, one load): it misses no channel that
 * existed before the call. The names are read again only if it did. A look-up of a topic that was
 * asked before costs a hash; the first of a topic goes through an index of all patterns.
 */
#ifndef FSPS_ROUTE_CHANNEL_SET_H
#define FSPS_ROUTE_CHANNEL_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "route/target.h"
#include "store/home.h"
#include "topic/index.h"

/* The targets of one topic. Valid until the set is refreshed. */
struct fsi_route {
	struct fsi_target **targets;
	size_t count;
	size_t capacity;
};

struct fsi_cached_topic;

struct fsi_channel_set {
	/* By slot; a free slot is NULL. */
	struct fsi_target **slots;
	uint32_t slot_count;
	uint32_t slot_capacity;
	uint32_t *free_slots;
	uint32_t free_count;
	uint32_t channel_count;
	/* By name. */
	struct fsi_target **buckets;
	uint32_t bucket_count;
	/* Bumped when a channel comes or goes: what was cached before is void. */
	uint64_t version;
	/* The scan that is or was last under way. */
	uint64_t scan;

	/* The home's names, open for us alone (a directory's offset is shared). */
	int names_fd;
	/* The home as it was when it was last read. */
	bool settled;
	struct timespec read_mtime;
	uint64_t read_generation;

	struct fsi_pattern_index index;
	bool indexed;
	struct fsi_cached_topic *cache;
	/* Room for targets in all its routes. */
	size_t cached_targets;
	uint64_t misses;
};

void fsi_channel_set_init(struct fsi_channel_set *set);
/* Frees all targets. */
void fsi_channel_set_deinit(struct fsi_channel_set *set);

/*
 * The targets that match a topic now. Returns 0, FSPS_ERR_GONE if the home was removed, or
 * another failure. ret_route stays valid until the next call.
 */
int fsi_channel_set_find(struct fsi_channel_set *set, struct fsi_home *home, const char *topic,
			 size_t topic_len, const struct fsi_route **ret_route);

/* Drops a target that turned out to be gone. Routes are void afterwards. */
void fsi_channel_set_remove(struct fsi_channel_set *set, struct fsi_target *target);

/* How often a bell may be kept open: a share of the process' descriptors. */
size_t fsi_channel_set_bell_limit(void);

#endif
