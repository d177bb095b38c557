/* SPDX-License-Identifier: MIT */
/* Implements subscribe/loop.h. */
#include "subscribe/loop.h"

#include <errno.h>
#include <unistd.h>

#include <fsps/fsps.h>

#include "cli/cleanup.h"
#include "cli/clock.h"
#include "cli/fail.h"
#include "cli/number.h"
#include "cli/poll.h"
#include "cli/signals.h"
#include "subscribe/take.h"

enum { FD_OUTPUT, FD_CHILDREN, FD_INPUT, FD_CHANNELS = SUBSCRIBE_FDS };

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
	return options->then != NULL && options->count == CLI_NO_LIMIT &&
	       options->timeout_ns == CLI_NO_LIMIT && options->idle_ns == CLI_NO_LIMIT;
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
	run->drains = true;
	if (result < 0)
		fail(run, cli_fail_library(result, NULL));
}

static void check_limits(struct subscribe_run *run, bool empty)
{
	if (cli_limits_check(&run->limits, empty) != CLI_WITHIN)
		run->end = SUBSCRIBE_END_LIMIT;
}

/* What can happen at any time to what was taken before. */
static void look_after(struct subscribe_run *run)
{
	if (cli_children_changed()) {
		subscribe_exec_reap(&run->exec);
		subscribe_then_reap(&run->then);
	}
	subscribe_exec_extend(&run->exec);
	subscribe_take_acknowledge(run);
}

/* ---- sleeping ---- */

/* How long to sleep at most, or INT64_MAX. */
static int64_t time_left_ns(struct subscribe_run *run, bool channels)
{
	int64_t left_ns = INT64_MAX;
	struct timespec limit;

	if (run->end == SUBSCRIBE_END_NOT_YET && cli_limits_left(&run->limits, channels, &limit))
		left_ns = limit.tv_sec * CLI_NS_PER_S + limit.tv_nsec;
	if (run->exec.running > 0 && run->exec.extend_ns != INT64_MAX) {
		int64_t extend_ns = run->exec.extend_ns - cli_now_ns();

		left_ns = extend_ns < left_ns ? extend_ns : left_ns;
	}
	/* What was given back may be settled by others, and what is held may expire: by hand, or
	 * because settling it failed. */
	if ((run->inbox.awaits_retries || (run->exec.running == 0 && !channels)) &&
	    left_ns > CLI_NS_PER_S)
		left_ns = CLI_NS_PER_S;
	return left_ns < 0 ? 0 : left_ns;
}

static nfds_t fill_fds(struct subscribe_run *run, bool channels)
{
	bool listens = run->manual.held != NULL && !run->manual.ended;

	run->fds[FD_OUTPUT] =
		(struct pollfd){.fd = subscribe_runs_commands(run) ? -1 : run->output->fd};
	run->fds[FD_CHILDREN] = (struct pollfd){.fd = run->children_fd, .events = POLLIN};
	run->fds[FD_INPUT] = (struct pollfd){.fd = listens ? STDIN_FILENO : -1, .events = POLLIN};
	if (!channels)
		return FD_CHANNELS;
	subscribe_inbox_poll(&run->inbox, run->fds + FD_CHANNELS);
	return FD_CHANNELS + run->inbox.count;
}

/* Sleeps until there is something to do. channels: messages are wanted, too. */
static void sleep_until_something(struct subscribe_run *run, bool channels)
{
	int64_t left_ns = time_left_ns(run, channels);
	const struct timespec left = {.tv_sec = left_ns / CLI_NS_PER_S,
				      .tv_nsec = (long)(left_ns % CLI_NS_PER_S)};
	nfds_t first_job = fill_fds(run, channels);
	nfds_t count = first_job + subscribe_exec_poll(&run->exec, run->fds + first_job);

	if (cli_poll(run->fds, count, left_ns == INT64_MAX ? NULL : &left, NULL) <= 0)
		return;
	if ((run->fds[FD_OUTPUT].revents & (POLLERR | POLLHUP)) != 0)
		run->output->error = EPIPE;
	subscribe_exec_read(&run->exec, run->fds + first_job);
}

/* Nothing can be taken before something is settled. Whoever is to settle it has to see it. */
static void wait_for_room(struct subscribe_run *run)
{
	cli_output_flush(run->output);
	sleep_until_something(run, false);
}

void subscribe_finish_jobs(struct subscribe_run *run)
{
	for (look_after(run); run->exec.running > 0; look_after(run))
		sleep_until_something(run, false);
}

/* ---- messages ---- */

/* A step of looking on; with several channels the next turn of the loop is one by itself. */
static void look_on(struct subscribe_run *run)
{
	CLI_CLEANUP(subscribe_delivery_deinit) struct subscribe_delivery delivery = {0};
	int result;

	if (run->inbox.count > 1)
		return;
	result = subscribe_inbox_receive(&run->inbox, SUBSCRIBE_SPIN_STEP_MS, &delivery);
	if (result < 0)
		return fail(run, cli_fail_library(result, NULL));
	if (result == 0)
		return;
	subscribe_take(run, &delivery);
	cli_limits_messages(&run->limits);
}

/* Whether all is done that --drain waits for. 1, 0 or a code of libfsps. Nothing waits now. */
static int is_drained(struct subscribe_run *run)
{
	if (!run->inbox.draining || run->inbox.awaits_retries || subscribe_take_is_busy(run))
		return 0;
	return subscribe_inbox_drained(&run->inbox);
}

/* Nothing waits: hand out what is buffered, see whether that was all, look on, sleep. */
static void rest(struct subscribe_run *run)
{
	int drained = is_drained(run);

	if (drained < 0)
		return fail(run, cli_fail_library(drained, NULL));
	cli_output_flush(run->output);
	subscribe_take_acknowledge(run);
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

/* The ends that are not about what waits. */
static void check_ends(struct subscribe_run *run)
{
	check_limits(run, false);
	if (subscribe_take_is_enough(run))
		run->end = SUBSCRIBE_END_COUNT;
	else if (run->manual.ended)
		run->end = SUBSCRIBE_END_INPUT;
}

/* Whether messages are waited for that failed and that --drain has handed out. */
static void look_for_retries(struct subscribe_run *run)
{
	int result = run->inbox.draining ? subscribe_settle_awaits_retries(&run->settle) : 0;

	if (result < 0)
		return fail(run, cli_fail_library(result, NULL));
	run->inbox.awaits_retries = result > 0;
}

/* Takes the next message. 1, 0 if none waits, or a code of libfsps. */
static int fetch(struct subscribe_run *run)
{
	CLI_CLEANUP(subscribe_delivery_deinit) struct subscribe_delivery delivery = {0};
	int result = subscribe_inbox_next(&run->inbox, &delivery);

	if (result > 0)
		subscribe_take(run, &delivery);
	return result;
}

/* Whether nothing is to be looked after between the message just taken and the next one: it was
 * printed into memory and nothing more. That is full after some milliseconds at most, so nobody
 * notices that clocks and children are not looked at meanwhile. used: the output's before it. */
static bool is_at_ease(const struct subscribe_run *run, size_t used)
{
	return run->output->used > used && run->manual.held == NULL && run->output->error == 0 &&
	       cli_stop_signal() == 0 && !subscribe_take_is_enough(run);
}

/* Takes messages until something is to be looked after, or none waits. */
static void fetch_some(struct subscribe_run *run)
{
	uint64_t received = run->received;
	size_t used;
	int result;

	do {
		used = run->output->used;
		result = fetch(run);
	} while (result > 0 && is_at_ease(run, used));
	if (run->received > received)
		cli_limits_messages(&run->limits);
	if (result == 0)
		rest(run);
	else if (result == FSPS_ERR_BUSY)
		wait_for_room(run);
	else if (result < 0)
		fail(run, cli_fail_library(result, NULL));
}

/* One turn of the loop: messages, or a rest. */
static void turn(struct subscribe_run *run)
{
	look_after(run);
	subscribe_manual_read(&run->manual);
	begin_drain(run);
	check_ends(run);
	look_for_retries(run);
	if (run->end != SUBSCRIBE_END_NOT_YET)
		return;
	if (subscribe_take_is_full(run))
		wait_for_room(run);
	else
		fetch_some(run);
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
