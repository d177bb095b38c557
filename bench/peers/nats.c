/* SPDX-License-Identifier: MIT */
/*
 * NATS by its C client over loopback. The client gathers messages and has a thread that sends them,
 * which is its way: a publish is a copy into its buffer, or a wait while the server does not read.
 * Another thread receives and hands over to natsSubscription_NextMsg(). Round trips send at once.
 * Nothing is lost: what waits for a subscriber is without limit in its client, and out of reach of
 * the limit in the server, which slows the publisher down before (servers/nats.conf). The publisher
 * ends when the server has answered that it has all.
 *
 * requires: libnats-dev
 * server: nats
 * runs: one four trip sizes
 * messages: 15
 * gigabytes: 1/2
 */
#include <nats/nats.h>
#include <stdio.h>

#include "common/broker.h"

enum { ANSWER_MS = 600000 };

struct end {
	natsConnection *connection;
	natsSubscription *subscription;
	struct broker_ways ways;
	natsMsg *message;
};

static int check(const char *what, natsStatus status)
{
	return status == NATS_OK ? 0 : broker_refused(what, natsStatus_GetText(status));
}

static natsStatus set_up(natsOptions *options, const struct broker_ways *ways)
{
	char url[64];
	natsStatus status;

	snprintf(url, sizeof url, "nats://%s", ways->address);
	status = natsOptions_SetURL(options, url);
	/* A connection that breaks is a failure, not to be made anew behind our back. */
	if (status == NATS_OK)
		status = natsOptions_SetAllowReconnect(options, false);
	if (status != NATS_OK)
		return status;
	/* Who listens as well waits for an answer to what it sends. */
	return natsOptions_SetSendAsap(options, ways->in != NULL);
}

static int connect_to(struct end *self)
{
	natsOptions *options = NULL;
	natsStatus status = natsOptions_Create(&options);

	if (status == NATS_OK)
		status = set_up(options, &self->ways);
	if (status == NATS_OK)
		status = natsConnection_Connect(&self->connection, options);
	natsOptions_Destroy(options);
	return check("natsConnection_Connect", status);
}

/* The server has the subscription once it answers the flush. */
static int listen_to(struct end *self)
{
	natsStatus status;

	if (self->ways.in == NULL)
		return 0;
	status = natsConnection_SubscribeSync(&self->subscription, self->connection, self->ways.in);
	if (status == NATS_OK)
		status = natsSubscription_SetPendingLimits(self->subscription, -1, -1);
	if (status == NATS_OK)
		status = natsConnection_FlushTimeout(self->connection, ANSWER_MS);
	return check("natsConnection_SubscribeSync", status);
}

static void close_end(void *end)
{
	struct end *self = end;

	natsMsg_Destroy(self->message);
	natsSubscription_Destroy(self->subscription);
	natsConnection_Destroy(self->connection);
	nats_Close();
}

static int open_end(void *end, const struct broker_ways *ways)
{
	struct end *self = end;

	self->ways = *ways;
	if (connect_to(self) == 0 && listen_to(self) == 0)
		return 0;
	close_end(self);
	return -1;
}

static int put(void *end, const unsigned char *payload, size_t size)
{
	const struct end *self = end;

	return check("natsConnection_Publish",
		     natsConnection_Publish(self->connection, self->ways.out, payload, (int)size));
}

static int finish(void *end)
{
	const struct end *self = end;

	return check("natsConnection_FlushTimeout",
		     natsConnection_FlushTimeout(self->connection, ANSWER_MS));
}

static int take(void *end, int timeout_ms, const unsigned char **ret_payload, size_t *ret_size)
{
	struct end *self = end;
	natsStatus status;

	natsMsg_Destroy(self->message);
	self->message = NULL;
	status = natsSubscription_NextMsg(&self->message, self->subscription, timeout_ms);
	if (status == NATS_TIMEOUT)
		return 0;
	if (check("natsSubscription_NextMsg", status) < 0)
		return -1;
	*ret_payload = (const unsigned char *)natsMsg_GetData(self->message);
	*ret_size = (size_t)natsMsg_GetDataLength(self->message);
	return 1;
}

const struct broker_peer broker_peer = {
	.end_size = sizeof(struct end),
	.open = open_end,
	.close = close_end,
	.put = put,
	.finish = finish,
	.take = take,
};
