/* SPDX-License-Identifier: MIT */
/* Implements subscribe/run.h: what comes before and after the loop. */
#include "subscribe/run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fsps/fsps.h>

#include "cli/cleanup.h"
#include "cli/fail.h"
#include "cli/output.h"
#include "cli/ready.h"
#include "cli/signals.h"
#include "cli/status.h"
#include "subscribe/loop.h"

/* Waits for what we started, after the channels are gone: nobody shall wait for room in them. */
static void wait_for_children(struct subscribe_run *run)
{
	for (subscribe_reap(run); run->exec.running > 0; subscribe_reap(run))
		cli_children_wait(-1);
	if (run->end == SUBSCRIBE_END_LIMIT || run->end == SUBSCRIBE_END_OUTPUT ||
	    run->end == SUBSCRIBE_END_FAILED)
		subscribe_then_stop(&run->then);
	else
		subscribe_then_wait(&run->then);
}

/* Says that messages were lost on the way to standard output, unless its reader just left. */
static int output_status(const struct subscribe_run *run)
{
	int status = cli_output_status(run->output);

	if (status == CLI_ERROR)
		cli_say("cannot write to standard output: %s; of %" PRIu64
			" messages received, at least %" PRIu64 " are written",
			strerror(run->output->error), run->received, run->output->marks_flushed);
	return status;
}

/* What the end itself stands for. */
static int end_status(const struct subscribe_run *run)
{
	bool incomplete = run->options->count != SUBSCRIBE_NO_LIMIT || run->inbox.draining;

	switch (run->end) {
	case SUBSCRIBE_END_STOPPED:
		return CLI_SIGNAL + cli_stop_signal();
	case SUBSCRIBE_END_FAILED:
		return run->status;
	case SUBSCRIBE_END_LIMIT:
		return incomplete || run->received == 0 ? CLI_TIMEOUT : CLI_DONE;
	case SUBSCRIBE_END_NOT_YET:
	case SUBSCRIBE_END_COUNT:
	case SUBSCRIBE_END_DRAINED:
	case SUBSCRIBE_END_OUTPUT:
		break;
	}
	return CLI_DONE;
}

static int final_status(const struct subscribe_run *run)
{
	int status = output_status(run);

	if (status == CLI_DONE)
		status = end_status(run);
	if (subscribe_runs_commands(run)) {
		int exec_status = subscribe_exec_status(&run->exec);

		status = status == CLI_DONE ? exec_status : status;
	}
	if (status == CLI_DONE && run->show.failed > 0)
		status = CLI_ERROR;
	return status == CLI_DONE ? run->then.status : status;
}

/* Children need our home in their environment, and someone who notices their end. */
static int prepare_children(struct subscribe_run *run)
{
	const struct subscribe_options *options = run->options;

	run->children_fd = -1;
	if (options->exec == NULL && options->then == NULL)
		return 0;
	if (options->home != NULL && setenv("PUBSUB_HOME", options->home, 1) < 0)
		return cli_fail(CLI_ERROR, "no memory");
	run->children_fd = cli_children_watch();
	if (run->children_fd < 0)
		return cli_fail(CLI_ERROR, "cannot make a pipe: %s", strerror(errno));
	if (options->then != NULL)
		return cli_child_check(options->then[0]);
	return subscribe_exec_open(&run->exec, options->exec,
				   options->jobs == 0 ? 1 : (size_t)options->jobs);
}

static int prepare(struct subscribe_run *run, fsps_bus *bus)
{
	const struct subscribe_options *options = run->options;
	const struct fsps_channel_options channel_options = {
		.size = sizeof channel_options,
		.spin_us = subscribe_spin_channel_us(options->spin_us)};
	int status;

	subscribe_spin_init(&run->spin, options->spin_us);
	subscribe_show_init(&run->show, options, run->output);
	status = prepare_children(run);
	if (status != 0)
		return status;
	run->fds = calloc(SUBSCRIBE_FDS + options->patterns_count, sizeof *run->fds);
	if (run->fds == NULL)
		return cli_fail(CLI_ERROR, "no memory");
	status = subscribe_inbox_open(&run->inbox, bus, options->patterns, options->patterns_count,
				      &channel_options);
	if (status != 0)
		return status;
	subscribe_limits_start(&run->limits, options);
	cli_ready(options->ready_fd);
	return subscribe_then_start(&run->then, options->then);
}

int subscribe(const struct subscribe_options *options)
{
	struct cli_log log = {.debug = options->debug};
	const struct fsps_bus_options bus_options = {.size = sizeof bus_options,
						     .home = options->home,
						     .log = cli_log,
						     .log_userdata = &log};
	CLI_CLEANUP(cli_cleanup_bus) fsps_bus *bus = NULL;
	struct cli_output output;
	struct subscribe_run run = {.options = options, .output = &output};
	int result = fsps_bus_open(&bus_options, &bus);
	int status;

	if (result < 0)
		return cli_fail_library(result, NULL);
	cli_output_init(&output, STDOUT_FILENO);
	status = prepare(&run, bus);
	if (status == 0) {
		subscribe_loop(&run);
		cli_output_flush(&output);
		subscribe_inbox_close(&run.inbox);
		wait_for_children(&run);
		status = final_status(&run);
	}
	subscribe_inbox_close(&run.inbox);
	subscribe_exec_close(&run.exec);
	free(run.fds);
	return status;
}
