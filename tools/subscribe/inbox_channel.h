/* SPDX-License-Identifier: MIT */
/* One channel of an inbox: what the two files that implement subscribe/inbox.h share. */
#ifndef SUBSCRIBE_INBOX_CHANNEL_H
#define SUBSCRIBE_INBOX_CHANNEL_H

#include <stdint.h>

#include "subscribe/inbox.h"

struct subscribe_inbox_channel {
	fsps_channel *channel;
	/* Fetched and not handed out yet: so many of inbox->held_max places, from this one on. */
	struct subscribe_delivery *held;
	size_t held_first;
	size_t held_count;
	/* inbox->news when it was found empty last. */
	uint64_t empty_at;
	/* While draining: how many are still to be fetched. */
	int64_t left;
	/* When it was made, of durable ones if there are several; us since 1970. */
	uint64_t created_us;
};

#endif
