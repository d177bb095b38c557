/* SPDX-License-Identifier: MIT */
/*
 * What the peers of ZeroMQ share. Every socket that binds is a subscriber's, an ipc:// socket in
 * the home, and publishers connect. No message is dropped: a send waits while the other side's
 * queue is full, and a process that ends waits until what it sent has left it (ZMQ_LINGER -1, the
 * default), after the measured time. The payload is copied in by zmq_send(), which is the fastest
 * way for small messages, and read in place. Functions return 0, or 1, the exit code, after a line
 * on stderr, unless they say otherwise.
 */
#ifndef BENCH_ZMQ_H
#define BENCH_ZMQ_H

#include <zmq.h>

#include "common/home.h"
#include "common/peer.h"

/* One process' sockets and the message that the caller looks at. */
struct zmq_end {
	void *context;
	/* Those that it sends to, every message into each. */
	void *outs[PEER_SUBSCRIBERS_MAX];
	int outs_count;
	void *in;
	/* The ZMQ_RCVTIMEO that in has. */
	int timeout_ms;
	zmq_msg_t message;
};

int zmq_end_open(struct zmq_end *self);
void zmq_end_close(struct zmq_end *self);

/* A socket of a type (ZMQ_PUSH, ...), or NULL after a line on stderr. */
void *zmq_end_socket(struct zmq_end *self, int type);

/* Binds to, or connects to, the socket of that name in the home. */
int zmq_end_bind(void *socket, const char *name);
int zmq_end_connect(void *socket, const char *name);

/* The names of the subscribers' sockets; there must be as many as the job has subscribers. */
int zmq_end_find(const struct peer_job *job, home_name *ret_names);

/* A subscriber's whole life, on a socket that is in. Returns the exit code. */
int zmq_end_subscribe(struct zmq_end *self, const struct peer_job *job, struct peer_tally *tally);

/* Prints ZeroMQ's error and returns 1, the exit code. */
int zmq_end_broken(const char *what);

/* For common/flow.h. */
int zmq_end_put(void *end, const unsigned char *payload, size_t size);
int zmq_end_take(void *end, int timeout_ms, const unsigned char **ret_payload, size_t *ret_size);

#endif
