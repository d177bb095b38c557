/* SPDX-License-Identifier: MIT */
/* Implements common/zmq.h. */
#include "common/zmq.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/flow.h"

enum {
	/* Messages that either side may hold. Of 1,000 (ZeroMQ's default), 10,000, 100,000 and no
	 * limit the fastest, to one subscriber and to four, with PUSH and with XPUB. */
	HIGH_WATER = 10000,
	/* Of a socket's address, which the kernel limits to 107. */
	ADDRESS_BYTES = 128
};

#define SUBSCRIBER_PREFIX "subscriber-"

int zmq_end_broken(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, zmq_strerror(errno));
	return 1;
}

int zmq_end_open(struct zmq_end *self)
{
	*self = (struct zmq_end){.context = zmq_ctx_new(), .timeout_ms = -1};
	zmq_msg_init(&self->message);
	return self->context == NULL ? zmq_end_broken("zmq_ctx_new") : 0;
}

void zmq_end_close(struct zmq_end *self)
{
	zmq_msg_close(&self->message);
	for (int i = 0; i < self->outs_count; i++)
		zmq_close(self->outs[i]);
	if (self->in != NULL)
		zmq_close(self->in);
	zmq_ctx_term(self->context);
}

void *zmq_end_socket(struct zmq_end *self, int type)
{
	void *socket = zmq_socket(self->context, type);
	int high_water = HIGH_WATER;

	if (socket == NULL ||
	    zmq_setsockopt(socket, ZMQ_SNDHWM, &high_water, sizeof high_water) < 0 ||
	    zmq_setsockopt(socket, ZMQ_RCVHWM, &high_water, sizeof high_water) < 0) {
		zmq_end_broken("zmq_socket");
		return NULL;
	}
	return socket;
}

static int attach(void *socket, const char *name, int (*how)(void *, const char *))
{
	char address[ADDRESS_BYTES];

	snprintf(address, sizeof address, "ipc://%s/%s", getenv("PUBSUB_HOME"), name);
	return how(socket, address) < 0 ? zmq_end_broken(address) : 0;
}

int zmq_end_bind(void *socket, const char *name)
{
	int home = home_open();

	if (home < 0)
		return peer_broken("PUBSUB_HOME");
	close(home);
	return attach(socket, name, zmq_bind);
}

int zmq_end_connect(void *socket, const char *name)
{
	return attach(socket, name, zmq_connect);
}

int zmq_end_find(const struct peer_job *job, home_name *ret_names)
{
	int home = home_open();
	int result;

	if (home < 0)
		return peer_broken("PUBSUB_HOME");
	result = home_find(home, SUBSCRIBER_PREFIX, job->subscribers, ret_names);
	close(home);
	return result < 0 ? peer_broken("subscribers' sockets") : 0;
}

int zmq_end_subscribe(struct zmq_end *self, const struct peer_job *job, struct peer_tally *tally)
{
	char name[32];

	snprintf(name, sizeof name, SUBSCRIBER_PREFIX "%d", (int)getpid());
	if (zmq_end_bind(self->in, name) != 0)
		return 1;
	peer_ready();
	return flow_subscribe(job, tally, zmq_end_take, self);
}

int zmq_end_put(void *end, const unsigned char *payload, size_t size)
{
	const struct zmq_end *self = end;

	for (int i = 0; i < self->outs_count; i++) {
		if (zmq_send(self->outs[i], payload, size, 0) < 0) {
			zmq_end_broken("zmq_send");
			return -1;
		}
	}
	return 0;
}

int zmq_end_take(void *end, int timeout_ms, const unsigned char **ret_payload, size_t *ret_size)
{
	struct zmq_end *self = end;

	if (timeout_ms != self->timeout_ms) {
		zmq_setsockopt(self->in, ZMQ_RCVTIMEO, &timeout_ms, sizeof timeout_ms);
		self->timeout_ms = timeout_ms;
	}
	if (zmq_msg_recv(&self->message, self->in, 0) < 0) {
		if (errno == EAGAIN)
			return 0;
		zmq_end_broken("zmq_msg_recv");
		return -1;
	}
	*ret_payload = zmq_msg_data(&self->message);
	*ret_size = zmq_msg_size(&self->message);
	return 1;
}
