/* SPDX-License-Identifier: MIT */
/*
 * The loop of pubsub-subscribe: takes messages until something ends it, and looks after those that
 * were taken and are not settled.
 *
 * While messages come, output is written in large pieces; as soon as none waits it is flushed and
 * the loop sleeps in ppoll(2) on the channels, on standard output (a reader that went away shows
 * there even if nothing is written), on the end of children and what they say, and on standard
 * input if that settles messages. Signals interrupt the sleep. With
 * --spin it looks on for a while before, in steps between which everything else is looked after.
 */
#ifndef SUBSCRIBE_LOOP_H
#define SUBSCRIBE_LOOP_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/limits.h"
#include "cli/output.h"
#include "subscribe/exec.h"
#include "subscribe/inbox.h"
#include "subscribe/manual.h"
#include "subscribe/options.h"
#include "subscribe/settle.h"
#include "subscribe/show.h"
#include "subscribe/shown.h"
#include "subscribe/spin.h"
#include "subscribe/then.h"

/* Why the subscription ends. */
enum subscribe_end {
	SUBSCRIBE_END_NOT_YET,
	SUBSCRIBE_END_COUNT,
	SUBSCRIBE_END_DRAINED,
	/* A limit of time is over. */
	SUBSCRIBE_END_LIMIT,
	/* Standard input ended, which settles messages. */
	SUBSCRIBE_END_INPUT,
	SUBSCRIBE_END_STOPPED,
	/* Standard output failed or its reader went away. */
	SUBSCRIBE_END_OUTPUT,
	/* Said already; the exit code is in status. */
	SUBSCRIBE_END_FAILED
};

struct subscribe_run {
	const struct subscribe_options *options;
	struct subscribe_inbox inbox;
	struct subscribe_show show;
	struct subscribe_exec exec;
	struct subscribe_settle settle;
	struct subscribe_shown shown;
	struct subscribe_manual manual;
	struct subscribe_then then;
	struct cli_limits limits;
	struct subscribe_spin spin;
	struct cli_output *output;
	/* Room for SUBSCRIBE_FDS, one per channel and one per job. */
	struct pollfd *fds;
	/* Readable when a child has ended; -1: there are none. */
	int children_fd;
	uint64_t received;
	/* Messages that a full channel dropped; known at the end. */
	uint64_t missed;
	/* Draining had begun. */
	bool drains;
	enum subscribe_end end;
	int status;
};

/* Descriptors that are polled beside the channels and jobs. */
enum { SUBSCRIBE_FDS = 3 };

/* Runs until end is set. */
void subscribe_loop(struct subscribe_run *run);

/* Whether messages are given to commands and not printed. */
bool subscribe_runs_commands(const struct subscribe_run *run);

/* Waits for the commands of --exec that run, and settles their messages. */
void subscribe_finish_jobs(struct subscribe_run *run);

#endif
