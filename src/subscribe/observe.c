/* SPDX-License-Identifier: MIT */
/* Implements subscribe/channel.h: what a channel tells about itself. */
#include "base/error.h"
#include "inspect/content.h"
#include "subscribe/channel.h"
#include "subscribe/upkeep.h"

void fsi_channel_stats(fsps_channel *channel, struct fsps_channel_stats *stats)
{
	pthread_mutex_lock(&channel->lock);
	stats->delivered = channel->delivered;
	stats->dropped = channel->dropped;
	stats->set_aside = channel->set_aside;
	stats->scans = channel->scans;
	stats->from_segments = channel->from_segments;
	stats->acknowledged = channel->acknowledged;
	stats->redelivered = channel->redelivered;
	stats->late = channel->late;
	stats->dead = channel->dead;
	/* What is no message nobody can settle. */
	stats->unsettled = channel->deliveries.count - channel->deliveries.refused;
	stats->expired = channel->expired;
	stats->missed = channel->missed;
	stats->evicted = channel->evicted;
	pthread_mutex_unlock(&channel->lock);
}

int64_t fsi_channel_backlog(fsps_channel *channel)
{
	struct fsi_channel_content content;
	int r;

	if (atomic_load_explicit(&channel->forked, memory_order_relaxed))
		return fsi_channel_fail_forked(channel);
	pthread_mutex_lock(&channel->lock);
	r = fsi_channel_content(channel->directory_fd, channel->control, &content);
	if (r < 0 && fsi_channel_check_name(channel) < 0)
		r = fsi_error_last()->code;
	pthread_mutex_unlock(&channel->lock);
	return r < 0 ? r : (int64_t)content.backlog;
}
