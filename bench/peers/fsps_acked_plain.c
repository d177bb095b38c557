/* SPDX-License-Identifier: MIT */
/*
 * The peer fsps_acked with a file for each message: what stands beside `fsps_plain`.
 *
 * runs: ack
 * messages: 1
 */
#include <stdlib.h>

#include "common/fsps.h"

static int publish(const struct peer_job *job, struct peer_tally *tally)
{
	if (setenv("FSPS_LANE", "plain", 1) < 0)
		return peer_broken("FSPS_LANE");
	return fsps_end_publish(job, tally, fsps_end_each);
}

int main(int argc, char **argv)
{
	const struct peer_actions actions = {.publish = publish, .subscribe = fsps_end_work};

	return peer_main(argc, argv, &actions);
}
