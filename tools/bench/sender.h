/* SPDX-License-Identifier: MIT */
/* Publishes stamped messages one by one, in the way that was asked for. Batches are gathered here,
 * and go when they are full or somebody says so. */
#ifndef BENCH_SENDER_H
#define BENCH_SENDER_H

#include <stdbool.h>
#include <stddef.h>

#include <fsps/fsps.h>

#include "bench/job.h"
#include "bench/stamp.h"

struct bench_sender {
	enum bench_way way;
	const char *topic;
	size_t size;
	bool touch;
	/* How many channels each message has to reach; others may have it, too. */
	int wanted;
	fsps_publisher *publisher;
	fsps_prepared *prepared;
	/* What payloads are built in: one, or those of a batch. */
	unsigned char *payloads;
	struct fsps_outgoing *batch;
	size_t batch_count;
	size_t batch_max;
};

/* Opens a publisher for a topic and sees that all channels are there. 0, or an exit code after
 * saying what is wrong. To be closed in any case. */
int bench_sender_open(struct bench_sender *sender, fsps_bus *bus, const struct bench_job *job,
		      const char *topic, size_t wanted);
void bench_sender_close(struct bench_sender *sender);

/* Both: 0, or an exit code after saying what is wrong. */
int bench_sender_put(struct bench_sender *sender, const struct bench_stamp *stamp);
int bench_sender_flush(struct bench_sender *sender);

#endif
