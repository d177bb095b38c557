/* SPDX-License-Identifier: MIT */
/*
 * What a channel set remembers of topics: the targets of each of the last topics, void once the
 * set changes. A fixed number of places; two topics that hash to one place take turns.
 */
#ifndef FSPS_ROUTE_TOPIC_CACHE_H
#define FSPS_ROUTE_TOPIC_CACHE_H

#include "route/channel_set.h"

int fsi_topic_cache_find(struct fsi_channel_set *set, const char *topic, size_t topic_len,
			 struct fsi_route **ret_route);
/* NULL is allowed. */
void fsi_topic_cache_free(struct fsi_cached_topic *cache);

#endif
