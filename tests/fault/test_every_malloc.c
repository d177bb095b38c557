/* SPDX-License-Identifier: MIT */
/*
 * Every allocation of every command and of the calls of the library fails: once, and from that one
 * on. The answer is that there is no memory, or a success; of a command, exit code 1 and a word
 * why.
 */
#include <stdio.h>

#include "fault/trial.h"

/* Returns whether there was such an allocation. */
static bool try_once(struct trial *trial, unsigned at, bool all)
{
	char where[160];
	bool struck;

	trial->counts_memory = true;
	trial_prepare(trial);
	trial->faulted = true;
	struck = trial_run_without_memory(trial, at, all);
	snprintf(where, sizeof where, "%s, no memory at allocation %u%s", trial->scenario->name, at,
		 all ? " and after" : "");
	if (trial->scenario->run != NULL)
		/* Refused: by one channel, for want of memory. */
		fault_assert(trial->answer >= 0 || trial->answer == FSPS_ERR_NO_MEMORY ||
				     trial->answer == FSPS_ERR_REFUSED,
			     "%s: %s", where, fsps_error_name(trial->answer));
	else
		/* 4: refused by one channel; 126: a command can't be run. */
		fault_assert(trial->outcome.status <= 1 || trial->outcome.status == 4 ||
				     trial->outcome.status == 126,
			     "%s: exit code %d", where, trial->outcome.status);
	trial_check(trial, where);
	return struck;
}

static void fail_each_allocation(const struct trial_scenario *scenario, bool all)
{
	struct trial *trial = trial_new(scenario);
	unsigned stride = trial_stride(1);

	for (unsigned at = 0; try_once(trial, at, all); at += stride)
		;
	trial_free(trial);
}

static void fail_everywhere(const struct trial_scenario *scenario)
{
	fail_each_allocation(scenario, false);
	fail_each_allocation(scenario, true);
}

START_TEST(a_command_without_memory_loses_nothing)
{
	fail_everywhere(&trial_commands[_i]);
}
END_TEST

START_TEST(a_program_without_memory_loses_nothing)
{
	fail_everywhere(&trial_calls[_i]);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("every-malloc");

	trial_add(suite, a_command_without_memory_loses_nothing,
		  a_program_without_memory_loses_nothing);
	return suite;
}

int main(void)
{
	return trial_main(make_suite);
}
