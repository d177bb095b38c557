/* SPDX-License-Identifier: MIT */
/*
 * The channels of all patterns as one stream of messages, each shown once.
 *
 * Channels are opened in the order of the patterns, and the channel of a later pattern skips what
 * an earlier pattern matches: whatever reaches the later one was published when the earlier one
 * was open, so it is there too. No memory of what was shown is needed.
 *
 * Order: at most one message per channel is held, and the one with the lowest ID goes first. It
 * is chosen only after every empty channel was looked at since it was found: what its publisher
 * sent before it is in its channel by then. So the order of a publisher holds across channels.
 */
#ifndef SUBSCRIBE_INBOX_H
#define SUBSCRIBE_INBOX_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fsps/fsps.h>

struct subscribe_inbox {
	struct subscribe_inbox_channel *channels;
	size_t count;
	/* Only what waited when draining began is handed out. */
	bool draining;
};

/* Subscribes to all patterns. channel_options: of each channel. 0, or an exit code after saying
 * what is wrong. To be closed in any case. */
int subscribe_inbox_open(struct subscribe_inbox *inbox, fsps_bus *bus, const char **patterns,
			 size_t count, const struct fsps_channel_options *channel_options);
void subscribe_inbox_close(struct subscribe_inbox *inbox);

/* The next message, which the caller owns: 1, or 0 if none waits, or a code of libfsps. Never
 * waits. After 0 all channels may be polled. */
int subscribe_inbox_next(struct subscribe_inbox *inbox, fsps_message **ret_message);

/* The same for an inbox of a single channel that is not draining, waiting for a message up to
 * timeout_ms milliseconds or until a signal comes. */
int subscribe_inbox_receive(struct subscribe_inbox *inbox, int64_t timeout_ms,
			    fsps_message **ret_message);

/* From now on hands out only what waits at this moment. 0 or a code of libfsps. */
int subscribe_inbox_drain(struct subscribe_inbox *inbox);

/* Whether all of that was handed out. To be asked after subscribe_inbox_next() returned 0. 1, 0 or
 * a code of libfsps. */
int subscribe_inbox_drained(struct subscribe_inbox *inbox);

/* Fills one entry per channel. */
void subscribe_inbox_poll(const struct subscribe_inbox *inbox, struct pollfd *ret_fds);

#endif
