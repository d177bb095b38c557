/* SPDX-License-Identifier: MIT */
/*
 * The channels of a home as one publisher knows them, kept up to date, and which of them match a
 * topic.
 *
 * A refresh asks whether the home changed (one fstat, one load): who refreshes before a look-up
 * misses no channel that existed before. The names are read again only if it did. A look-up of a
 * topic that was asked before costs a hash; the first of a topic goes through an index of all
 * patterns.
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
	/* The publisher's: the fan that its messages go into, as long as that has this stamp. */
	struct fsi_fan *fan;
	uint64_t fan_stamp;
};

struct fsi_cached_topic;
struct fsi_fan;

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
	/* Targets made so far. */
	uint64_t serials;
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
 * Reads the names again if the home changed. Returns 0, FSPS_ERR_GONE if the home was removed, or
 * another failure.
 */
int fsi_channel_set_refresh(struct fsi_channel_set *set, struct fsi_home *home);

/* Whether no channel of ours came or went since; says nothing of those of others. */
bool fsi_channel_set_is_current(const struct fsi_channel_set *set, const struct fsi_home *home);

/* The targets that match a topic. Returns 0 or a failure. ret_route stays valid until the next
 * call, or until the set changes. */
int fsi_channel_set_find(struct fsi_channel_set *set, const char *topic, size_t topic_len,
			 struct fsi_route **ret_route);

/* The target that had that place and serial; NULL if it is gone. */
struct fsi_target *fsi_channel_set_get(const struct fsi_channel_set *set, uint32_t slot,
				       uint64_t serial);

/* Drops a target that turned out to be gone. Routes are void afterwards. */
void fsi_channel_set_remove(struct fsi_channel_set *set, struct fsi_target *target);

/* How often a bell may be kept open: a share of the process' descriptors. */
size_t fsi_channel_set_bell_limit(void);

#endif
