/* SPDX-License-Identifier: MIT */
/*
 * What the peers of libfsps share: its public API alone, with default options but two: the
 * publisher waits for room without limit, so that nothing is lost, and a channel may hold as much
 * as FSPS_BENCH_LIMIT_BYTES in the environment says. All receive alike, by one
 * fsps_channel_receive() a message, whose payload is read where it lies; they differ in how they
 * publish.
 *
 * FSPS_BENCH_SPIN_US in the environment: a receiver looks on for so long before it sleeps.
 */
#ifndef BENCH_FSPS_H
#define BENCH_FSPS_H

#include <stdbool.h>

#include <fsps/fsps.h>

#include "common/peer.h"

/* One process' publisher or channel, or both. */
struct fsps_end {
	fsps_bus *bus;
	fsps_publisher *publisher;
	const char *topic;
	/* How many channels a message is to reach. */
	int subscribers;
	fsps_channel *channel;
	/* Each message is acknowledged when the caller is done with it. */
	bool acknowledges;
	/* The message whose payload the caller looks at. */
	fsps_message *message;
	/* What a peer that publishes in its own way needs. */
	void *own;
};

/* Publishes all messages of a job; 0, or not after a line on stderr. */
typedef int (*fsps_end_way)(struct fsps_end *self, const struct peer_job *job,
			    struct peer_tally *tally);

/* Says what failed; returns 1, the exit code. */
int fsps_end_refused(const char *what);

/* Checks what a publishing call answered: 0, or -1 after a line on stderr. */
int fsps_end_check(const char *what, int reached, int wanted);

/* The roles. Each opens what it needs and closes it again; the exit code. */
int fsps_end_publish(const struct peer_job *job, struct peer_tally *tally, fsps_end_way way);
int fsps_end_subscribe(const struct peer_job *job, struct peer_tally *tally);
/* As the only reader of a durable channel, at least once, one acknowledgement a message. */
int fsps_end_work(const struct peer_job *job, struct peer_tally *tally);
int fsps_end_ping(const struct peer_job *job, struct peer_tally *tally);
int fsps_end_pong(const struct peer_job *job, struct peer_tally *tally);

/* The plainest way: one fsps_publish() a message. */
int fsps_end_each(struct fsps_end *self, const struct peer_job *job, struct peer_tally *tally);

#endif
