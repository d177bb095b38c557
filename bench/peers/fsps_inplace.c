/* SPDX-License-Identifier: MIT */
/*
 * libfsps without a copy of the payload: fsps_reserve(), the payload built where its readers will
 * find it, fsps_commit(). The receiver borrows it, as with fsps. No more than the payload's first
 * and last 8 bytes are written and read.
 *
 * runs: one loaned
 * messages: 60
 * gigabytes: 10
 */
#include "common/flow.h"
#include "common/fsps.h"

static int reserve(void *end, size_t size, unsigned char **ret_payload)
{
	const struct fsps_end *self = end;
	void *payload;

	if (fsps_reserve(self->publisher, self->topic, NULL, size, &payload) < 0) {
		fsps_end_refused("fsps_reserve");
		return -1;
	}
	*ret_payload = payload;
	return 0;
}

static int commit(void *end, size_t size)
{
	const struct fsps_end *self = end;

	return fsps_end_check("fsps_commit", fsps_commit(self->publisher, size, NULL),
			      self->subscribers);
}

static int each(struct fsps_end *self, const struct peer_job *job, struct peer_tally *tally)
{
	return flow_publish_loaned(job, tally, reserve, commit, self);
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
