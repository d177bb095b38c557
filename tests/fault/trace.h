/* SPDX-License-Identifier: MIT */
/*
 * A process whose system calls are counted, and in which something happens at one of them: it is
 * killed there, stopped while others go on, told that the call failed, or given less than it asked
 * for. By ptrace, so for programs as they are, and for every call of theirs: those that no hook of
 * ours sees, too.
 *
 * Calls are counted from 0, for a program from where the dynamic loader is done, for a function
 * from its call of trace_watch() to that of trace_unwatch(). Only the process itself is traced, not
 * what it starts.
 */
#ifndef TESTS_FAULT_TRACE_H
#define TESTS_FAULT_TRACE_H

#include <stdbool.h>
#include <sys/types.h>

enum trace_kind {
	/* Only counts. */
	TRACE_COUNT,
	/* SIGKILL at the entry of the call, which then does not happen; */
	TRACE_KILL_BEFORE,
	/* and right after it, before the process does anything more. */
	TRACE_KILL_AFTER,
	/* The process stands still at the entry of the call while `act` runs. */
	TRACE_PAUSE,
	/* The call fails and does nothing; but a descriptor that is closed so is closed. */
	TRACE_ERRNO,
	/* The call reads or writes half of what it might. Only those that can do so are counted. */
	TRACE_SHORT,
};

struct trace_plan {
	enum trace_kind kind;
	/* The call that it strikes at. */
	unsigned at;
	/* TRACE_ERRNO. */
	int error;
	/* TRACE_PAUSE: what others do meanwhile, in this process. */
	void (*act)(void *userdata);
	void *userdata;
	/* How many calls the loader makes; TRACE_COUNT fills it in for the others. */
	unsigned skip;
	/* Filled in: how many calls there were, up to the one that it struck at; whether it did so,
	 * and which call that was. */
	unsigned calls;
	bool struck;
	long number;
	/* Filled in: it did not end by itself within some seconds, and was killed. */
	bool hung;
};

/* What to run. */
struct trace_start {
	/* A command line, ended with NULL, and its environment; or NULL and a function. */
	char *const *words;
	char *const *environment;
	void (*run)(void *userdata);
	void *userdata;
	/* Its standard input, output and error; -1: ours. */
	int fds[3];
};

/* Whether processes may be traced here, and their calls changed. */
bool trace_is_possible(void);

/* Runs a process to its end. Returns its status as waitpid() has it. */
int trace_run(struct trace_plan *plan, const struct trace_start *start);

/* For the function: from now on its calls count, or count no more. */
void trace_watch(void);
void trace_unwatch(void);

#endif
