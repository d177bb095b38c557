/* SPDX-License-Identifier: MIT */
/*
 * libfsps at least once: the peer fsps with a durable channel, whose one reader acknowledges each
 * message. What is published lies in segments.
 *
 * runs: ack
 * messages: 60
 */
#include "common/fsps.h"

static int publish(const struct peer_job *job, struct peer_tally *tally)
{
	return fsps_end_publish(job, tally, fsps_end_each);
}

int main(int argc, char **argv)
{
	const struct peer_actions actions = {.publish = publish, .subscribe = fsps_end_work};

	return peer_main(argc, argv, &actions);
}
