/* SPDX-License-Identifier: MIT */
/*
 * --ack auto: messages that were printed, until the kernel has the output and they are
 * acknowledged.
 *
 * The output counts whole messages (cli_output_mark()), those written and those that the kernel has
 * for sure; each message here knows its number.
 */
#ifndef SUBSCRIBE_SHOWN_H
#define SUBSCRIBE_SHOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "subscribe/settle.h"

/* Fewer than a channel lets be unsettled, some of which an inbox holds (SUBSCRIBE_HELD_MAX). */
enum { SUBSCRIBE_SHOWN_MAX = 512 };

struct subscribe_shown {
	/* A ring; NULL: nothing is kept here. */
	struct subscribe_shown_message *ring;
	size_t first;
	size_t count;
};

/* 0 or -1 (no memory). */
int subscribe_shown_init(struct subscribe_shown *shown);
/* What was not acknowledged is left to the channels. */
void subscribe_shown_deinit(struct subscribe_shown *shown);

/* Whether the output is to be flushed before the next one is added. */
bool subscribe_shown_is_full(const struct subscribe_shown *shown);

/* Takes a message over. mark: the output's count of messages with this one. */
void subscribe_shown_add(struct subscribe_shown *shown, struct subscribe_delivery *delivery,
			 uint64_t mark);

/* Acknowledges those up to marks_flushed. */
void subscribe_shown_acknowledge(struct subscribe_shown *shown, struct subscribe_settle *settle,
				 uint64_t marks_flushed);

#endif
