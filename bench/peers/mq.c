/* SPDX-License-Identifier: MIT */
/*
 * POSIX message queues: one blocking mq_send() a message into the queue of each subscriber, one
 * blocking mq_timedreceive() a message into memory of its own. A queue is as deep as this user may
 * have it: 10 messages by default, more for who may raise RLIMIT_MSGQUEUE and go beyond
 * fs.mqueue.msg_max.
 *
 * A queue has no name for longer than it takes to open it, so that none is left behind by whoever
 * is killed: others open it by the descriptor that its maker has, under /proc, whose path is a
 * symbolic link in the home.
 *
 * runs: one four trip sizes
 * messages: 3
 * gigabytes: 2
 * largest: 8192
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/flow.h"
#include "common/home.h"
#include "common/peer.h"
#include "common/trip.h"

enum {
	/* The most messages of a queue; halved until that many may be had, so down to 10. */
	DEPTH_MOST = 1280,
	/* A deadline is reckoned anew for every so manieth message. */
	DEADLINE_EVERY = 64
};

struct end {
	mqd_t outs[PEER_SUBSCRIBERS_MAX];
	int outs_count;
	mqd_t in;
	unsigned char *buffer;
	size_t capacity;
	/* When the wait for a message ends, and for how many more messages that will do. */
	struct timespec deadline;
	int deadline_left;
};

static int put(void *end, const unsigned char *payload, size_t size)
{
	const struct end *self = end;

	for (int i = 0; i < self->outs_count; i++) {
		if (mq_send(self->outs[i], (const char *)payload, size, 0) < 0) {
			peer_broken("mq_send");
			return -1;
		}
	}
	return 0;
}

static void set_deadline(struct end *self, int timeout_ms)
{
	clock_gettime(CLOCK_REALTIME, &self->deadline);
	self->deadline.tv_sec += timeout_ms / 1000;
	self->deadline_left = DEADLINE_EVERY;
}

static int take(void *end, int timeout_ms, const unsigned char **ret_payload, size_t *ret_size)
{
	struct end *self = end;
	bool fresh = self->deadline_left-- == 0;
	ssize_t got;

	if (fresh)
		set_deadline(self, timeout_ms);
	got = mq_timedreceive(self->in, (char *)self->buffer, self->capacity, NULL,
			      &self->deadline);
	if (got < 0 && errno == ETIMEDOUT && !fresh) {
		set_deadline(self, timeout_ms);
		got = mq_timedreceive(self->in, (char *)self->buffer, self->capacity, NULL,
				      &self->deadline);
	}
	if (got < 0 && errno == ETIMEDOUT)
		return 0;
	if (got < 0) {
		peer_broken("mq_timedreceive");
		return -1;
	}
	*ret_payload = self->buffer;
	*ret_size = (size_t)got;
	return 1;
}

/* ---- queues ---- */

static void raise_limit(void)
{
	const struct rlimit none = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};

	setrlimit(RLIMIT_MSGQUEUE, &none);
}

/* A queue about as deep as may be. */
static mqd_t make_queue(const char *name, size_t size)
{
	const int flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC;
	struct mq_attr shape = {.mq_maxmsg = DEPTH_MOST, .mq_msgsize = (long)size};
	mqd_t queue = mq_open(name, flags, 0600, &shape);

	while (queue < 0 && errno != EEXIST && (shape.mq_maxmsg /= 2) > 0)
		queue = mq_open(name, flags, 0600, &shape);
	if (queue >= 0)
		mq_unlink(name);
	return queue;
}

/* Makes a queue that others find in the home. */
static mqd_t create(int home, const char *name, size_t size)
{
	char path[64];
	char queue_name[64];
	mqd_t queue;

	raise_limit();
	snprintf(queue_name, sizeof queue_name, "/fsps-bench-%s-%d", name, (int)getpid());
	queue = make_queue(queue_name, size);
	if (queue < 0)
		return -1;
	snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), queue);
	return symlinkat(path, home, name) < 0 ? -1 : queue;
}

static mqd_t join(int home, const char *name)
{
	return openat(home, name, O_RDWR | O_CLOEXEC);
}

static int has_memory(struct end *self, const struct peer_job *job)
{
	self->capacity = job->size;
	self->buffer = malloc(self->capacity);
	return self->buffer == NULL ? -1 : 0;
}

/* ---- the roles ---- */

static int join_all(struct end *self, const struct peer_job *job)
{
	home_name names[PEER_SUBSCRIBERS_MAX];
	int home = home_open();

	if (home < 0 || home_find(home, "queue-", job->subscribers, names) < 0)
		return -1;
	for (int i = 0; i < job->subscribers; i++) {
		self->outs[i] = join(home, names[i]);
		if (self->outs[i] < 0)
			return -1;
	}
	self->outs_count = job->subscribers;
	return 0;
}

static int publish(const struct peer_job *job, struct peer_tally *tally)
{
	struct end self = {0};

	return join_all(&self, job) < 0 ? peer_broken("queues")
					: flow_publish(job, tally, put, &self);
}

static int subscribe(const struct peer_job *job, struct peer_tally *tally)
{
	struct end self = {0};
	int home = home_open();
	char name[32];
	int result;

	snprintf(name, sizeof name, "queue-%d", (int)getpid());
	if (home < 0 || has_memory(&self, job) < 0 || (self.in = create(home, name, job->size)) < 0)
		return peer_broken("queue");
	peer_ready();
	result = flow_subscribe_copied(job, tally, take, &self);
	free(self.buffer);
	return result;
}

/* Round trips: a queue each way, both made by pong. */
static int ping(const struct peer_job *job, struct peer_tally *tally)
{
	struct end self = {.outs_count = 1};
	struct trip_line line = {.end = &self, .put = put, .take = take};
	int home = home_open();
	int result;

	(void)tally;
	if (home < 0 || has_memory(&self, job) < 0 || (self.outs[0] = join(home, "there")) < 0 ||
	    (self.in = join(home, "back")) < 0)
		return peer_broken("queues");
	result = trip_ping(job, &line);
	free(self.buffer);
	return result;
}

static int pong(const struct peer_job *job, struct peer_tally *tally)
{
	struct end self = {.outs_count = 1};
	struct trip_line line = {.end = &self, .put = put, .take = take};
	int home = home_open();
	int result;

	(void)tally;
	if (home < 0 || has_memory(&self, job) < 0 ||
	    (self.in = create(home, "there", job->size)) < 0 ||
	    (self.outs[0] = create(home, "back", job->size)) < 0)
		return peer_broken("queues");
	peer_ready();
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
