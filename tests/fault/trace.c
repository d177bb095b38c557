/* SPDX-License-Identifier: MIT */
/* Implements trace.h. */
#include "fault/trace.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault/trace_call.h"

enum {
	PATIENCE_S = 10,
	/* A child that could not do what it was started for. */
	STATUS_BROKEN = 99,
	SYSTEM_CALL_STOP = SIGTRAP | 0x80,
};

/* One that is running. */
struct tracee {
	struct trace_plan *plan;
	pid_t pid;
	/* Its calls are looked at: it is past exec, or has called trace_watch(). */
	bool watched;
	bool is_program;
	/* How often a function has stopped itself: to be watched, and then not. */
	unsigned stops;
	/* Calls so far, those of the loader too; whether the loader is done. */
	unsigned calls;
	bool loaded;
	/* At the next exit: kill it, let the call fail, put a length back. */
	bool kill_at_exit;
	bool fail_at_exit;
	uint64_t vector[2];
};

/* ---- patience ---- */

/* A signal handler takes no argument. */
static volatile sig_atomic_t guarded_pid;
static volatile sig_atomic_t lost_patience;

static void lose_patience(int number)
{
	(void)number;
	lost_patience = 1;
	(void)kill((pid_t)guarded_pid, SIGKILL);
}

static void guard(pid_t pid)
{
	const struct itimerval patience = {.it_value.tv_sec = pid > 0 ? PATIENCE_S : 0};
	const struct sigaction action = {.sa_handler = lose_patience, .sa_flags = SA_RESTART};

	guarded_pid = pid;
	if (pid > 0) {
		lost_patience = 0;
		(void)sigaction(SIGALRM, &action, NULL);
	}
	(void)setitimer(ITIMER_REAL, &patience, NULL);
}

/* ---- the process ---- */

static void stop_here(void)
{
	(void)syscall(SYS_kill, getpid(), SIGSTOP);
}

void trace_watch(void)
{
	stop_here();
}

void trace_unwatch(void)
{
	stop_here();
}

static void run_child(const struct trace_start *start)
{
	for (int i = 0; i < 3; i++)
		if (start->fds[i] >= 0 && dup2(start->fds[i], i) < 0)
			_exit(STATUS_BROKEN);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(STATUS_BROKEN);
	stop_here();
	if (start->words == NULL)
		start->run(start->userdata);
	else
		execve(start->words[0], start->words, start->environment);
	_exit(start->words == NULL ? EXIT_SUCCESS : STATUS_BROKEN);
}

static pid_t begin(const struct trace_start *start)
{
	const unsigned long options =
		PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC;
	pid_t pid = fork();
	int status;

	if (pid == 0)
		run_child(start);
	if (pid < 0 || waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)options) < 0 ||
	    ptrace(PTRACE_CONT, pid, NULL, NULL) < 0)
		abort();
	return pid;
}

bool trace_is_possible(void)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 ? STATUS_BROKEN : EXIT_SUCCESS);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 &&
	       trace_call_is_possible();
}

/* ---- its calls ---- */

/* Whether what lies at a place of a process is the dynamic loader. */
static bool is_in_loader(pid_t pid, uint64_t place)
{
	char line[512];
	bool is = false;
	FILE *maps;

	snprintf(line, sizeof line, "/proc/%d/maps", (int)pid);
	maps = fopen(line, "re");
	if (maps == NULL)
		abort();
	while (fgets(line, sizeof line, maps) != NULL) {
		unsigned long from;
		unsigned long to;

		if (sscanf(line, "%lx-%lx", &from, &to) == 2 && place >= from && place < to)
			is = strstr(line, "/ld-") != NULL || strstr(line, "/ld64") != NULL;
	}
	fclose(maps);
	return is;
}

/* Whether this call of the process is one of the program's own. */
static bool is_own_call(struct tracee *tracee, const struct trace_call *call)
{
	struct trace_plan *plan = tracee->plan;

	if (tracee->loaded)
		return true;
	if (!tracee->is_program)
		tracee->loaded = true;
	else if (plan->kind != TRACE_COUNT)
		tracee->loaded = tracee->calls >= plan->skip;
	else if (!is_in_loader(tracee->pid, call->place)) {
		tracee->loaded = true;
		plan->skip = tracee->calls;
	}
	if (!tracee->loaded)
		tracee->calls++;
	return tracee->loaded;
}

static void fail_call(struct tracee *tracee, const struct trace_call *call)
{
	tracee->fail_at_exit = true;
	if (call->number != SYS_close && !trace_call_skip(tracee->pid))
		abort();
}

/* Returns whether it did what is to be done at this call. */
static bool strike(struct tracee *tracee, const struct trace_call *call)
{
	struct trace_plan *plan = tracee->plan;

	switch (plan->kind) {
	case TRACE_COUNT:
		return false;
	case TRACE_KILL_BEFORE:
		(void)kill(tracee->pid, SIGKILL);
		return true;
	case TRACE_KILL_AFTER:
		tracee->kill_at_exit = true;
		return true;
	case TRACE_PAUSE:
		plan->act(plan->userdata);
		return true;
	case TRACE_ERRNO:
		if (trace_call_is_certain(call->number))
			return false;
		fail_call(tracee, call);
		return true;
	case TRACE_SHORT:
		return trace_call_halve(tracee->pid, call, tracee->vector);
	}
	return false;
}

/* Returns whether there is more to be looked at. */
static bool enter(struct tracee *tracee, const struct trace_call *call)
{
	struct trace_plan *plan = tracee->plan;

	if (!is_own_call(tracee, call))
		return true;
	if (plan->kind == TRACE_SHORT && !trace_call_may_do_less(tracee->pid, call))
		return true;
	if (plan->calls++ != plan->at || plan->kind == TRACE_COUNT)
		return true;
	plan->number = call->number;
	plan->struck = strike(tracee, call);
	return tracee->kill_at_exit || tracee->fail_at_exit || tracee->vector[0] != 0;
}

static bool leave(struct tracee *tracee)
{
	bool done = tracee->kill_at_exit || tracee->fail_at_exit || tracee->vector[0] != 0;

	if (tracee->kill_at_exit)
		(void)kill(tracee->pid, SIGKILL);
	if (tracee->fail_at_exit && !trace_call_fail(tracee->pid, tracee->plan->error))
		abort();
	trace_call_put_back(tracee->pid, tracee->vector);
	tracee->kill_at_exit = tracee->fail_at_exit = false;
	tracee->vector[0] = 0;
	return !done;
}

/* What to do about a stop. Returns the signal that the process is to get. */
static int handle_stop(struct tracee *tracee, int status)
{
	int number = WSTOPSIG(status);
	struct trace_call call;

	if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8)) {
		tracee->watched = tracee->is_program;
		return 0;
	}
	if (number == SYSTEM_CALL_STOP) {
		if (trace_call_get(tracee->pid, &call))
			tracee->watched = call.is_entry ? enter(tracee, &call) : leave(tracee);
		return 0;
	}
	if (number != SIGSTOP)
		return number;
	tracee->watched = !tracee->is_program && ++tracee->stops == 1;
	return 0;
}

int trace_run(struct trace_plan *plan, const struct trace_start *start)
{
	struct tracee tracee = {.plan = plan, .is_program = start->words != NULL};
	int status = 0;

	plan->calls = 0;
	plan->struck = plan->hung = false;
	plan->number = -1;
	tracee.pid = begin(start);
	guard(tracee.pid);
	while (waitpid(tracee.pid, &status, __WALL) == tracee.pid && WIFSTOPPED(status)) {
		long number = handle_stop(&tracee, status);

		/* It may have been killed meanwhile. */
		(void)ptrace(tracee.watched ? PTRACE_SYSCALL : PTRACE_CONT, tracee.pid, NULL,
			     (void *)number);
	}
	guard(0);
	plan->hung = lost_patience != 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_BROKEN)
		abort();
	return status;
}
