/* SPDX-License-Identifier: MIT */
/*
 * Starting other programs: never through a shell, with an environment of our choosing.
 *
 * Exit codes are env(1)'s: CLI_NOT_FOUND if there is no such program, CLI_CANNOT_RUN if it can't
 * be run.
 */
#ifndef CLI_CHILD_H
#define CLI_CHILD_H

#include <stddef.h>
#include <sys/types.h>

/* Our environment without NOTIFY_SOCKET and what a command of ours put there for its children,
 * plus what is added. Names are compared up to '='. */
struct cli_environment {
	char **entries;
	size_t count;
	size_t capacity;
	/* Entries from here on are ours to free. */
	size_t inherited;
};

/* 0 or -1 (no memory). */
int cli_environment_init(struct cli_environment *environment);
void cli_environment_deinit(struct cli_environment *environment);

/* Adds NAME=value. 1: a variable of that name was added already, this one is left out. */
int cli_environment_add(struct cli_environment *environment, const char *name, const char *value);

/* Forgets what was added. */
void cli_environment_reset(struct cli_environment *environment);

/* Whether a program is there and may be run: 0, or the exit code after saying what is wrong. */
int cli_child_check(const char *program);

/* Starts argv[0], looked up in PATH. stdin_fd becomes its standard input, stderr_fd its standard
 * error; -1: it shares ours. Returns 0 and ret_pid, or an exit code after saying what is wrong. */
int cli_child_start(char **argv, const struct cli_environment *environment, int stdin_fd,
		    int stderr_fd, pid_t *ret_pid);

/* A status of waitpid(2) as an exit code of a shell. */
int cli_child_status(int wait_status);

#endif
