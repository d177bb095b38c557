/* SPDX-License-Identifier: MIT */
/*
 * Saying of messages what came of them, and counting it for the exit code.
 *
 * A message that was settled too late is told and counted, and is nobody's loss: it comes again. A
 * file system that refuses is told and counted too: the message comes again when its deadline has
 * passed. So none of these ends the subscription.
 */
#ifndef SUBSCRIBE_SETTLE_H
#define SUBSCRIBE_SETTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "subscribe/durability.h"
#include "subscribe/inbox.h"
#include "subscribe/owed.h"

struct subscribe_settle {
	const struct subscribe_durability *options;
	fsps_bus *bus;
	struct subscribe_owed owed;
	/* When the channels were asked last what of that is still there. */
	int64_t refreshed_ns;
	/* Settled for good: acknowledged, or a dead letter. */
	uint64_t done;
	uint64_t dead;
	/* Settled too late. */
	uint64_t late;
	/* Could not be settled. */
	uint64_t refused;
};

void subscribe_settle_init(struct subscribe_settle *settle,
			   const struct subscribe_durability *options, fsps_bus *bus);
void subscribe_settle_deinit(struct subscribe_settle *settle);

/* It is done. Whether that was in time. */
bool subscribe_settle_ack(struct subscribe_settle *settle,
			  const struct subscribe_delivery *delivery);

/* It failed and comes again after delay_ms milliseconds, as with fsps_message_nack(). error: for
 * people, or NULL. */
void subscribe_settle_nack(struct subscribe_settle *settle,
			   const struct subscribe_delivery *delivery, int64_t delay_ms,
			   const char *error);

/* It is a dead letter. */
void subscribe_settle_reject(struct subscribe_settle *settle,
			     const struct subscribe_delivery *delivery, const char *error);

/* Gives more time, the channel's deadline from now. Whether it is still ours. */
bool subscribe_settle_extend(struct subscribe_settle *settle,
			     const struct subscribe_delivery *delivery);

/* Whether --drain has to wait for messages to come again; asks the channels once a second. 1, 0 or
 * a code of libfsps. */
int subscribe_settle_awaits_retries(struct subscribe_settle *settle);

/* Sums up, while the channels are open: CLI_ERROR if a message became a dead letter, failed and was
 * not settled, or could not be settled; else 0. */
int subscribe_settle_status(struct subscribe_settle *settle);

#endif
