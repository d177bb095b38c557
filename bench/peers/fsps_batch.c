/* SPDX-License-Identifier: MIT */
/*
 * libfsps with messages that are there together: fsps_publish_batch() with 64 of them, each in a
 * buffer of its own; all else as fsps.
 *
 * runs: one four
 * messages: 200
 */
#include <stdlib.h>

#include "common/fsps.h"

enum { BATCH = 64 };

/* The messages of a batch and the memory of their payloads. */
struct batch {
	struct fsps_outgoing messages[BATCH];
	unsigned char *payloads;
};

static int lay_out(struct batch *batch, const char *topic, size_t size)
{
	*batch = (struct batch){.payloads = calloc(BATCH, size)};
	if (batch->payloads == NULL)
		return peer_broken("payloads");
	for (size_t i = 0; i < BATCH; i++)
		batch->messages[i] = (struct fsps_outgoing){
			.topic = topic,
			.payload = batch->payloads + i * size,
			.payload_len = size,
		};
	return 0;
}

static int send_batch(const struct fsps_end *self, struct batch *batch, size_t count)
{
	int sent = fsps_publish_batch(self->publisher, batch->messages, count, NULL);

	return fsps_end_check("fsps_publish_batch", sent, (int)count);
}

static int all(struct fsps_end *self, const struct peer_job *job, struct peer_tally *tally)
{
	struct batch batch;
	int result = lay_out(&batch, self->topic, job->size);

	tally->start_s = peer_now_s();
	for (uint64_t i = 0; i < job->count && result == 0;) {
		size_t count = 0;

		for (; count < BATCH && i < job->count; count++, i++) {
			peer_fill(batch.payloads + count * job->size, job->size, i);
			peer_published(tally, i);
		}
		result = send_batch(self, &batch, count);
	}
	tally->end_s = peer_now_s();
	free(batch.payloads);
	return result;
}

static int publish(const struct peer_job *job, struct peer_tally *tally)
{
	return fsps_end_publish(job, tally, all);
}

int main(int argc, char **argv)
{
	const struct peer_actions actions = {.publish = publish, .subscribe = fsps_end_subscribe};

	return peer_main(argc, argv, &actions);
}
