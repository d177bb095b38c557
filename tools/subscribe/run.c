/* SPDX-License-Identifier: MIT */
/* Implements subscribe/run.h: what comes before and after the loop. */
#include "subscribe/run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fsps/fsps.h>

#include "cli/bus.h"
#include "cli/child.h"
#include "cli/cleanup.h"
#include "cli/fail.h"
#include "cli/output.h"
#include "cli/ready.h"
#include "cli/signals.h"
#include "cli/status.h"
#include "subscribe/create.h"
#include "subscribe/loop.h"

static void finish_then(struct subscribe_run *run)
{
	if (run->end == SUBSCRIBE_END_LIMIT || run->end == SUBSCRIBE_END_OUTPUT ||
	    run->end == SUBSCRIBE_END_FAILED)
		subscribe_then_stop(&run->then);
	else
		subscribe_then_wait(&run->then);
}

/* What was taken is settled while its channels are there; what nothing more can come of is waited
 * for without them: nobody shall wait for room in them. Returns 0, or CLI_ERROR if messages
 * failed. */
static int finish(struct subscribe_run *run)
{
	bool settles = subscribe_durability_settles(&run->options->durability);
	int status = 0;

	cli_output_flush(run->output);
	subscribe_inbox_sum_up(&run->inbox);
	run->missed = run->inbox.missed;
	if (settles) {
		subscribe_finish_jobs(run);
		status = subscribe_settle_status(&run->settle);
	}
	subscribe_inbox_close(&run->inbox);
	subscribe_finish_jobs(run);
	finish_then(run);
	return status;
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
	bool incomplete = run->options->count != CLI_NO_LIMIT || run->drains;

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
	case SUBSCRIBE_END_INPUT:
	case SUBSCRIBE_END_OUTPUT:
		break;
	}
	return CLI_DONE;
}

/* settle_status: what came of the messages that were settled. */
static int final_status(const struct subscribe_run *run, int settle_status)
{
	int status = output_status(run);
	int exec_status = subscribe_exec_status(&run->exec);
	int manual_status = subscribe_manual_status(&run->manual);

	if (status == CLI_DONE)
		status = end_status(run);
	if (status == CLI_DONE && (settle_status != 0 || exec_status != 0 || manual_status != 0))
		status = CLI_ERROR;
	if (status == CLI_DONE && run->show.failed > 0)
		status = CLI_ERROR;
	if (status == CLI_DONE && run->missed > 0)
		status = CLI_FULL;
	return status == CLI_DONE ? run->then.status : status;
}

static size_t jobs_of(const struct subscribe_options *options)
{
	if (options->exec == NULL)
		return 0;
	return options->jobs == 0 ? 1 : (size_t)options->jobs;
}

/* Children are to use the home that we do. */
static bool hand_on_home(const struct cli_common *common)
{
	char owner[16];

	snprintf(owner, sizeof owner, "%" PRIu32, common->home_owner);
	return (common->home == NULL || setenv("PUBSUB_HOME", common->home, 1) == 0) &&
	       (common->home_owner == 0 || setenv("PUBSUB_HOME_OWNER", owner, 1) == 0);
}

/* Children need our home in their environment, and someone who notices their end. */
static int prepare_children(struct subscribe_run *run)
{
	const struct subscribe_options *options = run->options;
	bool settles = subscribe_durability_awaits(&options->durability);

	run->children_fd = -1;
	if (options->exec == NULL && options->then == NULL)
		return 0;
	if (!hand_on_home(&options->common))
		return cli_fail(CLI_ERROR, "no memory");
	run->children_fd = cli_children_watch();
	if (run->children_fd < 0)
		return cli_fail(CLI_ERROR, "cannot make a pipe: %s", strerror(errno));
	if (options->then != NULL)
		return cli_child_check(options->then[0]);
	return subscribe_exec_open(&run->exec, options->exec, jobs_of(options),
				   settles ? &run->settle : NULL);
}

/* What settles messages, and room for what is polled. */
static int prepare_settling(struct subscribe_run *run, fsps_bus *bus)
{
	const struct subscribe_durability *durability = &run->options->durability;
	size_t fds = SUBSCRIBE_FDS + run->options->patterns.count + jobs_of(run->options);

	subscribe_settle_init(&run->settle, durability, bus);
	run->fds = calloc(fds, sizeof *run->fds);
	if (run->fds == NULL)
		return cli_fail(CLI_ERROR, "no memory");
	if (durability->ack == SUBSCRIBE_ACK_AUTO && subscribe_shown_init(&run->shown) < 0)
		return cli_fail(CLI_ERROR, "no memory");
	if (durability->ack == SUBSCRIBE_ACK_MANUAL &&
	    subscribe_manual_open(&run->manual, &run->settle) < 0)
		return cli_fail(CLI_ERROR, "no memory");
	return 0;
}

/* How many messages of a channel may be held: one where to be held is to be lost if we are killed,
 * or to be kept from others while somebody works. */
static size_t held_max(const struct subscribe_options *options)
{
	const struct subscribe_durability *durability = &options->durability;
	bool kept = durability->ack == SUBSCRIBE_ACK_NONE && durability->name != NULL;

	if (kept || options->mode == SUBSCRIBE_RUN || durability->ack == SUBSCRIBE_ACK_MANUAL)
		return 1;
	return SUBSCRIBE_HELD_MAX;
}

static int open_inbox(struct subscribe_run *run, fsps_bus *bus)
{
	const struct subscribe_options *options = run->options;
	const struct subscribe_durability *durability = &options->durability;
	/* No more than there are commands to work on them. */
	bool in_turns = durability->ack == SUBSCRIBE_ACK_EXEC;
	uint32_t unsettled_max = in_turns ? (uint32_t)jobs_of(options) : 0;
	uint64_t spin_us = subscribe_spin_channel_us(options->spin_us);
	struct subscribe_inbox_options inbox_options = {
		.channel = subscribe_durability_channel(durability, spin_us, unsettled_max),
		.in_turns = in_turns,
		.held_max = held_max(options),
		.capacity = options->capacity};

	subscribe_capacity_fill(&options->capacity, &inbox_options.channel);
	return subscribe_inbox_open(&run->inbox, bus, options->patterns.values,
				    options->patterns.count, &inbox_options);
}

static int prepare(struct subscribe_run *run, fsps_bus *bus)
{
	const struct subscribe_options *options = run->options;
	int status;

	subscribe_spin_init(&run->spin, options->spin_us);
	subscribe_show_init(&run->show, options, run->output);
	status = prepare_settling(run, bus);
	if (status == 0)
		status = prepare_children(run);
	if (status == 0)
		status = open_inbox(run, bus);
	if (status != 0)
		return status;
	subscribe_capacity_warn(&options->capacity, bus);
	cli_limits_start(&run->limits, options->timeout_ns, options->idle_ns);
	cli_ready(options->ready_fd);
	return subscribe_then_start(&run->then, options->then);
}

static void clean_up(struct subscribe_run *run)
{
	subscribe_inbox_close(&run->inbox);
	subscribe_exec_close(&run->exec);
	subscribe_shown_deinit(&run->shown);
	subscribe_manual_close(&run->manual);
	subscribe_settle_deinit(&run->settle);
	free(run->fds);
}

int subscribe(const void *settings)
{
	const struct subscribe_options *options = settings;
	CLI_CLEANUP(cli_bus_close) struct cli_bus bus = {0};
	struct cli_output output;
	struct subscribe_run run = {.options = options, .output = &output};
	int status = cli_bus_open(&bus, &options->common);

	if (status != 0)
		return status;
	if (options->durability.create_only)
		return subscribe_create_only(options, bus.bus);
	cli_output_init(&output, STDOUT_FILENO);
	status = prepare(&run, bus.bus);
	if (status == 0) {
		subscribe_loop(&run);
		status = final_status(&run, finish(&run));
	}
	clean_up(&run);
	return status;
}
