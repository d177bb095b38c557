/* SPDX-License-Identifier: MIT */
/*
 * Processes in tests: started by fork, told apart by what they write into a pipe, stopped, killed
 * and waited for with a deadline.
 *
 * A process that fails an assertion ends with a code that is not 0, which process_join() sees. All
 * of them are in the process group of their test: check kills them when it ends.
 */
#ifndef TESTS_PROC_PROCESS_H
#define TESTS_PROC_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct process {
	pid_t pid;
	/* What the process writes into its own end. */
	int from_fd;
	/* What it reads from its own end; closing it is a word, too. */
	int to_fd;
};

/* The other ends, in the process. */
struct process_ends {
	int out_fd;
	int in_fd;
};

/* Runs body in a child, which ends when it returns. */
typedef void (*process_body)(const struct process_ends *ends, void *userdata);

struct process process_start(process_body body, void *userdata);

/* ---- in the child ---- */

void process_say(const struct process_ends *ends, const void *bytes, size_t length);
/* One byte: "I am there". */
void process_say_ready(const struct process_ends *ends);
/* Waits until the parent writes a byte or lets go; false: it let go. */
bool process_hear(const struct process_ends *ends);

/* ---- in the parent ---- */

/* Waits for the byte of process_say_ready(). */
void process_await_ready(const struct process *process);
/* Reads exactly length bytes. Returns false if the process said less and is gone. */
bool process_read(const struct process *process, void *to, size_t length);
void process_tell(const struct process *process);
void process_let_go(struct process *process);
/* Stops it with SIGSTOP and waits until it stands still. */
void process_stop(const struct process *process);
void process_continue(const struct process *process);
/* Waits for its end, which must be in time and good. */
void process_join(struct process *process);
/* Kills it with SIGKILL and waits for its end. */
void process_kill(struct process *process);
/* Waits for the end of one that was sent SIGKILL. */
void process_join_killed(struct process *process);

#endif
