/* SPDX-License-Identifier: MIT */
/*
 * The channels of all patterns as one stream of messages, each shown once.
 *
 * Live channels are made in the order of the patterns, durable ones are put into the order of their
 * making, and a later channel skips what an earlier one's pattern matches: whatever reaches the
 * later one was published when the earlier one was there, so it is there too. No memory of what was
 * shown is needed. What is skipped is acknowledged, where that has a meaning.
 *
 * Order: of each channel some messages are held, and the one with the lowest ID goes first. It is
 * handed out only after every channel of which none is held was looked at since it was found: what
 * its publisher sent before it is in its channel by then. So the order of a publisher holds across
 * channels. To hold many saves looks at channels that are empty. Where a held message would be one
 * that is kept from other workers for long, none is held, the channels take turns, and order holds
 * within each.
 *
 * A gap in a channel, which was full, is said and counted, whether the message behind it is shown
 * or skipped.
 */
#ifndef SUBSCRIBE_INBOX_H
#define SUBSCRIBE_INBOX_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fsps/fsps.h>

#include "subscribe/capacity.h"

/* A message, owned, and the channel that it is to be settled in. */
struct subscribe_delivery {
	fsps_channel *channel;
	fsps_message *message;
	/* It came when all that was to be drained had been handed out. */
	bool is_late;
};

void subscribe_delivery_deinit(struct subscribe_delivery *delivery);

/* Hands it over: the one it was is empty then. */
struct subscribe_delivery subscribe_delivery_steal(struct subscribe_delivery *delivery);

/* Together with those that were shown fewer than a channel lets be unsettled. */
enum { SUBSCRIBE_HELD_MAX = 64 };

struct subscribe_inbox_options {
	/* Of each channel. */
	struct fsps_channel_options channel;
	/* No message is held. */
	bool in_turns;
	/* Of each of several channels so many may be held: SUBSCRIBE_HELD_MAX at most, at least 1
	 * unless in_turns. */
	size_t held_max;
	/* Gaps are counted and not said: somebody else does. */
	bool silent;
	/* What was asked for of durable channels that may be there already. */
	struct subscribe_capacity capacity;
};

struct subscribe_inbox {
	fsps_bus *bus;
	struct subscribe_inbox_options options;
	struct subscribe_inbox_channel *channels;
	size_t count;
	/* Whose turn it is. */
	size_t turn;
	/* Of all channels together: what they hold, its places, and a number that grows with
	 * everything that is found and whenever nothing is left of it. */
	size_t held_count;
	struct subscribe_delivery *held;
	uint64_t news;
	/* Messages that channels dropped, being full, before what was handed out, and how often. */
	uint64_t missed;
	uint64_t gaps;
	/* Only what waited when draining began is handed out... */
	bool draining;
	/* ... or what else comes while messages that failed are to come again. */
	bool awaits_retries;
};

/* Subscribes to all patterns. 0, or an exit code after saying what is wrong. To be closed in any
 * case. */
int subscribe_inbox_open(struct subscribe_inbox *inbox, fsps_bus *bus, const char **patterns,
			 size_t count, const struct subscribe_inbox_options *options);
/* Says how much was missed in all, if not every gap was told. */
void subscribe_inbox_sum_up(const struct subscribe_inbox *inbox);

/* What is unsettled is given back. */
void subscribe_inbox_close(struct subscribe_inbox *inbox);

/* The next message: 1, or 0 if none waits, or a code of libfsps. Never waits. After 0 all channels
 * may be polled. */
int subscribe_inbox_next(struct subscribe_inbox *inbox, struct subscribe_delivery *ret_delivery);

/* The same for an inbox of a single channel that is not draining, waiting for a message up to
 * timeout_ms milliseconds or until a signal comes. */
int subscribe_inbox_receive(struct subscribe_inbox *inbox, int64_t timeout_ms,
			    struct subscribe_delivery *ret_delivery);

/* From now on hands out only what waits at this moment. 0 or a code of libfsps. */
int subscribe_inbox_drain(struct subscribe_inbox *inbox);

/* Whether all of that was handed out. To be asked after subscribe_inbox_next() returned 0. 1, 0 or
 * a code of libfsps. */
int subscribe_inbox_drained(struct subscribe_inbox *inbox);

/* Fills one entry per channel. */
void subscribe_inbox_poll(const struct subscribe_inbox *inbox, struct pollfd *ret_fds);

#endif
