/* SPDX-License-Identifier: MIT */
/*
 * iceoryx by its C binding: chunks of shared memory, which are loaned, written and published by one
 * side and borrowed by the others; the payload is copied in, or built in place if it is to be
 * loaned. A publisher waits while any subscriber's queue is full (which is not iceoryx' default),
 * and a subscriber sleeps in a wait set while its own is empty.
 *
 * That everybody is connected is seen by files in the home: a subscriber is only once there is a
 * publisher, and says so with one.
 *
 * requires: libiceoryx-binding-c-dev
 * server: iceoryx
 * runs: one four trip sizes loaned
 * messages: 10
 * gigabytes: 8
 */
#include <errno.h>
#include <fcntl.h>
#include <iceoryx_binding_c/log.h>
#include <iceoryx_binding_c/publisher.h>
#include <iceoryx_binding_c/runtime.h>
#include <iceoryx_binding_c/subscriber.h>
#include <iceoryx_binding_c/wait_set.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "common/flow.h"
#include "common/home.h"
#include "common/peer.h"
#include "common/trip.h"

enum {
	/* Messages that wait for a subscriber at most, which is iceoryx' limit; of large ones so
	 * many that the processor's caches hold them. */
	QUEUE_MOST = 256,
	QUEUE_BYTES = 1 << 24,
	/* How long a publisher waits for its subscribers, and how often it looks. */
	CONNECT_MS = 30000,
	LOOK_MS = 1
};

#define SERVICE   "fsps-bench"
#define CONNECTED "connected-"

struct end {
	iox_pub_storage_t out_memory;
	iox_sub_storage_t in_memory;
	iox_ws_storage_t wait_memory;
	iox_pub_t out;
	iox_sub_t in;
	iox_ws_t wait;
	/* The chunk that the caller looks at, or that it builds. */
	const void *borrowed;
	void *loan;
	/* Of each message: both sides know it, as with a type. */
	size_t size;
};

static int refused(const char *what)
{
	fprintf(stderr, "%s refused\n", what);
	return -1;
}

/* ---- publishing ---- */

static int reserve(void *end, size_t size, unsigned char **ret_payload)
{
	struct end *self = end;

	if (iox_pub_loan_chunk(self->out, &self->loan, (uint32_t)size) != AllocationResult_SUCCESS)
		return refused("iox_pub_loan_chunk");
	*ret_payload = self->loan;
	return 0;
}

static int commit(void *end, size_t size)
{
	struct end *self = end;

	(void)size;
	iox_pub_publish_chunk(self->out, self->loan);
	return 0;
}

static int put(void *end, const unsigned char *payload, size_t size)
{
	unsigned char *chunk;

	if (reserve(end, size, &chunk) < 0)
		return -1;
	memcpy(chunk, payload, size);
	return commit(end, size);
}

/* ---- receiving ---- */

/* Until there is something or end_ns. A wait set wakes also for what was taken meanwhile. */
static bool sleep_until(struct end *self, int64_t end_ns)
{
	int64_t left_ns = end_ns - peer_now_ns();
	iox_notification_info_t notification;
	uint64_t missed;

	while (left_ns > 0) {
		const struct timespec timeout = {.tv_sec = left_ns / 1000000000,
						 .tv_nsec = left_ns % 1000000000};

		if (iox_ws_timed_wait(self->wait, timeout, &notification, 1, &missed) > 0)
			return true;
		left_ns = end_ns - peer_now_ns();
	}
	return false;
}

/* Sees to it that there is a chunk in borrowed. 1, 0 if none came, or -1. */
static int wait_for_chunk(struct end *self, int timeout_ms)
{
	const int64_t end_ns = peer_now_ns() + timeout_ms * INT64_C(1000000);

	for (;;) {
		ENUM iox_ChunkReceiveResult result = iox_sub_take_chunk(self->in, &self->borrowed);

		if (result == ChunkReceiveResult_SUCCESS)
			return 1;
		if (result != ChunkReceiveResult_NO_CHUNK_AVAILABLE)
			return refused("iox_sub_take_chunk");
		if (!sleep_until(self, end_ns))
			return 0;
	}
}

static int take(void *end, int timeout_ms, const unsigned char **ret_payload, size_t *ret_size)
{
	struct end *self = end;

	if (self->borrowed != NULL)
		iox_sub_release_chunk(self->in, self->borrowed);
	self->borrowed = NULL;
	if (iox_sub_take_chunk(self->in, &self->borrowed) != ChunkReceiveResult_SUCCESS) {
		int got = wait_for_chunk(self, timeout_ms);

		if (got <= 0)
			return got;
	}
	*ret_payload = self->borrowed;
	*ret_size = self->size;
	return 1;
}

/* ---- opening and closing ---- */

static void enter(const struct peer_job *job, struct end *self)
{
	char name[64];

	snprintf(name, sizeof name, "fsps-bench-%d", (int)getpid());
	iox_set_loglevel(Iceoryx_LogLevel_Error);
	iox_runtime_init(name);
	self->size = job->size;
}

static void open_out(struct end *self, const struct peer_job *job, const char *name)
{
	iox_pub_options_t options;

	iox_pub_options_init(&options);
	options.subscriberTooSlowPolicy = ConsumerTooSlowPolicy_WAIT_FOR_CONSUMER;
	self->out = iox_pub_init(&self->out_memory, SERVICE, job->topic, name, &options);
}

static int open_in(struct end *self, const struct peer_job *job, const char *name)
{
	const size_t fitting = QUEUE_BYTES / job->size;
	iox_sub_options_t options;

	iox_sub_options_init(&options);
	options.queueFullPolicy = QueueFullPolicy_BLOCK_PRODUCER;
	options.queueCapacity = fitting < QUEUE_MOST ? fitting : QUEUE_MOST;
	self->in = iox_sub_init(&self->in_memory, SERVICE, job->topic, name, &options);
	self->wait = iox_ws_init(&self->wait_memory);
	if (iox_ws_attach_subscriber_state(self->wait, self->in, SubscriberState_HAS_DATA, 0,
					   NULL) != WaitSetResult_SUCCESS)
		return refused("iox_ws_attach_subscriber_state");
	return 0;
}

static void leave(struct end *self)
{
	if (self->borrowed != NULL)
		iox_sub_release_chunk(self->in, self->borrowed);
	if (self->wait != NULL)
		iox_ws_deinit(self->wait);
	if (self->in != NULL)
		iox_sub_deinit(self->in);
	if (self->out != NULL)
		iox_pub_deinit(self->out);
	iox_runtime_shutdown();
}

/* ---- being connected ---- */

static bool look_again(int *looks)
{
	const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};

	nanosleep(&pause, NULL);
	return ++*looks < CONNECT_MS / LOOK_MS;
}

/* Waits for a publisher without limit, and says so in the home. */
static int tell_connected(const struct end *self, int home)
{
	char name[32];
	int looks = 0;
	int file;

	while (iox_sub_get_subscription_state(self->in) != SubscribeState_SUBSCRIBED)
		look_again(&looks);
	snprintf(name, sizeof name, CONNECTED "%d", (int)getpid());
	file = openat(home, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	return file < 0 ? -1 : close(file);
}

static int wait_connected(int home, int subscribers)
{
	home_name names[PEER_SUBSCRIBERS_MAX];
	int looks = 0;

	while (home_find(home, CONNECTED, subscribers, names) < 0) {
		if (!look_again(&looks))
			return -1;
	}
	return 0;
}

/* ---- the roles ---- */

static int publish_on(struct end *self, const struct peer_job *job, struct peer_tally *tally)
{
	int home = home_open();

	open_out(self, job, "there");
	if (home < 0 || wait_connected(home, job->subscribers) < 0)
		return peer_broken("subscribers");
	if (job->payload == PEER_LOANED)
		return flow_publish_loaned(job, tally, reserve, commit, self);
	return flow_publish(job, tally, put, self);
}

static int publish(const struct peer_job *job, struct peer_tally *tally)
{
	struct end self = {0};
	int result;

	enter(job, &self);
	result = publish_on(&self, job, tally);
	leave(&self);
	return result;
}

static int subscribe_on(struct end *self, const struct peer_job *job, struct peer_tally *tally)
{
	int home = home_open();

	if (home < 0)
		return peer_broken("PUBSUB_HOME");
	if (open_in(self, job, "there") < 0)
		return 1;
	peer_ready();
	if (tell_connected(self, home) < 0)
		return peer_broken("home");
	return flow_subscribe(job, tally, take, self);
}

static int subscribe(const struct peer_job *job, struct peer_tally *tally)
{
	struct end self = {0};
	int result;

	enter(job, &self);
	result = subscribe_on(&self, job, tally);
	leave(&self);
	return result;
}

/* Round trips: a topic each way; each side is connected before it sends. */
static int go_both_ways(struct end *self, const struct peer_job *job, const char *in,
			const char *out)
{
	int home = home_open();

	enter(job, self);
	open_out(self, job, out);
	if (home < 0)
		return peer_broken("PUBSUB_HOME");
	if (open_in(self, job, in) < 0)
		return 1;
	if (strcmp(job->role, "pong") == 0)
		peer_ready();
	if (tell_connected(self, home) < 0 || wait_connected(home, 2) < 0)
		return peer_broken("the other side");
	return 0;
}

static int ping(const struct peer_job *job, struct peer_tally *tally)
{
	struct end self = {0};
	struct trip_line line = {.end = &self, .put = put, .take = take};
	int result = go_both_ways(&self, job, "back", "there");

	(void)tally;
	if (result == 0)
		result = trip_ping(job, &line);
	leave(&self);
	return result;
}

static int pong(const struct peer_job *job, struct peer_tally *tally)
{
	struct end self = {0};
	struct trip_line line = {.end = &self, .put = put, .take = take};
	int result = go_both_ways(&self, job, "there", "back");

	(void)tally;
	if (result == 0)
		result = trip_pong(job, &line);
	leave(&self);
	return result;
}

int main(int argc, char **argv)
{
	const struct peer_actions actions = {
		.publish = publish, .subscribe = subscribe, .ping = ping, .pong = pong};

	return peer_main(argc, argv, &actions);
}
