/* SPDX-License-Identifier: MIT */
/*
 * How long a message may wait: the channel's time to live, or the message's own if that is less,
 * from its timestamp on. What is older is removed instead of being handed out; what was claimed
 * once is never asked.
 */
#ifndef FSPS_SUBSCRIBE_AGE_H
#define FSPS_SUBSCRIBE_AGE_H

#include "subscribe/channel.h"

/* The same for one that may have a time to live. */
bool fsi_age_is_over_slow(fsps_channel *channel, const fsps_message *message);

/* Whether its time to live has passed. Costs what has none nothing. */
static inline bool fsi_age_is_over(fsps_channel *channel, const fsps_message *message)
{
	if (message->headers.count == 0 &&
	    atomic_load_explicit(&channel->control->ttl_ms, memory_order_relaxed) == 0)
		return false;
	return fsi_age_is_over_slow(channel, message);
}

/* One was removed. */
void fsi_age_count(fsps_channel *channel);

#endif
