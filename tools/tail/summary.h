/* SPDX-License-Identifier: MIT */
/*
 * A table of topics: how many messages came on each, how fast, how large, from whom.
 *
 * On a terminal each one takes the place of the one before and shows what has room; elsewhere they
 * follow each other, with an empty line between them. Rates are those since the last mark.
 */
#ifndef TAIL_SUMMARY_H
#define TAIL_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/output.h"
#include "tail/topics.h"

struct tail_summary {
	struct cli_output *output;
	const struct tail_topics *topics;
	struct tail_processes *processes;
	bool json;
	/* One was printed before. */
	bool printed;
};

/* Prints it. interval_ns: how long it is since the mark. last: it stays, so it is printed in full
 * and paints over nothing. missed: how many messages are not in it. 0 or -1 (no memory). */
int tail_summary_print(struct tail_summary *summary, int64_t interval_ns, uint64_t missed,
		       bool last);

#endif
