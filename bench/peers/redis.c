/* SPDX-License-Identifier: MIT */
/*
 * Redis pub/sub as most programs use it: one PUBLISH, and its reply, a message. Nothing is lost,
 * since the server's limit on what waits for a subscriber is off (servers/redis.conf).
 *
 * requires: libhiredis-dev
 * server: redis
 * runs: one four trip sizes
 * messages: 1/4
 */
#include "common/redis.h"

static int put(void *end, const unsigned char *payload, size_t size)
{
	return redis_end_append(end, payload, size) < 0 ? -1 : redis_end_finish(end);
}

const struct broker_peer broker_peer = {
	.end_size = sizeof(struct redis_end),
	.open = redis_end_open,
	.close = redis_end_close,
	.put = put,
	.take = redis_end_take,
};
