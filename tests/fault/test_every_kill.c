/* SPDX-License-Identifier: MIT */
/*
 * SIGKILL at every system call of every command and of the calls of the library: before the call
 * and, where all is tried, also right after it.
 */
#include <stdio.h>
#include <string.h>

#include "fault/trial.h"

static void kill_at_each_call(struct trial *trial, enum trace_kind kind)
{
	unsigned stride = trial_stride(4);
	unsigned first = (unsigned)strlen(trial->scenario->name) +
			 (kind == TRACE_KILL_AFTER ? stride / 2 : 0);
	struct trace_plan plan = {.kind = TRACE_COUNT};
	char where[128];
	bool more = true;

	trial_prepare(trial);
	trial_run(trial, &plan);
	fault_assert(!trial->outcome.killed && trial->outcome.status == 0, "%s: exit code %d",
		     trial->scenario->name, trial->outcome.status);
	trial_check(trial, trial->scenario->name);
	plan.kind = kind;
	for (plan.at = first % stride; more; plan.at += stride) {
		trial_prepare(trial);
		trial_run(trial, &plan);
		snprintf(where, sizeof where, "%s, killed at call %u (number %ld)",
			 trial->scenario->name, plan.at, plan.number);
		trial_check(trial, where);
		more = plan.struck;
	}
}

static void kill_everywhere(const struct trial_scenario *scenario)
{
	struct trial *trial = trial_new(scenario);

	kill_at_each_call(trial, TRACE_KILL_BEFORE);
	kill_at_each_call(trial, TRACE_KILL_AFTER);
	trial_free(trial);
}

START_TEST(a_command_killed_at_any_call_loses_nothing)
{
	kill_everywhere(&trial_commands[_i]);
}
END_TEST

START_TEST(a_program_killed_at_any_call_loses_nothing)
{
	kill_everywhere(&trial_calls[_i]);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("every-kill");

	trial_add(suite, a_command_killed_at_any_call_loses_nothing,
		  a_program_killed_at_any_call_loses_nothing);
	return suite;
}

int main(void)
{
	return trial_main(make_suite);
}
