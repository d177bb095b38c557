/* SPDX-License-Identifier: MIT */
/* Implements common/redis.h. */
#include "common/redis.h"

#include <errno.h>
#include <stdio.h>

static int broken(const redisContext *context, const char *what)
{
	return broker_refused(what, context == NULL ? "no memory" : context->errstr);
}

static int connect_to(const struct broker_ways *ways, redisContext **ret_context)
{
	redisContext *context = redisConnectUnix(ways->address);

	*ret_context = context;
	return context == NULL || context->err != 0 ? broken(context, "redisConnectUnix") : 0;
}

/* The reply to SUBSCRIBE comes once the server has heard it. */
static int listen_to(struct redis_end *self)
{
	redisReply *reply;

	if (connect_to(&self->ways, &self->subscriber) < 0)
		return -1;
	reply = redisCommand(self->subscriber, "SUBSCRIBE %s", self->ways.in);
	if (reply == NULL)
		return broken(self->subscriber, "SUBSCRIBE");
	freeReplyObject(reply);
	return 0;
}

static int connect_both(struct redis_end *self)
{
	if (self->ways.in != NULL && listen_to(self) < 0)
		return -1;
	return self->ways.out != NULL ? connect_to(&self->ways, &self->publisher) : 0;
}

int redis_end_open(void *end, const struct broker_ways *ways)
{
	struct redis_end *self = end;

	self->ways = *ways;
	self->timeout_ms = -1;
	if (connect_both(self) == 0)
		return 0;
	redis_end_close(self);
	return -1;
}

void redis_end_close(void *end)
{
	struct redis_end *self = end;

	freeReplyObject(self->message);
	if (self->publisher != NULL)
		redisFree(self->publisher);
	if (self->subscriber != NULL)
		redisFree(self->subscriber);
}

int redis_end_append(struct redis_end *self, const unsigned char *payload, size_t size)
{
	const char *words[] = {"PUBLISH", self->ways.out, (const char *)payload};
	const size_t sizes[] = {strlen(words[0]), strlen(words[1]), size};

	if (redisAppendCommandArgv(self->publisher, 3, words, sizes) != REDIS_OK)
		return broken(self->publisher, "PUBLISH");
	self->unanswered++;
	return 0;
}

static int check_answer(const struct redis_end *self, const redisReply *reply)
{
	char count[32];

	if (reply->type == REDIS_REPLY_INTEGER && reply->integer == self->ways.subscribers)
		return 0;
	snprintf(count, sizeof count, "reached %lld", reply->integer);
	return broker_refused("PUBLISH", reply->type == REDIS_REPLY_ERROR ? reply->str : count);
}

int redis_end_finish(void *end)
{
	struct redis_end *self = end;
	int result = 0;

	for (; self->unanswered > 0 && result == 0; self->unanswered--) {
		void *reply = NULL;

		if (redisGetReply(self->publisher, &reply) != REDIS_OK)
			return broken(self->publisher, "PUBLISH");
		result = check_answer(self, reply);
		freeReplyObject(reply);
	}
	return result;
}

static int wait_at_most(struct redis_end *self, int timeout_ms)
{
	struct timeval limit = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};

	if (timeout_ms == self->timeout_ms)
		return 0;
	self->timeout_ms = timeout_ms;
	if (redisSetTimeout(self->subscriber, limit) != REDIS_OK)
		return broken(self->subscriber, "redisSetTimeout");
	return 0;
}

int redis_end_take(void *end, int timeout_ms, const unsigned char **ret_payload, size_t *ret_size)
{
	struct redis_end *self = end;
	void *reply = NULL;

	freeReplyObject(self->message);
	self->message = NULL;
	if (wait_at_most(self, timeout_ms) < 0)
		return -1;
	if (redisGetReply(self->subscriber, &reply) != REDIS_OK) {
		if (self->subscriber->err == REDIS_ERR_IO && errno == EAGAIN)
			return 0;
		return broken(self->subscriber, "message");
	}
	self->message = reply;
	if (self->message->type != REDIS_REPLY_ARRAY || self->message->elements != 3)
		return broker_refused("message", "not of pub/sub");
	*ret_payload = (const unsigned char *)self->message->element[2]->str;
	*ret_size = self->message->element[2]->len;
	return 1;
}
