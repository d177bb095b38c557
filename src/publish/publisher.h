/* SPDX-License-Identifier: MIT */
/*
 * A publisher: finds the channels of a topic, writes the message once, links it into each and
 * rings (R1 to R3 of docs/design/protocol.md). Its lock makes it the unit of order: from the
 * taking of an ID to the last link nobody else publishes through it.
 */
#ifndef FSPS_PUBLISH_PUBLISHER_H
#define FSPS_PUBLISH_PUBLISHER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <fsps/publisher.h>

#include "base/clock.h"
#include "base/fork.h"
#include "publish/encode.h"
#include "publish/fast.h"
#include "publish/full.h"
#include "publish/receipt.h"
#include "publish/reserve.h"
#include "publish/staging.h"
#include "route/channel_set.h"
#include "store/bus.h"
#include "store/home.h"
#include "store/watermark.h"

/* A message's way to one channel. */
struct fsi_leg {
	struct fsi_target *target;
	/* The name that it got there, and what to ring: that ID, or "look". */
	char name[64];
	uint64_t rung_id;
	bool look;
	/* Why its directory could not be written through; 0: it could, or need not be. */
	int sync_code;
	enum { FSI_LEG_TO_LINK, FSI_LEG_TO_RING, FSI_LEG_DONE } state;
};

struct fsps_publisher {
	fsps_bus *bus;
	int64_t wait_ms;
	/* What is published is to be on the disk. */
	bool sync;
	pthread_mutex_t lock;
	/* When a message is published. */
	struct fsi_clock clock;
	/* NULL until there is one. */
	struct fsi_home *home;
	struct fsi_channel_set set;
	struct fsi_fast fast;
	/* By the wall clock: when the home was looked at. */
	uint64_t looked_us;
	/* Coarse ms of the last look that was more than that. */
	uint64_t thorough_ms;
	/* What the last message began with. */
	struct fsi_prefix prefix;
	struct fsi_reservation reservation;
	/* How much of the home is left to us. */
	struct fsi_watermark watermark;
	/* How long the publish under way waits. */
	struct fsi_patience patience;
	/* The message under way, and how files come out. */
	struct fsi_staged staged;
	/* What the publish under way came to. */
	struct fsps_receipt receipt;
	/* Where the message under way goes. */
	struct fsi_leg *legs;
	size_t leg_count;
	size_t leg_capacity;
	/* Bells open now, at most; counted anew every second. */
	size_t open_bells;
	size_t bell_limit;
	/* Coarse ms of the last upkeep; 0: never. */
	uint64_t upkeep_ms;
	/* Coarse ms at which the home was last seen at its path. */
	uint64_t home_checked_ms;
	/* We are a forked child and have not looked around yet. */
	bool forked;
	struct fsi_fork_entry fork_entry;
};

/* One message to publish. */
struct fsi_outgoing {
	const char *topic;
	size_t topic_len;
	const fsps_headers *headers;
	const void *payload;
	size_t payload_len;
	/* What is encoded of it already; NULL: nothing. */
	struct fsi_prefix *prefix;
};

struct fsps_prepared {
	fsps_publisher *publisher;
	char *topic;
	size_t topic_len;
	fsps_headers *headers;
	struct fsi_prefix prefix;
};

int fsi_publisher_new(fsps_bus *bus, const struct fsps_publisher_options *options,
		      fsps_publisher **ret_publisher);
void fsi_publisher_free(fsps_publisher *publisher);

/* receipt may be NULL. As fsps_publish(). */
int fsi_publisher_publish(fsps_publisher *publisher, const struct fsi_outgoing *message,
			  fsps_receipt *receipt);

/* The same with the lock held, into the publisher's receipt. */
int fsi_publisher_publish_locked(fsps_publisher *publisher, const struct fsi_outgoing *message);

/* As fsps_publish_batch(). */
int fsi_publisher_publish_batch(fsps_publisher *publisher, struct fsps_outgoing *messages,
				size_t count, fsps_receipt *receipt);

/* As fsps_prepare(). */
int fsi_prepared_new(fsps_publisher *publisher, const char *topic, const fsps_headers *headers,
		     fsps_prepared **ret_prepared);
void fsi_prepared_free(fsps_prepared *prepared);

/* As fsps_publisher_matched(). */
int fsi_publisher_matched(fsps_publisher *publisher, const char *topic, size_t topic_len);

/* As fsps_publisher_wait_subscribers(). */
int fsi_publisher_wait(fsps_publisher *publisher, const char *topic, size_t topic_len, int count,
		       int64_t timeout_ms);

#endif
