/* SPDX-License-Identifier: MIT */
/*
 * What the peers of Redis share: pub/sub by hiredis on blocking connections, the publisher's own
 * and the subscriber's own, since a subscribed connection takes no PUBLISH. Every reply says how
 * many subscribers the message went to, and that is checked.
 */
#ifndef BENCH_REDIS_H
#define BENCH_REDIS_H

#include <hiredis.h>

#include "common/broker.h"

/* One process' connections and the message that the caller looks at. */
struct redis_end {
	redisContext *publisher;
	redisContext *subscriber;
	struct broker_ways ways;
	int timeout_ms;
	redisReply *message;
	/* Commands whose replies were not read yet. */
	unsigned int unanswered;
};

/* For struct broker_peer. */
int redis_end_open(void *end, const struct broker_ways *ways);
void redis_end_close(void *end);
int redis_end_take(void *end, int timeout_ms, const unsigned char **ret_payload, size_t *ret_size);
/* Sends what was appended and reads the replies. */
int redis_end_finish(void *end);

/* Puts the command that publishes a message behind the others. */
int redis_end_append(struct redis_end *self, const unsigned char *payload, size_t size);

#endif
