/* SPDX-License-Identifier: MIT */
/*
 * Every system call of every command and of the calls of the library fails once, or reads or writes
 * less than it was asked for. There are twelve errnos; at each call it is one of them, unless all
 * is tried.
 *
 * The answer is a success or a documented code; of a command, an exit code and a word why. It never
 * hangs, and nothing is lost by it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fault/trial.h"

static const int errnos[] = {EINTR,  EIO,    EMFILE, ENFILE, ENOMEM, ENOSPC,
			     EACCES, EAGAIN, ENOENT, EDQUOT, EROFS,  ENAMETOOLONG};

enum { ERRNOS = sizeof errnos / sizeof errnos[0] };

static void try_once(struct trial *trial, struct trace_plan *plan)
{
	char where[160];

	trial_prepare(trial);
	/* What is said to be missing or locked is believed, though it is not. */
	trial->faulted = plan->kind == TRACE_ERRNO;
	trial->lied = plan->error == ENOENT || plan->error == EAGAIN;
	trial_run(trial, plan);
	snprintf(where, sizeof where, "%s, %s at call %u (number %ld)", trial->scenario->name,
		 plan->kind == TRACE_SHORT ? "less" : strerror(plan->error), plan->at,
		 plan->number);
	trial_check(trial, where);
}

/* With one errno at every call, or with each in its turn, which begins differently everywhere. */
static void fail_each_call(const struct trial_scenario *scenario, enum trace_kind kind, int which)
{
	struct trace_plan plan = {.kind = TRACE_COUNT};
	struct trial *trial = trial_new(scenario);
	unsigned stride = trial_stride(kind == TRACE_ERRNO ? 2 : 1);
	unsigned turn = (unsigned)strlen(scenario->name);
	bool more = true;

	try_once(trial, &plan);
	plan.kind = kind;
	for (plan.at = turn % stride; more; plan.at += stride) {
		if (kind == TRACE_ERRNO)
			plan.error = errnos[which >= 0 ? (unsigned)which
						       : (plan.at / stride + turn) % ERRNOS];
		try_once(trial, &plan);
		more = plan.calls > plan.at;
	}
	trial_free(trial);
}

static void fail_everywhere(const struct trial_scenario *scenario)
{
	fail_each_call(scenario, TRACE_SHORT, -1);
	if (!trial_is_exhaustive())
		fail_each_call(scenario, TRACE_ERRNO, -1);
	else
		for (int i = 0; i < ERRNOS; i++)
			fail_each_call(scenario, TRACE_ERRNO, i);
}

START_TEST(whatever_call_of_a_command_fails_nothing_is_lost)
{
	fail_everywhere(&trial_commands[_i]);
}
END_TEST

START_TEST(whatever_call_of_a_program_fails_nothing_is_lost)
{
	fail_everywhere(&trial_calls[_i]);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("every-errno");

	trial_add(suite, whatever_call_of_a_command_fails_nothing_is_lost,
		  whatever_call_of_a_program_fails_nothing_is_lost);
	return suite;
}

int main(void)
{
	return trial_main(make_suite);
}
