/* SPDX-License-Identifier: MIT */
/*
 * The peer that all others are compared with: libfsps as a program uses it that knows nothing of
 * its lanes, one fsps_publish() a message. See common/fsps.h.
 *
 * runs: one four trip spin sizes ack
 * messages: 120
 * gigabytes: 30
 */
#include "common/fsps.h"

static int publish(const struct peer_job *job, struct peer_tally *tally)
{
	return fsps_end_publish(job, tally, fsps_end_each);
}

int main(int argc, char **argv)
{
	const struct peer_actions actions = {.publish = publish,
					     .subscribe = fsps_end_subscribe,
					     .ping = fsps_end_ping,
					     .pong = fsps_end_pong};

	return peer_main(argc, argv, &actions);
}
