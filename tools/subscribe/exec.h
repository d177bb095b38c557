/* SPDX-License-Identifier: MIT */
/*
 * --exec: a program for each message, never through a shell, up to --jobs at once.
 *
 * The payload is the program's standard input, as a file in memory: a program that does not read
 * it can neither block nor kill us. Its exit status settles the message: 0 acknowledges, anything
 * else gives it back, with the end of what it said on standard error. While it runs, the message's
 * deadline is moved on when half of it is over. With --ack none there is no second try: what fails
 * is told and counted.
 */
#ifndef SUBSCRIBE_EXEC_H
#define SUBSCRIBE_EXEC_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/child.h"
#include "subscribe/settle.h"

struct subscribe_exec {
	char **command;
	struct cli_environment environment;
	struct subscribe_exec_job *jobs;
	size_t jobs_max;
	size_t running;
	/* NULL: nothing is settled. */
	struct subscribe_settle *settle;
	/* When the next deadline is to be moved on; INT64_MAX: never. */
	int64_t extend_ns;
	uint64_t started;
	uint64_t failed;
	/* It was said already that some header can't stand in an environment. */
	bool told_left_out;
};

/* 0, or an exit code after saying what is wrong. To be closed in any case. */
int subscribe_exec_open(struct subscribe_exec *exec, char **command, size_t jobs_max,
			struct subscribe_settle *settle);
void subscribe_exec_close(struct subscribe_exec *exec);

/* Whether another one has to end before the next can start. */
bool subscribe_exec_full(const struct subscribe_exec *exec);

/* Starts the program for a message, which it takes over. 0, or an exit code after saying why it
 * can't be started. */
int subscribe_exec_start(struct subscribe_exec *exec, struct subscribe_delivery *delivery);

/* Fills one entry per job: its standard error. Returns how many. */
nfds_t subscribe_exec_poll(const struct subscribe_exec *exec, struct pollfd *ret_fds);

/* Reads what the programs say on standard error, as those entries tell. */
void subscribe_exec_read(struct subscribe_exec *exec, const struct pollfd *fds);

/* Moves on the deadlines whose time it is. */
void subscribe_exec_extend(struct subscribe_exec *exec);

/* Takes notice of those that have ended. */
void subscribe_exec_reap(struct subscribe_exec *exec);

/* With --ack none, sums up: CLI_ERROR if one failed, else 0. */
int subscribe_exec_status(const struct subscribe_exec *exec);

#endif
