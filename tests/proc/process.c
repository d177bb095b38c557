/* SPDX-License-Identifier: MIT */
/* Implements process.h. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/fixture.h"

/* Our ends of all processes: a later one must not inherit them, or an end never shows. */
static struct {
	int fds[128];
	size_t count;
} ours;

static void hold(int fd)
{
	ck_assert_uint_lt(ours.count, sizeof ours.fds / sizeof ours.fds[0]);
	ours.fds[ours.count++] = fd;
}

static void close_held(int *fd)
{
	for (size_t i = 0; i < ours.count; i++)
		if (ours.fds[i] == *fd)
			ours.fds[i] = ours.fds[--ours.count];
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void run_child(process_body body, int out_fd, int in_fd, void *userdata)
{
	struct process_ends ends = {.out_fd = out_fd, .in_fd = in_fd};

	while (ours.count > 0)
		close(ours.fds[--ours.count]);
	/* Whatever ends the test ends it, too. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	body(&ends, userdata);
	/* Neither check's exit handlers nor the parent's buffers. */
	_exit(EXIT_SUCCESS);
}

struct process process_start(process_body body, void *userdata)
{
	struct process process;
	int out[2];
	int in[2];

	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
	process.pid = fork();
	ck_assert_int_ge(process.pid, 0);
	if (process.pid == 0) {
		close(out[0]);
		close(in[1]);
		run_child(body, out[1], in[0], userdata);
	}
	close(out[1]);
	close(in[0]);
	process.from_fd = out[0];
	process.to_fd = in[1];
	hold(process.from_fd);
	hold(process.to_fd);
	return process;
}

/* ---- in the child ---- */

void process_say(const struct process_ends *ends, const void *bytes, size_t length)
{
	const char *from = bytes;

	while (length > 0) {
		ssize_t done = write(ends->out_fd, from, length);

		ck_assert_int_gt(done, 0);
		from += done;
		length -= (size_t)done;
	}
}

void process_say_ready(const struct process_ends *ends)
{
	process_say(ends, "r", 1);
}

bool process_hear(const struct process_ends *ends)
{
	char byte;

	return read(ends->in_fd, &byte, 1) == 1;
}

/* ---- in the parent ---- */

void process_await_ready(const struct process *process)
{
	char byte = 0;

	ck_assert_msg(fixture_readable(process->from_fd, FIXTURE_PATIENCE_MS),
		      "process %ld said nothing", (long)process->pid);
	ck_assert_int_eq(read(process->from_fd, &byte, 1), 1);
	ck_assert_int_eq(byte, 'r');
}

bool process_read(const struct process *process, void *to, size_t length)
{
	char *next = to;

	while (length > 0) {
		ssize_t got;

		ck_assert_msg(fixture_readable(process->from_fd, FIXTURE_PATIENCE_MS),
			      "process %ld said too little", (long)process->pid);
		got = read(process->from_fd, next, length);
		if (got <= 0)
			return false;
		next += got;
		length -= (size_t)got;
	}
	return true;
}

void process_tell(const struct process *process)
{
	ck_assert_int_eq(write(process->to_fd, "t", 1), 1);
}

void process_let_go(struct process *process)
{
	close_held(&process->to_fd);
}

void process_stop(const struct process *process)
{
	int status = 0;

	ck_assert_int_eq(kill(process->pid, SIGSTOP), 0);
	ck_assert_int_eq(waitpid(process->pid, &status, WUNTRACED), process->pid);
	ck_assert(WIFSTOPPED(status));
}

void process_continue(const struct process *process)
{
	ck_assert_int_eq(kill(process->pid, SIGCONT), 0);
}

static void close_ends(struct process *process)
{
	close_held(&process->from_fd);
	close_held(&process->to_fd);
}

void process_join(struct process *process)
{
	int status = 0;

	/* One that hangs is ended by check's time-out, with the test. */
	ck_assert_int_eq(waitpid(process->pid, &status, 0), process->pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		      "process %ld ended with status 0x%x", (long)process->pid, (unsigned)status);
	close_ends(process);
}

void process_kill(struct process *process)
{
	ck_assert_int_eq(kill(process->pid, SIGKILL), 0);
	process_join_killed(process);
}

void process_join_killed(struct process *process)
{
	int status = 0;

	ck_assert_int_eq(waitpid(process->pid, &status, 0), process->pid);
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
		      "process %ld ended by itself with status 0x%x", (long)process->pid,
		      (unsigned)status);
	close_ends(process);
}
