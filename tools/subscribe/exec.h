/* SPDX-License-Identifier: MIT */
/*
 * --exec: a program for each message, never through a shell, up to --jobs at once.
 *
 * The payload is the program's standard input, as a file in memory: a program that does not read
 * it can neither block nor kill us. What fails is told and counted; a live channel has no second
 * try.
 */
#ifndef SUBSCRIBE_EXEC_H
#define SUBSCRIBE_EXEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fsps/message.h>

#include "cli/child.h"

struct subscribe_exec {
	char **command;
	struct cli_environment environment;
	struct subscribe_exec_job *jobs;
	size_t jobs_max;
	size_t running;
	uint64_t started;
	uint64_t failed;
	/* It was said already that some header can't stand in an environment. */
	bool told_left_out;
};

/* 0, or an exit code after saying what is wrong. To be closed in any case. */
int subscribe_exec_open(struct subscribe_exec *exec, char **command, size_t jobs_max);
void subscribe_exec_close(struct subscribe_exec *exec);

/* Whether another one has to end before the next can start. */
bool subscribe_exec_full(const struct subscribe_exec *exec);

/* Starts the program for a message. 0, or an exit code after saying why it can't be started. */
int subscribe_exec_start(struct subscribe_exec *exec, fsps_message *message);

/* Takes notice of those that have ended. */
void subscribe_exec_reap(struct subscribe_exec *exec);

/* Sums up: CLI_ERROR if one failed, else 0. */
int subscribe_exec_status(const struct subscribe_exec *exec);

#endif
