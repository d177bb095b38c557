/* SPDX-License-Identifier: MIT */
/*
 * Every command and call of the library stands still at every system call of its own while another
 * process publishes, takes what it can get, purges, removes a channel, sweeps or looks, from
 * beginning to end. Then it goes on. One of these at each call, unless all is tried.
 */
#include <stdio.h>
#include <string.h>

#include "fault/trial.h"

/* An error here is as good as a success, if it is one of those that say that somebody is there, or
 * that the channel is not. */
static void expect_no_failure(int64_t r, const char *what)
{
	fault_assert(r >= 0 || r == FSPS_ERR_BUSY || r == FSPS_ERR_NOT_FOUND ||
			     r == FSPS_ERR_REFUSED || r == FSPS_ERR_GONE,
		     "meanwhile %s answers %s: %s", what, fsps_error_name((int)r),
		     fsps_last_error()->text);
}

static void publish(void *userdata)
{
	struct trial *trial = userdata;
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = fault_publisher(bus);
	const char *payload = trial_payload(TRIAL_VISITOR);

	trial->visitor_reached =
		fsps_publish(publisher, FAULT_TOPIC, NULL, payload, strlen(payload), NULL);
	expect_no_failure(trial->visitor_reached, "publish");
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

static void take(void *userdata)
{
	const struct fsps_channel_options options = {.size = sizeof options, .durable = "keep"};
	struct trial *trial = userdata;
	fsps_bus *bus = fault_bus();
	fsps_channel *channel = NULL;
	fsps_message *message = NULL;
	int r = fsps_channel_open(bus, FAULT_TOPIC, &options, &channel);

	expect_no_failure(r, "open");
	while (channel != NULL && (r = fsps_channel_fetch(channel, &message)) == 1) {
		expect_no_failure(fsps_message_ack(channel, message), "ack");
		trial->done[trial_number_of(message)]++;
		fsps_message_unref(message);
	}
	expect_no_failure(r, "fetch");
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

static void purge(void *userdata)
{
	struct trial *trial = userdata;
	fsps_bus *bus = fault_bus();

	trial->purged = true;
	expect_no_failure(fsps_channel_purge(bus, TRIAL_KEEP), "purge");
	fsps_bus_close(bus);
}

static void remove_channel(void *userdata)
{
	struct trial *trial = userdata;
	fsps_bus *bus = fault_bus();

	trial->removed = true;
	expect_no_failure(fsps_durable_remove(bus, TRIAL_KEEP, FSPS_DURABLE_FORCE), "remove");
	fsps_bus_close(bus);
}

static void sweep(void *userdata)
{
	(void)userdata;
	fault_visit();
}

static int look_at_channel(const struct fsps_channel_info *info, void *userdata)
{
	(void)info;
	(void)userdata;
	return 0;
}

static int look_at_waiting(const struct fsps_waiting *waiting, void *userdata)
{
	(void)userdata;
	if (waiting->message != NULL)
		(void)trial_number_of(waiting->message);
	return 0;
}

static void look(void *userdata)
{
	fsps_bus *bus = fault_bus();

	(void)userdata;
	expect_no_failure(fsps_bus_list(bus, look_at_channel, NULL), "list");
	expect_no_failure(fsps_channel_peek(bus, TRIAL_KEEP, look_at_waiting, NULL), "peek");
	fsps_bus_close(bus);
}

static const struct {
	const char *name;
	void (*act)(void *userdata);
} others[] = {
	{"a publish", publish},        {"a sweep", sweep}, {"another reader", take},
	{"a removal", remove_channel}, {"a look", look},   {"a purge", purge},
};

enum { OTHERS = sizeof others / sizeof others[0] };

static void try_once(struct trial *trial, struct trace_plan *plan, unsigned other)
{
	char where[160];

	trial_prepare(trial);
	plan->act = others[other].act;
	plan->userdata = trial;
	trial_run(trial, plan);
	snprintf(where, sizeof where, "%s, %s at call %u (number %ld)", trial->scenario->name,
		 others[other].name, plan->at, plan->number);
	trial_check(trial, where);
}

static void pause_everywhere(const struct trial_scenario *scenario)
{
	struct trial *trial = trial_new(scenario);
	struct trace_plan plan = {.kind = TRACE_COUNT};
	unsigned turn = (unsigned)strlen(trial->scenario->name);
	unsigned stride = trial_stride(2);
	bool more = true;

	try_once(trial, &plan, 0);
	plan.kind = TRACE_PAUSE;
	for (plan.at = turn % stride; more; plan.at += stride) {
		unsigned first = trial_is_exhaustive() ? 0 : (plan.at / stride + turn) % OTHERS;
		unsigned last = trial_is_exhaustive() ? OTHERS - 1 : first;

		for (unsigned other = first; other <= last; other++)
			try_once(trial, &plan, other);
		more = plan.struck;
	}
	trial_free(trial);
}

START_TEST(whatever_others_do_at_any_call_of_a_command_nothing_is_lost)
{
	pause_everywhere(&trial_commands[_i]);
}
END_TEST

START_TEST(whatever_others_do_at_any_call_of_a_program_nothing_is_lost)
{
	pause_everywhere(&trial_calls[_i]);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("every-pause");

	trial_add(suite, whatever_others_do_at_any_call_of_a_command_nothing_is_lost,
		  whatever_others_do_at_any_call_of_a_program_nothing_is_lost);
	return suite;
}

int main(void)
{
	return trial_main(make_suite);
}
