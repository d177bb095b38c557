/* SPDX-License-Identifier: MIT */
/*
 * libfsps in a hot loop: one fsps_publish_prepared() a message, all else as fsps.
 *
 * runs: one four
 * messages: 120
 */
#include "common/flow.h"
#include "common/fsps.h"

static int put(void *end, const unsigned char *payload, size_t size)
{
	const struct fsps_end *self = end;
	int reached = fsps_publish_prepared(self->own, payload, size, NULL);

	return fsps_end_check("fsps_publish_prepared", reached, self->subscribers);
}

static int each(struct fsps_end *self, const struct peer_job *job, struct peer_tally *tally)
{
	fsps_prepared *prepared = NULL;
	int result;

	if (fsps_prepare(self->publisher, self->topic, NULL, &prepared) < 0)
		return fsps_end_refused("fsps_prepare");
	self->own = prepared;
	result = flow_publish(job, tally, put, self);
	fsps_prepared_free(prepared);
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
