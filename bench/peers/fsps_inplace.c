/* SPDX-License-Identifier: MIT */
/*
 * libfsps without a copy of the payload: fsps_reserve(), the payload built where its readers will
 * find it, fsps_commit(). The receiver borrows it, as with fsps. As everywhere here, no more than
 * the payload's first and last 8 bytes are written and read.
 *
 * runs: one sizes
 * messages: 10
 */
#include "common/fsps.h"

/* Publishes the message of that number. */
static int put(const struct fsps_end *self, size_t size, uint64_t sequence)
{
	void *payload;

	if (fsps_reserve(self->publisher, self->topic, NULL, size, &payload) < 0)
		return fsps_end_refused("fsps_reserve");
	peer_fill(payload, size, sequence);
	return fsps_end_check("fsps_commit", fsps_commit(self->publisher, size, NULL),
			      self->subscribers);
}

static int each(struct fsps_end *self, const struct peer_job *job, struct peer_tally *tally)
{
	int result = 0;

	tally->start_s = peer_now_s();
	for (uint64_t i = 0; i < job->count && result == 0; i++) {
		result = put(self, job->size, i);
		peer_published(tally, i);
	}
	tally->end_s = peer_now_s();
	return result;
}

static int publish(const struct peer_job *job, struct peer_tally *tally)
{
	return fsps_end_publish(job, tally, each);
}

int main(int argc, char **argv)
{
	const struct peer_actions actions = {.publish = publish, .subscribe = fsps_end_subscribe};

	return peer_main(argc, argv, &actions);
}
