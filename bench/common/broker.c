/* SPDX-License-Identifier: MIT */
/* Implements common/broker.h. */
#include "common/broker.h"

#include <stdio.h>

/* The topics of round trips. */
static const char THERE[] = "bench.there";
static const char BACK[] = "bench.back";

int broker_refused(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	return -1;
}

/* An end for these ways, or NULL after a line on stderr. */
static void *open_end(const char *in, const char *out, int subscribers)
{
	const struct broker_ways ways = {.address = getenv("FSPS_BENCH_SERVER"),
					 .in = in,
					 .out = out,
					 .subscribers = subscribers};
	void *end = calloc(1, broker_peer.end_size);

	if (ways.address == NULL)
		broker_refused("FSPS_BENCH_SERVER", "not set");
	else if (end == NULL)
		peer_broken("memory");
	else if (broker_peer.open(end, &ways) == 0)
		return end;
	free(end);
	return NULL;
}

static void close_end(void *end)
{
	broker_peer.close(end);
	free(end);
}

static int publish(const struct peer_job *job, struct peer_tally *tally)
{
	void *end = open_end(NULL, job->topic, job->subscribers);
	int result;

	if (end == NULL)
		return 1;
	result = flow_publish(job, tally, broker_peer.put, end);
	if (result == 0 && broker_peer.finish != NULL && broker_peer.finish(end) < 0)
		result = 1;
	close_end(end);
	return result;
}

static int receive(const struct peer_job *job, struct peer_tally *tally, void *end)
{
	return broker_peer.take_copies ? flow_subscribe_copied(job, tally, broker_peer.take, end)
				       : flow_subscribe(job, tally, broker_peer.take, end);
}

static int subscribe(const struct peer_job *job, struct peer_tally *tally)
{
	void *end = open_end(job->topic, NULL, 0);
	int result;

	if (end == NULL)
		return 1;
	peer_ready();
	result = receive(job, tally, end);
	close_end(end);
	return result;
}

static int ping(const struct peer_job *job, struct peer_tally *tally)
{
	struct trip_line line = {
		.end = open_end(BACK, THERE, 1), .put = broker_peer.put, .take = broker_peer.take};
	int result;

	(void)tally;
	if (line.end == NULL)
		return 1;
	result = trip_ping(job, &line);
	close_end(line.end);
	return result;
}

static int pong(const struct peer_job *job, struct peer_tally *tally)
{
	struct trip_line line = {
		.end = open_end(THERE, BACK, 1), .put = broker_peer.put, .take = broker_peer.take};
	int result;

	(void)tally;
	if (line.end == NULL)
		return 1;
	peer_ready();
	result = trip_pong(job, &line);
	close_end(line.end);
	return result;
}

int main(int argc, char **argv)
{
	const struct peer_actions actions = {
		.publish = publish, .subscribe = subscribe, .ping = ping, .pong = pong};

	return peer_main(argc, argv, &actions);
}
