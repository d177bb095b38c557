/* SPDX-License-Identifier: MIT */
/*
 * Round trips between two processes: ping sends a message and waits for its answer, pong answers
 * each message with the same bytes. One trip after another; the first TRIP_WARM_UP don't count.
 * Leaves out: how a message travels, which is the line's.
 */
#ifndef BENCH_TRIP_H
#define BENCH_TRIP_H

#include "common/flow.h"

enum { TRIP_WARM_UP = 5000 };

/* One process' end of a connection that goes both ways. */
struct trip_line {
	void *end;
	flow_put put;
	flow_take take;
};

/* Both return the exit code. ping prints the line of JSON. */
int trip_ping(const struct peer_job *job, const struct trip_line *line);
int trip_pong(const struct peer_job *job, const struct trip_line *line);

#endif
