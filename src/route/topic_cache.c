/* SPDX-License-Identifier: MIT */
/* Implements route/topic_cache.h. */
#include "route/topic_cache.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/error.h"
#include "topic/match.h"

/* Places; a power of 2. */
enum { PLACES = 1024 };
/* Targets that all routes may hold, 8 bytes each: beyond that all are forgotten. */
enum { TARGETS_MAX = 1 << 20 };
/* Fewer channels than this are tried one by one: that is as fast as an index. */
enum { INDEX_FROM = 16 };

struct fsi_cached_topic {
	uint64_t hash;
	/* The set's version that the route is of; 0: empty. */
	uint64_t version;
	char *topic;
	size_t topic_len;
	struct fsi_route route;
};

void fsi_topic_cache_free(struct fsi_cached_topic *cache)
{
	for (size_t i = 0; cache != NULL && i < PLACES; i++) {
		free(cache[i].topic);
		free(cache[i].route.targets);
	}
	free(cache);
}

static int append(struct fsi_route *route, struct fsi_target *target)
{
	if (route->count == route->capacity) {
		size_t capacity = route->capacity == 0 ? 4 : route->capacity * 2;
		struct fsi_target **targets =
			reallocarray(route->targets, capacity, sizeof(struct fsi_target *));

		if (targets == NULL)
			return FSPS_ERR_NO_MEMORY;
		route->targets = targets;
		route->capacity = capacity;
	}
	route->targets[route->count++] = target;
	return 0;
}

static int try_each(struct fsi_channel_set *set, const char *topic, size_t topic_len,
		    struct fsi_route *route)
{
	for (uint32_t i = 0; i < set->slot_count; i++) {
		struct fsi_target *target = set->slots[i];

		if (target == NULL ||
		    !fsi_match(target->name, target->pattern_len, topic, topic_len))
			continue;
		if (append(route, target) < 0)
			return FSPS_ERR_NO_MEMORY;
	}
	return 0;
}

static int build_index(struct fsi_channel_set *set)
{
	for (uint32_t i = 0; i < set->slot_count; i++) {
		struct fsi_target *target = set->slots[i];

		if (target != NULL &&
		    fsi_pattern_index_add(&set->index, target->name, target->pattern_len, i) < 0) {
			fsi_pattern_index_deinit(&set->index);
			fsi_pattern_index_init(&set->index);
			return FSPS_ERR_NO_MEMORY;
		}
	}
	set->indexed = true;
	return 0;
}

struct gathering {
	struct fsi_channel_set *set;
	struct fsi_route *route;
};

static int gather(uint32_t slot, void *userdata)
{
	struct gathering *gathering = userdata;

	return append(gathering->route, gathering->set->slots[slot]);
}

static int fill(struct fsi_channel_set *set, const char *topic, size_t topic_len,
		struct fsi_route *route)
{
	struct gathering gathering = {.set = set, .route = route};

	/* One topic, as of a program that publishes once, is not worth an index: reading the names
	 * cost more than trying each. From the second on it is. */
	set->misses++;
	if (!set->indexed && (set->misses == 1 || set->channel_count < INDEX_FROM))
		return try_each(set, topic, topic_len, route);
	if (!set->indexed && build_index(set) < 0)
		return FSPS_ERR_NO_MEMORY;
	return fsi_pattern_index_find(&set->index, topic, topic_len, gather, &gathering);
}

/* Makes the place that of this topic, with an empty route. */
static int claim(struct fsi_cached_topic *cached, uint64_t hash, const char *topic,
		 size_t topic_len)
{
	char *copy = cached->topic;

	cached->version = 0;
	cached->route.count = 0;
	cached->route.fan_stamp = 0;
	if (copy == NULL || cached->topic_len < topic_len) {
		copy = realloc(copy, topic_len);
		if (copy == NULL)
			return FSPS_ERR_NO_MEMORY;
		cached->topic = copy;
	}
	memcpy(copy, topic, topic_len);
	cached->topic_len = topic_len;
	cached->hash = hash;
	return 0;
}

static bool is_current(const struct fsi_cached_topic *cached, uint64_t version, uint64_t hash,
		       const char *topic, size_t topic_len)
{
	return cached->version == version && cached->hash == hash &&
	       cached->topic_len == topic_len && memcmp(cached->topic, topic, topic_len) == 0;
}

static int make_room(struct fsi_channel_set *set)
{
	if (set->cached_targets > TARGETS_MAX) {
		fsi_topic_cache_free(set->cache);
		set->cache = NULL;
		set->cached_targets = 0;
	}
	if (set->cache == NULL)
		set->cache = calloc(PLACES, sizeof *set->cache);
	if (set->cache == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory for routes");
	return 0;
}

int fsi_topic_cache_find(struct fsi_channel_set *set, const char *topic, size_t topic_len,
			 struct fsi_route **ret_route)
{
	uint64_t hash = XXH3_64bits(topic, topic_len);
	struct fsi_cached_topic *cached;
	int r = make_room(set);

	if (r < 0)
		return r;
	cached = &set->cache[hash & (PLACES - 1)];
	if (!is_current(cached, set->version, hash, topic, topic_len)) {
		size_t had_room_for = cached->route.capacity;

		r = claim(cached, hash, topic, topic_len);
		if (r == 0)
			r = fill(set, topic, topic_len, &cached->route);
		set->cached_targets += cached->route.capacity - had_room_for;
		if (r < 0)
			return fsi_fail(FSPS_ERR_NO_MEMORY, topic, "no memory for a route");
		cached->version = set->version;
	}
	*ret_route = &cached->route;
	return 0;
}
