/* SPDX-License-Identifier: MIT */
/* Implements common/nng.h. Functions return 0, or -1 after a line on stderr. */
#include "common/nng.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/flow.h"
#include "common/home.h"
#include "common/peer.h"
#include "common/trip.h"

enum {
	/* Of a socket's address, which the kernel limits to 107. */
	ADDRESS_BYTES = 128,
	/* How long one side waits for the other to come or to go, and how often it looks. */
	WAIT_MS = 30000,
	LOOK_MS = 1
};

#define SUBSCRIBER_PREFIX "subscriber-"

/* One process' sockets and the message that the caller looks at. */
struct end {
	nng_socket outs[PEER_SUBSCRIBERS_MAX];
	int outs_count;
	nng_socket in;
	/* The NNG_OPT_RECVTIMEO that in has. */
	int timeout_ms;
	nng_msg *message;
	/* How many are connected to its sockets that send; nng's threads count. */
	atomic_int connected;
};

static int refused(const char *what, int error)
{
	fprintf(stderr, "%s: %s\n", what, nng_strerror(error));
	return -1;
}

/* ---- for common/flow.h ---- */

static int put(void *end, const unsigned char *payload, size_t size)
{
	struct end *self = end;

	for (int i = 0; i < self->outs_count; i++) {
		int error = nng_send(self->outs[i], (void *)(uintptr_t)payload, size, 0);

		if (error != 0)
			return refused("nng_send", error);
	}
	return 0;
}

static int take(void *end, int timeout_ms, const unsigned char **ret_payload, size_t *ret_size)
{
	struct end *self = end;
	int error;

	nng_msg_free(self->message);
	self->message = NULL;
	if (timeout_ms != self->timeout_ms) {
		nng_socket_set_ms(self->in, NNG_OPT_RECVTIMEO, timeout_ms);
		self->timeout_ms = timeout_ms;
	}
	error = nng_recvmsg(self->in, &self->message, 0);
	if (error == NNG_ETIMEDOUT)
		return 0;
	if (error != 0)
		return refused("nng_recvmsg", error);
	*ret_payload = nng_msg_body(self->message);
	*ret_size = nng_msg_len(self->message);
	return 1;
}

/* ---- sockets ---- */

static void count_pipes(nng_pipe pipe, nng_pipe_ev event, void *context)
{
	struct end *self = context;

	(void)pipe;
	atomic_fetch_add(&self->connected, event == NNG_PIPE_EV_ADD_POST ? 1 : -1);
}

static int wait_connected(struct end *self, int count)
{
	const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};

	for (int i = 0; i < WAIT_MS / LOOK_MS; i++) {
		if (atomic_load(&self->connected) == count)
			return 0;
		nanosleep(&pause, NULL);
	}
	return refused("waiting for the other side", NNG_ETIMEDOUT);
}

static int open_out(struct end *self, nng_socket *ret_socket)
{
	int error = nng_way.open_out(ret_socket);

	if (error == 0)
		error = nng_socket_set_int(*ret_socket, NNG_OPT_SENDBUF, nng_way.queue);
	if (error == 0)
		error = nng_pipe_notify(*ret_socket, NNG_PIPE_EV_ADD_POST, count_pipes, self);
	if (error == 0)
		error = nng_pipe_notify(*ret_socket, NNG_PIPE_EV_REM_POST, count_pipes, self);
	return error == 0 ? 0 : refused("a socket to send", error);
}

static int open_in(struct end *self)
{
	int error = nng_way.open_in(&self->in);

	if (error == 0)
		error = nng_socket_set_int(self->in, NNG_OPT_RECVBUF, nng_way.queue);
	if (error == 0)
		error = nng_socket_set_size(self->in, NNG_OPT_RECVMAXSZ, 0);
	return error == 0 ? 0 : refused("a socket to receive", error);
}

/* The address of a socket in the home; an nng error code or 0. */
static int address_of(const char *name, char buffer[ADDRESS_BYTES])
{
	const char *home = getenv("PUBSUB_HOME");
	int length =
		snprintf(buffer, ADDRESS_BYTES, "ipc://%s/%s", home == NULL ? "." : home, name);

	return length < ADDRESS_BYTES ? 0 : NNG_EADDRINVAL;
}

static int bind_to(nng_socket socket, const char *name)
{
	char address[ADDRESS_BYTES];
	int error = address_of(name, address);
	int home = home_open();

	if (home < 0)
		return refused("PUBSUB_HOME", NNG_ENOENT);
	close(home);
	if (error == 0)
		error = nng_listen(socket, address, NULL, 0);
	return error == 0 ? 0 : refused("nng_listen", error);
}

static int dial(nng_socket socket, const char *name)
{
	char address[ADDRESS_BYTES];
	int error = address_of(name, address);

	if (error == 0)
		error = nng_dial(socket, address, NULL, 0);
	return error == 0 ? 0 : refused("nng_dial", error);
}

/* ---- the roles ---- */

static int dial_all(struct end *self, const struct peer_job *job)
{
	home_name names[PEER_SUBSCRIBERS_MAX];
	int home = home_open();

	if (home < 0 || home_find(home, SUBSCRIBER_PREFIX, job->subscribers, names) < 0)
		return refused("subscribers' sockets", NNG_ENOENT);
	close(home);
	for (int i = 0; i < job->subscribers; i++) {
		if (self->outs_count == 0 || !nng_way.sends_to_all) {
			if (open_out(self, &self->outs[self->outs_count]) < 0)
				return -1;
			self->outs_count++;
		}
		if (dial(self->outs[self->outs_count - 1], names[i]) < 0)
			return -1;
	}
	return wait_connected(self, job->subscribers);
}

static void close_all(struct end *self)
{
	nng_msg_free(self->message);
	for (int i = 0; i < self->outs_count; i++)
		nng_close(self->outs[i]);
	nng_close(self->in);
}

static int publish(const struct peer_job *job, struct peer_tally *tally)
{
	struct end self = {.in = NNG_SOCKET_INITIALIZER};
	int result = 1;

	if (dial_all(&self, job) == 0)
		result = flow_publish(job, tally, put, &self);
	if (result == 0 && wait_connected(&self, 0) < 0)
		result = 1;
	close_all(&self);
	return result;
}

static int subscribe(const struct peer_job *job, struct peer_tally *tally)
{
	struct end self = {.in = NNG_SOCKET_INITIALIZER};
	char name[32];
	int result = 1;

	snprintf(name, sizeof name, SUBSCRIBER_PREFIX "%d", (int)getpid());
	if (open_in(&self) == 0 && bind_to(self.in, name) == 0) {
		peer_ready();
		result = flow_subscribe(job, tally, take, &self);
	}
	close_all(&self);
	return result;
}

/* Round trips: a pair of sockets each way, of which pong's listen. */
static int open_both(struct end *self, int (*attach)(nng_socket, const char *), const char *in,
		     const char *out)
{
	if (open_in(self) < 0 || open_out(self, &self->outs[0]) < 0)
		return -1;
	self->outs_count = 1;
	return attach(self->in, in) < 0 || attach(self->outs[0], out) < 0 ? -1 : 0;
}

static int ping(const struct peer_job *job, struct peer_tally *tally)
{
	struct end self = {.in = NNG_SOCKET_INITIALIZER};
	struct trip_line line = {.end = &self, .put = put, .take = take};
	int result = 1;

	(void)tally;
	if (open_both(&self, dial, "back", "there") == 0 && wait_connected(&self, 1) == 0)
		result = trip_ping(job, &line);
	close_all(&self);
	return result;
}

static int pong(const struct peer_job *job, struct peer_tally *tally)
{
	struct end self = {.in = NNG_SOCKET_INITIALIZER};
	struct trip_line line = {.end = &self, .put = put, .take = take};
	int result = 1;

	(void)tally;
	if (open_both(&self, bind_to, "there", "back") == 0) {
		peer_ready();
		/* What is sent before ping is there would be dropped. */
		if (wait_connected(&self, 1) == 0)
			result = trip_pong(job, &line);
		if (result == 0 && wait_connected(&self, 0) < 0)
			result = 1;
	}
	close_all(&self);
	return result;
}

int nng_way_main(int argc, char **argv)
{
	const struct peer_actions actions = {
		.publish = publish, .subscribe = subscribe, .ping = ping, .pong = pong};

	return peer_main(argc, argv, &actions);
}
