/* SPDX-License-Identifier: MIT */
/*
 * Unix sockets that keep messages apart, SOCK_SEQPACKET: one blocking send a message to each
 * subscriber. A subscriber binds one socket in the home and takes each message with one blocking
 * recv into memory of its own. The send buffer is as large as this user may have it: a message must
 * fit in, so 1 MiB takes CAP_NET_ADMIN or a larger net.core.wmem_max.
 *
 * runs: one four trip sizes
 * messages: 8
 * gigabytes: 15
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/flow.h"
#include "common/home.h"
#include "common/peer.h"
#include "common/trip.h"

enum { BUFFER_BYTES = 1 << 22 };

/* One process' connections: those that it sends to, and the one that it reads. */
struct end {
	int outs[PEER_SUBSCRIBERS_MAX];
	int outs_count;
	int in;
	/* How long in waits. */
	int timeout_ms;
	unsigned char *buffer;
	size_t capacity;
};

/* Says why a message could not be sent. */
static void refused(size_t size)
{
	if (errno != EMSGSIZE) {
		peer_broken("send");
		return;
	}
	fprintf(stderr, "%zu bytes take CAP_NET_ADMIN or a larger net.core.wmem_max\n", size);
	exit(PEER_NOT_HERE);
}

static int put(void *end, const unsigned char *payload, size_t size)
{
	const struct end *self = end;

	for (int i = 0; i < self->outs_count; i++) {
		if (send(self->outs[i], payload, size, MSG_NOSIGNAL) == (ssize_t)size)
			continue;
		refused(size);
		return -1;
	}
	return 0;
}

static int wait_at_most(struct end *self, int timeout_ms)
{
	struct timeval limit = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000L};

	self->timeout_ms = timeout_ms;
	return setsockopt(self->in, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

static int take(void *end, int timeout_ms, const unsigned char **ret_payload, size_t *ret_size)
{
	struct end *self = end;
	ssize_t got;

	if (timeout_ms != self->timeout_ms && wait_at_most(self, timeout_ms) < 0) {
		peer_broken("SO_RCVTIMEO");
		return -1;
	}
	got = recv(self->in, self->buffer, self->capacity, 0);
	if (got == 0 || (got < 0 && errno == EAGAIN))
		return 0;
	if (got < 0) {
		peer_broken("recv");
		return -1;
	}
	*ret_payload = self->buffer;
	*ret_size = (size_t)got;
	return 1;
}

/* ---- sockets by a name in the home ---- */

static int open_socket(const char *name, struct sockaddr_un *ret_address)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *home = getenv("PUBSUB_HOME");
	int length = snprintf(address.sun_path, sizeof address.sun_path, "%s/%s",
			      home == NULL ? "." : home, name);

	if (length < 0 || (size_t)length >= sizeof address.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	*ret_address = address;
	return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
}

static int listen_at(const char *name)
{
	struct sockaddr_un address;
	int end = open_socket(name, &address);

	if (end < 0 || bind(end, (struct sockaddr *)&address, sizeof address) < 0 ||
	    listen(end, 1) < 0)
		return -1;
	return end;
}

static void enlarge(int end)
{
	const int bytes = BUFFER_BYTES;

	if (setsockopt(end, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) < 0)
		setsockopt(end, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

static int connect_to(const char *name)
{
	struct sockaddr_un address;
	int end = open_socket(name, &address);

	if (end < 0 || connect(end, (struct sockaddr *)&address, sizeof address) < 0)
		return -1;
	enlarge(end);
	return end;
}

/* ---- the roles ---- */

static int connect_all(struct end *self, const struct peer_job *job)
{
	home_name names[PEER_SUBSCRIBERS_MAX];
	int home = home_open();

	if (home < 0 || home_find(home, "socket-", job->subscribers, names) < 0)
		return -1;
	for (int i = 0; i < job->subscribers; i++) {
		self->outs[i] = connect_to(names[i]);
		if (self->outs[i] < 0)
			return -1;
	}
	self->outs_count = job->subscribers;
	return 0;
}

static int publish(const struct peer_job *job, struct peer_tally *tally)
{
	struct end self = {0};

	return connect_all(&self, job) < 0 ? peer_broken("sockets")
					   : flow_publish(job, tally, put, &self);
}

/* Makes a socket of that name and waits for the one who connects to it. */
static int open_in(struct end *self, const struct peer_job *job, const char *name)
{
	int home = home_open();
	int listener = home < 0 ? -1 : listen_at(name);

	self->capacity = job->size;
	self->buffer = malloc(self->capacity);
	if (listener < 0 || self->buffer == NULL)
		return -1;
	peer_ready();
	self->in = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close(listener);
	close(home);
	return self->in;
}

static int subscribe(const struct peer_job *job, struct peer_tally *tally)
{
	struct end self = {0};
	char name[32];
	int result;

	snprintf(name, sizeof name, "socket-%d", (int)getpid());
	if (open_in(&self, job, name) < 0)
		return peer_broken("socket");
	result = flow_subscribe_copied(job, tally, take, &self);
	free(self.buffer);
	return result;
}

/* Round trips go both ways through one connection. */
static int ping(const struct peer_job *job, struct peer_tally *tally)
{
	struct end self = {.outs_count = 1, .capacity = job->size};
	struct trip_line line = {.end = &self, .put = put, .take = take};
	int result;

	(void)tally;
	self.buffer = malloc(self.capacity);
	self.in = self.outs[0] = connect_to("pong");
	if (self.buffer == NULL || self.in < 0)
		return peer_broken("socket");
	result = trip_ping(job, &line);
	free(self.buffer);
	return result;
}

static int pong(const struct peer_job *job, struct peer_tally *tally)
{
	struct end self = {.outs_count = 1};
	struct trip_line line = {.end = &self, .put = put, .take = take};
	int result;

	(void)tally;
	if (open_in(&self, job, "pong") < 0)
		return peer_broken("socket");
	self.outs[0] = self.in;
	result = trip_pong(job, &line);
	free(self.buffer);
	return result;
}

int main(int argc, char **argv)
{
	const struct peer_actions actions = {
		.publish = publish, .subscribe = subscribe, .ping = ping, .pong = pong};

	return peer_main(argc, argv, &actions);
}
