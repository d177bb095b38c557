/* SPDX-License-Identifier: MIT */
/*
 * A raw FIFO with the messages in it, the shortest way that two processes have through the kernel:
 * one blocking write a message into the FIFO of each subscriber. A record is its length, 8 bytes,
 * and the payload. A reader takes as many as there are with one blocking read, into memory of its
 * own, where it looks at them; of a large one it reads no more than its end.
 *
 * Round trips, whose yardstick it is, go by a FIFO each way, without a length: one write and one
 * read a message.
 *
 * runs: one four trip sizes
 * messages: 20
 * gigabytes: 4
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/flow.h"
#include "common/home.h"
#include "common/peer.h"
#include "common/trip.h"

enum {
	/* As large as an unprivileged user may have it. */
	FIFO_BYTES = 1 << 20,
	/* What a reader asks for at once. */
	READ_BYTES = 1 << 16
};

/* ---- one way: the publisher ---- */

struct writer {
	int fifos[PEER_SUBSCRIBERS_MAX];
	int count;
};

/* A small payload is joined to its length first: two pieces cost the kernel a quarter more. */
static ssize_t write_record(int fifo, const unsigned char *payload, size_t size)
{
	uint64_t length = size;
	struct iovec pieces[] = {{.iov_base = &length, .iov_len = sizeof length},
				 {.iov_base = (void *)(uintptr_t)payload, .iov_len = size}};
	unsigned char joined[PIPE_BUF];

	if (size > sizeof joined - sizeof length)
		return writev(fifo, pieces, 2);
	memcpy(joined, &length, sizeof length);
	memcpy(joined + sizeof length, payload, size);
	return write(fifo, joined, sizeof length + size);
}

static int put(void *end, const unsigned char *payload, size_t size)
{
	const struct writer *self = end;

	for (int i = 0; i < self->count; i++) {
		if (write_record(self->fifos[i], payload, size) !=
		    (ssize_t)(sizeof(uint64_t) + size)) {
			peer_broken("write");
			return -1;
		}
	}
	return 0;
}

static int open_all(struct writer *self, const struct peer_job *job)
{
	home_name names[PEER_SUBSCRIBERS_MAX];
	int home = home_open();

	if (home < 0 || home_find(home, "fifo-", job->subscribers, names) < 0)
		return -1;
	for (int i = 0; i < job->subscribers; i++) {
		self->fifos[i] = openat(home, names[i], O_WRONLY | O_CLOEXEC);
		if (self->fifos[i] < 0)
			return -1;
		fcntl(self->fifos[i], F_SETPIPE_SZ, FIFO_BYTES);
	}
	self->count = job->subscribers;
	return 0;
}

static int publish(const struct peer_job *job, struct peer_tally *tally)
{
	struct writer self = {0};

	return open_all(&self, job) < 0 ? peer_broken("FIFO")
					: flow_publish(job, tally, put, &self);
}

/* ---- one way: a subscriber ---- */

struct reader {
	int fifo;
	/* What was read and not taken yet lies from begin to end. */
	unsigned char *buffer;
	size_t capacity;
	size_t begin;
	size_t end;
};

/* The bytes of the record at begin, or 0 if it is not there as a whole. */
static size_t record_bytes(const struct reader *self)
{
	uint64_t length;

	if (self->end - self->begin < sizeof length)
		return 0;
	memcpy(&length, self->buffer + self->begin, sizeof length);
	return self->end - self->begin < sizeof length + length ? 0 : sizeof length + length;
}

/* Waits without limit. 1, 0 at the end, when the publisher is gone, or -1. */
static int read_more(struct reader *self)
{
	ssize_t got;

	memmove(self->buffer, self->buffer + self->begin, self->end - self->begin);
	self->end -= self->begin;
	self->begin = 0;
	got = read(self->fifo, self->buffer + self->end, self->capacity - self->end);
	if (got < 0) {
		peer_broken("read");
		return -1;
	}
	self->end += (size_t)got;
	return got > 0;
}

static int take(void *end, int timeout_ms, const unsigned char **ret_payload, size_t *ret_size)
{
	struct reader *self = end;
	size_t bytes;

	(void)timeout_ms;
	while ((bytes = record_bytes(self)) == 0) {
		int got = read_more(self);

		if (got <= 0)
			return got;
	}
	*ret_payload = self->buffer + self->begin + sizeof(uint64_t);
	*ret_size = bytes - sizeof(uint64_t);
	self->begin += bytes;
	return 1;
}

static int receive(struct reader *self, const struct peer_job *job, struct peer_tally *tally)
{
	self->capacity = sizeof(uint64_t) + job->size;
	if (self->capacity < READ_BYTES)
		self->capacity = READ_BYTES;
	self->buffer = malloc(self->capacity);
	return self->buffer == NULL ? peer_broken("memory")
				    : flow_subscribe_copied(job, tally, take, self);
}

static int subscribe(const struct peer_job *job, struct peer_tally *tally)
{
	struct reader self = {0};
	int home = home_open();
	char name[32];
	int result;

	snprintf(name, sizeof name, "fifo-%d", (int)getpid());
	if (home < 0 || mkfifoat(home, name, 0600) < 0)
		return peer_broken("FIFO");
	peer_ready();
	/* Waits for the publisher. */
	self.fifo = openat(home, name, O_RDONLY | O_CLOEXEC);
	if (self.fifo < 0)
		return peer_broken("FIFO");
	result = receive(&self, job, tally);
	free(self.buffer);
	return result;
}

/* ---- round trips ---- */

struct both {
	int in;
	int out;
	size_t size;
	unsigned char buffer[PIPE_BUF];
};

/* A FIFO takes up to PIPE_BUF bytes in one piece. */
static int send_bare(void *end, const unsigned char *payload, size_t size)
{
	const struct both *self = end;

	if (write(self->out, payload, size) == (ssize_t)size)
		return 0;
	peer_broken("write");
	return -1;
}

/* Waits without limit: a poll(2) before each read would make it another thing. */
static int take_bare(void *end, int timeout_ms, const unsigned char **ret_payload, size_t *ret_size)
{
	struct both *self = end;
	ssize_t size = read(self->in, self->buffer, self->size);

	(void)timeout_ms;
	if (size <= 0) {
		peer_broken("read");
		return -1;
	}
	*ret_payload = self->buffer;
	*ret_size = (size_t)size;
	return 1;
}

/* Opened for both, a FIFO waits for nobody and never ends. */
static int open_both(struct both *self, const struct peer_job *job, const char *in, const char *out)
{
	int home = home_open();

	if (home < 0)
		return -1;
	if (job->size > sizeof self->buffer) {
		errno = EMSGSIZE;
		return -1;
	}
	self->size = job->size;
	if ((mkfifoat(home, in, 0600) < 0 && errno != EEXIST) ||
	    (mkfifoat(home, out, 0600) < 0 && errno != EEXIST))
		return -1;
	self->in = openat(home, in, O_RDWR | O_CLOEXEC);
	self->out = openat(home, out, O_RDWR | O_CLOEXEC);
	close(home);
	return self->in < 0 || self->out < 0 ? -1 : 0;
}

static int ping(const struct peer_job *job, struct peer_tally *tally)
{
	struct both self = {0};
	struct trip_line line = {.end = &self, .put = send_bare, .take = take_bare};

	(void)tally;
	return open_both(&self, job, "back", "there") < 0 ? peer_broken("FIFO")
							  : trip_ping(job, &line);
}

static int pong(const struct peer_job *job, struct peer_tally *tally)
{
	struct both self = {0};
	struct trip_line line = {.end = &self, .put = send_bare, .take = take_bare};

	(void)tally;
	if (open_both(&self, job, "there", "back") < 0)
		return peer_broken("FIFO");
	peer_ready();
	return trip_pong(job, &line);
}

int main(int argc, char **argv)
{
	const struct peer_actions actions = {
		.publish = publish, .subscribe = subscribe, .ping = ping, .pong = pong};

	return peer_main(argc, argv, &actions);
}
