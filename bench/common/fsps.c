/* SPDX-License-Identifier: MIT */
/* Implements common/fsps.h. */
#include "common/fsps.h"

#include <stdio.h>

#include "common/flow.h"
#include "common/trip.h"

enum { SUBSCRIBERS_WAIT_MS = 30000 };

int fsps_end_refused(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, fsps_last_error()->text);
	return 1;
}

int fsps_end_check(const char *what, int reached, int wanted)
{
	if (reached == wanted)
		return 0;
	if (reached < 0)
		fsps_end_refused(what);
	else
		fprintf(stderr, "%s: %d instead of %d\n", what, reached, wanted);
	return -1;
}

static void close_end(struct fsps_end *self)
{
	fsps_message_unref(self->message);
	fsps_publisher_close(self->publisher);
	fsps_channel_close(self->channel);
	fsps_bus_close(self->bus);
}

/* ---- publishing ---- */

static int open_publisher(struct fsps_end *self, const char *topic, int subscribers)
{
	struct fsps_publisher_options options = {.size = sizeof options, .wait_ms = FSPS_FOREVER};

	self->topic = topic;
	self->subscribers = subscribers;
	if (fsps_publisher_open(self->bus, &options, &self->publisher) < 0)
		return fsps_end_refused("fsps_publisher_open");
	return 0;
}

static int put(void *end, const unsigned char *payload, size_t size)
{
	const struct fsps_end *self = end;
	int reached = fsps_publish(self->publisher, self->topic, NULL, payload, size, NULL);

	return fsps_end_check("fsps_publish", reached, self->subscribers);
}

int fsps_end_each(struct fsps_end *self, const struct peer_job *job, struct peer_tally *tally)
{
	return flow_publish(job, tally, put, self);
}

int fsps_end_publish(const struct peer_job *job, struct peer_tally *tally, fsps_end_way way)
{
	struct fsps_end self = {0};
	int result = 1;

	if (fsps_bus_open(NULL, &self.bus) < 0)
		return fsps_end_refused("fsps_bus_open");
	if (open_publisher(&self, job->topic, job->subscribers) == 0) {
		if (fsps_publisher_wait_subscribers(self.publisher, job->topic, job->subscribers,
						    SUBSCRIBERS_WAIT_MS) < 0)
			fsps_end_refused("fsps_publisher_wait_subscribers");
		else
			result = way(&self, job, tally) == 0 ? 0 : 1;
	}
	close_end(&self);
	return result;
}

/* ---- receiving ---- */

static int open_channel(struct fsps_end *self, const char *pattern)
{
	struct fsps_channel_options options = {
		.size = sizeof options,
		.spin_us = peer_environment("FSPS_BENCH_SPIN_US"),
		.limit_bytes = peer_environment("FSPS_BENCH_LIMIT_BYTES"),
		.durable = self->acknowledges ? "bench" : NULL,
	};

	if (fsps_channel_open(self->bus, pattern, &options, &self->channel) < 0)
		return fsps_end_refused("fsps_channel_open");
	return 0;
}

/* The caller has looked at the message. */
static int let_go(struct fsps_end *self)
{
	int result = 0;

	if (self->acknowledges && self->message != NULL &&
	    fsps_message_ack(self->channel, self->message) < 0) {
		fsps_end_refused("fsps_message_ack");
		result = -1;
	}
	fsps_message_unref(self->message);
	self->message = NULL;
	return result;
}

static int take(void *end, int timeout_ms, const unsigned char **ret_payload, size_t *ret_size)
{
	struct fsps_end *self = end;
	int got;

	if (let_go(self) < 0)
		return -1;
	got = fsps_channel_receive(self->channel, timeout_ms, &self->message);
	if (got < 0)
		fsps_end_refused("fsps_channel_receive");
	if (got > 0)
		*ret_payload = fsps_message_payload(self->message, ret_size);
	return got;
}

static int subscribe_as(struct fsps_end *self, const struct peer_job *job, struct peer_tally *tally)
{
	int result;

	if (fsps_bus_open(NULL, &self->bus) < 0)
		return fsps_end_refused("fsps_bus_open");
	result = open_channel(self, job->topic);
	if (result == 0) {
		peer_ready();
		result = flow_subscribe(job, tally, take, self);
	}
	if (result == 0 && let_go(self) < 0)
		result = 1;
	close_end(self);
	return result;
}

int fsps_end_subscribe(const struct peer_job *job, struct peer_tally *tally)
{
	struct fsps_end self = {0};

	return subscribe_as(&self, job, tally);
}

int fsps_end_work(const struct peer_job *job, struct peer_tally *tally)
{
	struct fsps_end self = {.acknowledges = true};

	return subscribe_as(&self, job, tally);
}

/* ---- round trips: a channel each way ---- */

static int open_both(struct fsps_end *self, const char *in, const char *out)
{
	if (fsps_bus_open(NULL, &self->bus) < 0)
		return fsps_end_refused("fsps_bus_open");
	return open_channel(self, in) != 0 || open_publisher(self, out, 1) != 0 ? 1 : 0;
}

int fsps_end_ping(const struct peer_job *job, struct peer_tally *tally)
{
	struct fsps_end self = {0};
	struct trip_line line = {.end = &self, .put = put, .take = take};
	int result = open_both(&self, "back", "there");

	(void)tally;
	if (result == 0)
		result = trip_ping(job, &line);
	close_end(&self);
	return result;
}

int fsps_end_pong(const struct peer_job *job, struct peer_tally *tally)
{
	struct fsps_end self = {0};
	struct trip_line line = {.end = &self, .put = put, .take = take};
	int result = open_both(&self, "there", "back");

	(void)tally;
	if (result == 0) {
		peer_ready();
		result = trip_pong(job, &line);
	}
	close_end(&self);
	return result;
}
