/* SPDX-License-Identifier: MIT */
/* Implements cli/signals.h. The mutable globals here are those that a handler can't do without. */
#include "cli/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/time.h>
#include <unistd.h>

#include "cli/status.h"

enum { TICK_US = 50000, TICKS_BEFORE_KILL = 20 };

static volatile sig_atomic_t stop_signal;
static volatile sig_atomic_t ticks;
static volatile sig_atomic_t impatient;
static volatile sig_atomic_t child_ended;
static int children_pipe[2] = {-1, -1};

static void set_handler(int number, void (*handler)(int))
{
	/* No SA_RESTART: a signal has to end the call that we block in. */
	struct sigaction action = {.sa_handler = handler};
	struct sigaction before;

	if (sigaction(number, &action, &before) == 0 && before.sa_handler == SIG_IGN)
		sigaction(number, &before, NULL);
}

static void die_of(int number)
{
	signal(number, SIG_DFL);
	raise(number);
}

static void on_tick(int number)
{
	(void)number;
	if (ticks < TICKS_BEFORE_KILL)
		ticks++;
	else if (impatient)
		die_of(stop_signal);
}

static void on_stop(int number)
{
	const struct itimerval often = {.it_interval = {.tv_usec = TICK_US},
					.it_value = {.tv_usec = TICK_US}};
	const struct sigaction tick = {.sa_handler = on_tick};
	int kept_errno = errno;

	if (stop_signal == 0) {
		stop_signal = number;
		sigaction(SIGALRM, &tick, NULL);
		setitimer(ITIMER_REAL, &often, NULL);
	} else if (ticks == TICKS_BEFORE_KILL) {
		die_of(number);
	}
	errno = kept_errno;
}

static void on_pipe(int number)
{
	/* Only so that a write fails with EPIPE; a program that we start gets the default back. */
	(void)number;
}

static void on_child(int number)
{
	int kept_errno = errno;

	(void)number;
	child_ended = 1;
	/* A full pipe already says it. */
	(void)!write(children_pipe[1], "", 1);
	errno = kept_errno;
}

void cli_signals_catch(void)
{
	set_handler(SIGINT, on_stop);
	set_handler(SIGTERM, on_stop);
	set_handler(SIGHUP, on_stop);
	set_handler(SIGPIPE, on_pipe);
}

void cli_signals_impatient(bool on)
{
	impatient = on;
}

int cli_stop_signal(void)
{
	return stop_signal;
}

int cli_children_watch(void)
{
	const struct sigaction action = {.sa_handler = on_child, .sa_flags = SA_NOCLDSTOP};

	if (children_pipe[0] >= 0)
		return children_pipe[0];
	if (pipe2(children_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	/* Even if the parent ignores it: an ignored SIGCHLD reaps our children behind our back. */
	sigaction(SIGCHLD, &action, NULL);
	return children_pipe[0];
}

bool cli_children_changed(void)
{
	char bytes[64];

	if (!child_ended)
		return false;
	/* In this order: a child that ends now is seen now or the next time. */
	child_ended = 0;
	while (read(children_pipe[0], bytes, sizeof bytes) == (ssize_t)sizeof bytes)
		continue;
	return true;
}

void cli_children_wait(int timeout_ms)
{
	struct pollfd fd = {.fd = children_pipe[0], .events = POLLIN};

	poll(&fd, 1, timeout_ms);
}

int cli_end(int status)
{
	int number = status - CLI_SIGNAL;

	if (number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGPIPE)
		die_of(number);
	return status;
}
