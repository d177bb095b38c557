/* SPDX-License-Identifier: MIT */
/*
 * ZeroMQ publish/subscribe without its drops: XPUB with ZMQ_XPUB_NODROP, whose sends wait while any
 * subscriber's queue is full. The subscribers want everything and no topic travels, which is the
 * least that XPUB can have to do.
 *
 * requires: libzmq3-dev
 * runs: one four
 * messages: 30
 */
#include "common/flow.h"
#include "common/peer.h"
#include "common/zmq.h"

/* With ZMQ_XPUB_VERBOSE each subscriber's subscription is seen, not the first alone. */
static int open_publisher(struct zmq_end *self)
{
	void *socket = zmq_end_socket(self, ZMQ_XPUB);
	int on = 1;

	if (socket == NULL)
		return 1;
	self->outs[0] = socket;
	self->outs_count = 1;
	if (zmq_setsockopt(socket, ZMQ_XPUB_NODROP, &on, sizeof on) < 0 ||
	    zmq_setsockopt(socket, ZMQ_XPUB_VERBOSE, &on, sizeof on) < 0)
		return zmq_end_broken("zmq_setsockopt");
	return 0;
}

/* Connects to every subscriber, then waits for their subscriptions. */
static int connect_all(void *socket, const struct peer_job *job)
{
	home_name names[PEER_SUBSCRIBERS_MAX];

	if (zmq_end_find(job, names) != 0)
		return 1;
	for (int i = 0; i < job->subscribers; i++) {
		if (zmq_end_connect(socket, names[i]) != 0)
			return 1;
	}
	for (int i = 0; i < job->subscribers; i++) {
		unsigned char subscription[16];

		if (zmq_recv(socket, subscription, sizeof subscription, 0) < 0)
			return zmq_end_broken("subscription");
	}
	return 0;
}

static int publish(const struct peer_job *job, struct peer_tally *tally)
{
	struct zmq_end self;
	int result = 1;

	if (zmq_end_open(&self) != 0)
		return 1;
	if (open_publisher(&self) == 0 && connect_all(self.outs[0], job) == 0)
		result = flow_publish(job, tally, zmq_end_put, &self);
	zmq_end_close(&self);
	return result;
}

static int subscribe_on(struct zmq_end *self, const struct peer_job *job, struct peer_tally *tally)
{
	self->in = zmq_end_socket(self, ZMQ_SUB);
	if (self->in == NULL)
		return 1;
	if (zmq_setsockopt(self->in, ZMQ_SUBSCRIBE, "", 0) < 0)
		return zmq_end_broken("ZMQ_SUBSCRIBE");
	return zmq_end_subscribe(self, job, tally);
}

static int subscribe(const struct peer_job *job, struct peer_tally *tally)
{
	struct zmq_end self;
	int result;

	if (zmq_end_open(&self) != 0)
		return 1;
	result = subscribe_on(&self, job, tally);
	zmq_end_close(&self);
	return result;
}

int main(int argc, char **argv)
{
	const struct peer_actions actions = {.publish = publish, .subscribe = subscribe};

	return peer_main(argc, argv, &actions);
}
