/* SPDX-License-Identifier: MIT */
/*
 * Redis pub/sub, pipelined: 64 PUBLISH are sent at once and then their 64 replies are read, so
 * that a round trip to the server is paid for 64 messages. Nothing is lost, as with peers/redis.c.
 *
 * requires: libhiredis-dev
 * server: redis
 * runs: one four sizes
 * messages: 5
 */
#include "common/redis.h"

enum {
	BATCH = 64,
	/* hiredis moves what is left of a batch to the front of its buffer after each write(2), so
	 * one of many MiB would take it longer to move than to send. */
	BATCH_BYTES = 256 * 1024
};

static int put(void *end, const unsigned char *payload, size_t size)
{
	struct redis_end *self = end;

	if (redis_end_append(self, payload, size) < 0)
		return -1;
	if (self->unanswered < BATCH && self->unanswered * size < BATCH_BYTES)
		return 0;
	return redis_end_finish(self);
}

const struct broker_peer broker_peer = {
	.end_size = sizeof(struct redis_end),
	.open = redis_end_open,
	.close = redis_end_close,
	.put = put,
	.finish = redis_end_finish,
	.take = redis_end_take,
};
