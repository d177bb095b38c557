/* SPDX-License-Identifier: MIT */
/* Implements steps.h. */
#include "exhaust/steps.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* A stop at a system call, by PTRACE_O_TRACESYSGOOD. */
enum { CALL_STOP = SIGTRAP | 0x80 };

static pid_t start(const struct steps *steps)
{
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0 || raise(SIGSTOP) != 0)
			_exit(125);
		_exit(steps->work(steps->userdata));
	}
	return child;
}

static int wait_for(pid_t child)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0)
		ck_assert_int_eq(errno, EINTR);
	return status;
}

static bool is_over(struct steps *steps, int status)
{
	if (WIFSTOPPED(status))
		return false;
	steps->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return true;
}

/* Lets it run to its next stop, passing on a signal that it got. Returns the status. */
static int go_on(pid_t child, int status)
{
	int number = WSTOPSIG(status);
	/* Those of tracing are no signals to it. */
	long passed = number == CALL_STOP || number == SIGTRAP || number == SIGSTOP ? 0 : number;

	ck_assert_msg(ptrace(PTRACE_SYSCALL, child, NULL, passed) == 0, "ptrace: %s",
		      strerror(errno));
	return wait_for(child);
}

/* Returns whether the call was reached; else it is over. */
static bool run_to(struct steps *steps, pid_t child, unsigned at)
{
	int status = wait_for(child);
	unsigned calls = 0;
	bool inside = false;

	if (is_over(steps, status))
		return false;
	ck_assert_int_eq(ptrace(PTRACE_SETOPTIONS, child, NULL,
				PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL),
			 0);
	for (;;) {
		status = go_on(child, status);
		if (is_over(steps, status))
			return false;
		if (WSTOPSIG(status) != CALL_STOP)
			continue;
		inside = !inside;
		if (inside && calls++ == at)
			return true;
	}
}

void steps_run(struct steps *steps, unsigned at)
{
	pid_t child = start(steps);

	steps->exit_code = 0;
	steps->struck = run_to(steps, child, at);
	if (steps->act != NULL)
		steps->act(steps->act_userdata);
	if (!steps->struck)
		return;
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	while (!is_over(steps, wait_for(child)))
		;
}

bool steps_possible(void)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0)
		_exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? 0 : 1);
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}
