/* SPDX-License-Identifier: MIT */
/* Implements subscribe/loop.h. */
#include "subscribe/loop.h"

#include <errno.h>

#include <fsps/fsps.h>

#include "cli/cleanup.h"
#include "cli/fail.h"
#include "cli/signals.h"

enum { FD_OUTPUT, FD_CHILDREN, FD_CHANNELS = SUBSCRIBE_FDS };

static void fail(struct subscribe_run *run, int status)
{
	run->end = SUBSCRIBE_END_FAILED;
	run->status = status;
}

bool subscribe_runs_commands(const struct subscribe_run *run)
{
	return run->options->mode == SUBSCRIBE_RUN;
}

/* Whether --then alone decides when to end. */
static bool ends_with_then(const struct subscribe_options *options)
{
	return options->then != NULL && options->count == SUBSCRIBE_NO_LIMIT &&
	       options->timeout_ns == SUBSCRIBE_NO_LIMIT && options->idle_ns == SUBSCRIBE_NO_LIMIT;
}

/* Begins to drain when its time has come: at the start, or once the command of --then is over and
 * everything that it published waits here. */
static void begin_drain(struct subscribe_run *run)
{
	const struct subscribe_options *options = run->options;
	int result;

	if (run->inbox.draining || (options->then != NULL && !run->then.ended))
		return;
	if (!options->drain && !ends_with_then(options))
		return;
	result = subscribe_inbox_drain(&run->inbox);
	if (result < 0)
		fail(run, cli_fail_library(result, NULL));
}

static void check_limits(struct subscribe_run *run, bool empty)
{
	if (subscribe_limits_check(&run->limits, empty) != SUBSCRIBE_WITHIN)
		run->end = SUBSCRIBE_END_LIMIT;
}

void subscribe_reap(struct subscribe_run *run)
{
	if (!cli_children_changed())
		return;
	subscribe_exec_reap(&run->exec);
	subscribe_then_reap(&run->then);
}

/* Sleeps until there is something to do. channels: messages are wanted, too. */
static void sleep_until_something(struct subscribe_run *run, bool channels)
{
	struct timespec left;
	bool limited = subscribe_limits_left(&run->limits, channels, &left);
	nfds_t count = FD_CHANNELS + (channels ? run->inbox.count : 0);

	run->fds[FD_OUTPUT] =
		(struct pollfd){.fd = subscribe_runs_commands(run) ? -1 : run->output->fd};
	run->fds[FD_CHILDREN] = (struct pollfd){.fd = run->children_fd, .events = POLLIN};
	if (channels)
		subscribe_inbox_poll(&run->inbox, run->fds + FD_CHANNELS);
	if (ppoll(run->fds, count, limited ? &left : NULL, NULL) <= 0)
		return;
	if ((run->fds[FD_OUTPUT].revents & (POLLERR | POLLHUP)) != 0)
		run->output->error = EPIPE;
}

static void take(struct subscribe_run *run, fsps_message *message)
{
	int64_t count = run->options->count;
	int status;

	run->received++;
	subscribe_limits_message(&run->limits);
	subscribe_spin_message(&run->spin);
	if (subscribe_runs_commands(run)) {
		status = subscribe_exec_start(&run->exec, message);
		if (status != 0)
			return fail(run, status);
	} else {
		subscribe_show_message(&run->show, message);
	}
	if (count != SUBSCRIBE_NO_LIMIT && run->received >= (uint64_t)count)
		run->end = SUBSCRIBE_END_COUNT;
}

/* What came of asking for a message: 1 and the message, 0, or a code of libfsps. */
static void take_result(struct subscribe_run *run, int result, fsps_message *message)
{
	if (result < 0)
		fail(run, cli_fail_library(result, NULL));
	else if (result > 0)
		take(run, message);
}

/* A step of looking on; with several channels the next turn of the loop is one by itself. */
static void look_on(struct subscribe_run *run)
{
	CLI_CLEANUP(cli_cleanup_message) fsps_message *message = NULL;
	int result;

	if (run->inbox.count > 1)
		return;
	result = subscribe_inbox_receive(&run->inbox, SUBSCRIBE_SPIN_STEP_MS, &message);
	take_result(run, result, message);
}

/* Nothing waits: hand out what is buffered, see whether that was all, look on, sleep. */
static void rest(struct subscribe_run *run)
{
	int drained = run->inbox.draining ? subscribe_inbox_drained(&run->inbox) : 0;

	if (drained < 0)
		return fail(run, cli_fail_library(drained, NULL));
	cli_output_flush(run->output);
	if (drained > 0)
		run->end = SUBSCRIBE_END_DRAINED;
	else
		check_limits(run, true);
	if (run->end != SUBSCRIBE_END_NOT_YET || run->output->error != 0 || cli_stop_signal() != 0)
		return;
	if (!run->inbox.draining && subscribe_spin_goes_on(&run->spin))
		look_on(run);
	else
		sleep_until_something(run, true);
}

/* One turn of the loop: a message, or a rest. */
static void turn(struct subscribe_run *run)
{
	CLI_CLEANUP(cli_cleanup_message) fsps_message *message = NULL;
	int result;

	subscribe_reap(run);
	begin_drain(run);
	check_limits(run, false);
	if (run->end != SUBSCRIBE_END_NOT_YET)
		return;
	if (subscribe_runs_commands(run) && subscribe_exec_full(&run->exec))
		return sleep_until_something(run, false);
	result = subscribe_inbox_next(&run->inbox, &message);
	if (result == 0)
		rest(run);
	else
		take_result(run, result, message);
}

void subscribe_loop(struct subscribe_run *run)
{
	while (run->end == SUBSCRIBE_END_NOT_YET) {
		if (cli_stop_signal() != 0)
			run->end = SUBSCRIBE_END_STOPPED;
		else if (run->output->error != 0)
			run->end = SUBSCRIBE_END_OUTPUT;
		else
			turn(run);
	}
}
