/* SPDX-License-Identifier: MIT */
/*
 * Implements tail/follow.h.
 *
 * As in pubsub-subscribe, output is written in large pieces while messages come, and flushed as
 * soon as none waits; then ppoll(2) sleeps on the channels and on standard output, where a reader
 * that went away shows even if nothing is written.
 */
#include "tail/follow.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/bus.h"
#include "cli/cleanup.h"
#include "cli/clock.h"
#include "cli/fail.h"
#include "cli/human.h"
#include "cli/json.h"
#include "cli/limits.h"
#include "cli/message_json.h"
#include "cli/number.h"
#include "cli/output.h"
#include "cli/poll.h"
#include "cli/ready.h"
#include "cli/signals.h"
#include "cli/status.h"
#include "cli/terminal.h"
#include "tail/line.h"
#include "tail/options.h"
#include "tail/processes.h"
#include "tail/source.h"
#include "tail/summary.h"
#include "tail/topics.h"

/* Messages between two looks at everything else. */
enum { MESSAGES_AT_A_TIME = 256 };

enum end { NOT_YET, COUNT, LIMIT, STOPPED, OUTPUT, FAILED };

struct follow {
	const struct tail_options *options;
	struct cli_output *output;
	struct subscribe_inbox inbox;
	struct tail_topics topics;
	struct tail_processes processes;
	struct tail_line line;
	struct tail_summary summary;
	struct cli_limits limits;
	/* Standard output's, and one for each channel. */
	struct pollfd *fds;
	int64_t start_ns;
	/* When the interval began that runs. */
	int64_t interval_ns;
	uint64_t received;
	/* What of inbox.missed was shown. */
	uint64_t told;
	enum end end;
	int status;
};

static void fail(struct follow *follow, int status)
{
	follow->end = FAILED;
	follow->status = status;
}

static void fail_library(struct follow *follow, int code)
{
	fail(follow, cli_fail_library(code, NULL));
}

static bool ends_by_count(const struct follow *follow)
{
	return follow->options->count != CLI_NO_LIMIT &&
	       follow->received >= (uint64_t)follow->options->count;
}

/* ---- messages ---- */

static void show_json(struct follow *follow, const fsps_message *message,
		      const struct tail_process *process, double rate)
{
	const struct cli_message_style style = {.without_payload = follow->options->no_payload};

	cli_message_json_begin(follow->output, message, &style);
	cli_json_field(follow->output, "messages_per_second");
	cli_json_double(follow->output, cli_human_thousandths(rate));
	tail_process_json(follow->output, process);
	cli_output_text(follow->output, "}\n");
}

static void show(struct follow *follow, const fsps_message *message, double rate)
{
	const struct tail_process *process =
		tail_processes_find(&follow->processes, fsps_message_sender_member(message));
	uint64_t missed = follow->inbox.missed - follow->told;

	if (follow->options->json)
		return show_json(follow, message, process, rate);
	follow->told = follow->inbox.missed;
	if (missed > 0)
		tail_line_print_gap(&follow->line, missed);
	tail_line_print(&follow->line, message, process, rate);
}

static void take(struct follow *follow, const fsps_message *message)
{
	int64_t interval_ns = follow->options->interval_ns;
	const struct tail_topic *topic =
		tail_topics_note(&follow->topics, message, cli_now_coarse_ns(), interval_ns);

	if (topic == NULL)
		return fail(follow, cli_fail(CLI_ERROR, "no memory"));
	follow->received++;
	if (!follow->options->summary)
		show(follow, message, tail_topic_rate(topic, interval_ns));
	if (ends_by_count(follow))
		follow->end = COUNT;
}

/* Whether there may be more. */
static bool take_some(struct follow *follow)
{
	int result = 1;

	for (int i = 0; i < MESSAGES_AT_A_TIME && result > 0 && follow->end == NOT_YET; i++) {
		CLI_CLEANUP(subscribe_delivery_deinit) struct subscribe_delivery delivery = {0};

		result = subscribe_inbox_next(&follow->inbox, &delivery);
		if (result > 0)
			take(follow, delivery.message);
	}
	if (result < 0)
		fail_library(follow, result);
	return result > 0;
}

/* ---- the table ---- */

static void print_summary(struct follow *follow, int64_t from_ns, int64_t now_ns, bool last)
{
	if (tail_summary_print(&follow->summary, now_ns - from_ns, follow->inbox.missed, last) < 0)
		fail(follow, cli_fail(CLI_ERROR, "no memory"));
	cli_output_flush(follow->output);
}

static int64_t summary_due_ns(const struct follow *follow)
{
	return follow->options->summary ? follow->interval_ns + follow->options->interval_ns
					: INT64_MAX;
}

static void show_summary(struct follow *follow)
{
	int64_t now_ns = cli_now_ns();

	if (now_ns < summary_due_ns(follow))
		return;
	print_summary(follow, follow->interval_ns, now_ns, false);
	tail_topics_mark(&follow->topics);
	follow->interval_ns = now_ns;
}

/* All in all: rates over the whole time. */
static void show_last_summary(struct follow *follow)
{
	if (!follow->options->summary || follow->end == FAILED || follow->end == OUTPUT)
		return;
	tail_topics_unmark(&follow->topics);
	print_summary(follow, follow->start_ns, cli_now_ns(), true);
}

/* ---- waiting ---- */

/* How long to sleep at most; INT64_MAX: until something comes. */
static int64_t left_ns(const struct follow *follow)
{
	int64_t due_ns = summary_due_ns(follow);
	int64_t left_ns = due_ns == INT64_MAX ? INT64_MAX : due_ns - cli_now_ns();
	struct timespec limit;

	if (cli_limits_left(&follow->limits, true, &limit)) {
		int64_t limit_ns = limit.tv_sec * CLI_NS_PER_S + limit.tv_nsec;

		left_ns = limit_ns < left_ns ? limit_ns : left_ns;
	}
	return left_ns < 0 ? 0 : left_ns;
}

/* Nothing waits. */
static void rest(struct follow *follow)
{
	int64_t sleep_ns = left_ns(follow);
	const struct timespec left = {.tv_sec = sleep_ns / CLI_NS_PER_S,
				      .tv_nsec = (long)(sleep_ns % CLI_NS_PER_S)};

	if (cli_output_flush(follow->output) < 0 || cli_stop_signal() != 0)
		return;
	follow->fds[0] = (struct pollfd){.fd = follow->output->fd};
	subscribe_inbox_poll(&follow->inbox, follow->fds + 1);
	if (cli_poll(follow->fds, 1 + follow->inbox.count, sleep_ns == INT64_MAX ? NULL : &left,
		     NULL) > 0 &&
	    (follow->fds[0].revents & (POLLERR | POLLHUP)) != 0)
		follow->output->error = EPIPE;
	follow->line.columns = cli_terminal_columns(follow->output->fd);
}

static void turn(struct follow *follow)
{
	bool more = take_some(follow);

	if (follow->end != NOT_YET)
		return;
	if (follow->options->summary)
		show_summary(follow);
	if (cli_limits_check(&follow->limits, !more) != CLI_WITHIN)
		follow->end = LIMIT;
	else if (!more)
		rest(follow);
}

static void loop(struct follow *follow)
{
	while (follow->end == NOT_YET) {
		if (cli_stop_signal() != 0)
			follow->end = STOPPED;
		else if (follow->output->error != 0)
			follow->end = OUTPUT;
		else
			turn(follow);
	}
}

/* ---- beginning and end ---- */

static int end_status(const struct follow *follow)
{
	switch (follow->end) {
	case STOPPED:
		return CLI_SIGNAL + cli_stop_signal();
	case FAILED:
		return follow->status;
	case LIMIT:
		if (follow->options->count != CLI_NO_LIMIT || follow->received == 0)
			return CLI_TIMEOUT;
		break;
	case NOT_YET:
	case COUNT:
	case OUTPUT:
		break;
	}
	return follow->inbox.missed > 0 ? CLI_FULL : CLI_DONE;
}

static int finish(struct follow *follow)
{
	int status;

	show_last_summary(follow);
	status = cli_output_finish(follow->output);
	if (follow->inbox.missed > 0)
		cli_say("missed %" PRIu64 " %s: they came faster than we follow",
			follow->inbox.missed, follow->inbox.missed == 1 ? "message" : "messages");
	return status == CLI_DONE ? end_status(follow) : status;
}

static int begin(struct follow *follow, fsps_bus *bus)
{
	const struct tail_options *options = follow->options;
	int status;

	tail_topics_init(&follow->topics);
	tail_processes_init(&follow->processes, bus);
	tail_line_init(&follow->line, follow->output, options->no_payload);
	follow->summary = (struct tail_summary){.output = follow->output,
						.topics = &follow->topics,
						.processes = &follow->processes,
						.json = options->json};
	follow->fds = calloc(1 + options->patterns.count, sizeof *follow->fds);
	if (follow->fds == NULL)
		return cli_fail(CLI_ERROR, "no memory");
	status = tail_source_open(&follow->inbox, bus, &options->patterns);
	if (status != 0)
		return status;
	follow->start_ns = follow->interval_ns = cli_now_ns();
	cli_limits_start(&follow->limits, options->timeout_ns, CLI_NO_LIMIT);
	cli_ready(options->ready_fd);
	return 0;
}

int tail_follow(const void *settings)
{
	const struct tail_options *options = settings;
	CLI_CLEANUP(cli_bus_close) struct cli_bus bus = {0};
	struct cli_output output;
	struct follow follow = {.options = options, .output = &output};
	int status = cli_bus_open(&bus, &options->common);

	if (status != 0)
		return status;
	cli_output_init(&output, STDOUT_FILENO);
	status = begin(&follow, bus.bus);
	if (status == 0) {
		loop(&follow);
		status = finish(&follow);
	}
	subscribe_inbox_close(&follow.inbox);
	tail_topics_deinit(&follow.topics);
	tail_processes_deinit(&follow.processes);
	free(follow.fds);
	return status;
}
