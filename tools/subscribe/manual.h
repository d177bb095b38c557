/* SPDX-License-Identifier: MIT */
/*
 * --ack manual: standard input says what came of the messages that were printed, a line each:
 *
 *	ack ID | nack ID [SECONDS] | reject ID [TEXT] | extend ID
 *
 * A line that can't be followed, and one about a message that is unknown or no longer ours, is told
 * and counted. The end of standard input ends the subscription.
 */
#ifndef SUBSCRIBE_MANUAL_H
#define SUBSCRIBE_MANUAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "subscribe/settle.h"

/* How many messages may be unsettled; fewer than a channel lets be, one of which each channel of an
 * inbox may hold. The longest line; more of it is dropped. */
enum { SUBSCRIBE_MANUAL_MAX = 900, SUBSCRIBE_MANUAL_LINE_BYTES = 8192 };

struct subscribe_manual {
	struct subscribe_settle *settle;
	/* NULL: nothing is settled by hand. */
	struct subscribe_manual_message *held;
	size_t count;
	char *line;
	size_t line_len;
	bool ended;
	/* Reading failed, with that errno. */
	int error;
	/* Lines without effect. */
	uint64_t wrong;
};

/* 0 or -1 (no memory). To be closed in any case. */
int subscribe_manual_open(struct subscribe_manual *manual, struct subscribe_settle *settle);
/* What is unsettled is left to the channels. */
void subscribe_manual_close(struct subscribe_manual *manual);

bool subscribe_manual_is_full(const struct subscribe_manual *manual);

/* Forgets those whose deadline has passed: they come again, here or to others. */
void subscribe_manual_forget_late(struct subscribe_manual *manual);

/* Takes over a message that was printed. */
void subscribe_manual_add(struct subscribe_manual *manual, struct subscribe_delivery *delivery);

/* Follows the lines that are there; never waits. */
void subscribe_manual_read(struct subscribe_manual *manual);

/* Sums up: CLI_ERROR if a line was of no effect, else 0. */
int subscribe_manual_status(const struct subscribe_manual *manual);

#endif
