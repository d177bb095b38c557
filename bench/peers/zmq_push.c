/* SPDX-License-Identifier: MIT */
/*
 * ZeroMQ PUSH/PULL. A PUSH socket deals its messages out in turn, so the publisher has one for each
 * subscriber and sends every message into each.
 *
 * requires: libzmq3-dev
 * runs: one four trip sizes
 * messages: 30
 * gigabytes: 3
 */
#include "common/flow.h"
#include "common/peer.h"
#include "common/trip.h"
#include "common/zmq.h"

static int publish_on(struct zmq_end *self, const struct peer_job *job, struct peer_tally *tally)
{
	home_name names[PEER_SUBSCRIBERS_MAX];

	if (zmq_end_find(job, names) != 0)
		return 1;
	for (int i = 0; i < job->subscribers; i++) {
		void *socket = zmq_end_socket(self, ZMQ_PUSH);

		if (socket == NULL || zmq_end_connect(socket, names[i]) != 0)
			return 1;
		self->outs[self->outs_count++] = socket;
	}
	return flow_publish(job, tally, zmq_end_put, self);
}

static int publish(const struct peer_job *job, struct peer_tally *tally)
{
	struct zmq_end self;
	int result;

	if (zmq_end_open(&self) != 0)
		return 1;
	result = publish_on(&self, job, tally);
	zmq_end_close(&self);
	return result;
}

static int subscribe(const struct peer_job *job, struct peer_tally *tally)
{
	struct zmq_end self;
	int result = 1;

	if (zmq_end_open(&self) != 0)
		return 1;
	self.in = zmq_end_socket(&self, ZMQ_PULL);
	if (self.in != NULL)
		result = zmq_end_subscribe(&self, job, tally);
	zmq_end_close(&self);
	return result;
}

/* ---- round trips: a pair of sockets each way, of which pong's bind ---- */

static int open_both(struct zmq_end *self, int (*attach)(void *, const char *), const char *in,
		     const char *out)
{
	if (zmq_end_open(self) != 0)
		return 1;
	self->in = zmq_end_socket(self, ZMQ_PULL);
	self->outs[0] = zmq_end_socket(self, ZMQ_PUSH);
	self->outs_count = 1;
	if (self->in == NULL || self->outs[0] == NULL)
		return 1;
	return attach(self->in, in) != 0 || attach(self->outs[0], out) != 0 ? 1 : 0;
}

static int ping(const struct peer_job *job, struct peer_tally *tally)
{
	struct zmq_end self;
	struct trip_line line = {.end = &self, .put = zmq_end_put, .take = zmq_end_take};
	int result;

	(void)tally;
	if (open_both(&self, zmq_end_connect, "back", "there") != 0)
		return 1;
	result = trip_ping(job, &line);
	zmq_end_close(&self);
	return result;
}

static int pong(const struct peer_job *job, struct peer_tally *tally)
{
	struct zmq_end self;
	struct trip_line line = {.end = &self, .put = zmq_end_put, .take = zmq_end_take};
	int result;

	(void)tally;
	if (open_both(&self, zmq_end_bind, "there", "back") != 0)
		return 1;
	peer_ready();
	result = trip_pong(job, &line);
	zmq_end_close(&self);
	return result;
}

int main(int argc, char **argv)
{
	const struct peer_actions actions = {
		.publish = publish, .subscribe = subscribe, .ping = ping, .pong = pong};

	return peer_main(argc, argv, &actions);
}
