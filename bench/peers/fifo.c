/* SPDX-License-Identifier: MIT */
/*
 * A raw FIFO each way, the message in it: one blocking write and one blocking read a message, the
 * shortest way that two processes have through the kernel. The yardstick of round trips.
 *
 * runs: trip
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/home.h"
#include "common/peer.h"
#include "common/trip.h"

struct end {
	int in;
	int out;
	size_t size;
	unsigned char buffer[PIPE_BUF];
};

/* A FIFO takes up to PIPE_BUF bytes in one piece. */
static int put(void *end, const unsigned char *payload, size_t size)
{
	const struct end *self = end;

	if (write(self->out, payload, size) == (ssize_t)size)
		return 0;
	peer_broken("write");
	return -1;
}

/* Waits without limit: a poll(2) before each read would make it another thing. */
static int take(void *end, int timeout_ms, const unsigned char **ret_payload, size_t *ret_size)
{
	struct end *self = end;
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
static int open_end(struct end *self, const struct peer_job *job, const char *in, const char *out)
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
	struct end self = {0};
	struct trip_line line = {.end = &self, .put = put, .take = take};

	(void)tally;
	return open_end(&self, job, "back", "there") < 0 ? peer_broken("FIFO")
							 : trip_ping(job, &line);
}

static int pong(const struct peer_job *job, struct peer_tally *tally)
{
	struct end self = {0};
	struct trip_line line = {.end = &self, .put = put, .take = take};

	(void)tally;
	if (open_end(&self, job, "there", "back") < 0)
		return peer_broken("FIFO");
	peer_ready();
	return trip_pong(job, &line);
}

int main(int argc, char **argv)
{
	const struct peer_actions actions = {.ping = ping, .pong = pong};

	return peer_main(argc, argv, &actions);
}
