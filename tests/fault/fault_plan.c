/* SPDX-License-Identifier: MIT */
/* Implements fault.h: plans, and what is to be expected of the answers. */
#include "fault/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"

/* An interceptor takes no argument. */
static struct {
	/* Those under way, or NULL. */
	struct fault_poke *poke;
	struct fault_plan *plan;
	bool no_nameless;
} faults;

static int storm(const struct fault_plan *plan)
{
	/* Each call comes back here after every interruption. */
	return plan->calls % 4 != 0 ? plan->error : 0;
}

static int strike(struct fault_plan *plan, const char *call)
{
	unsigned number = plan->calls;

	if (plan->only != NULL && strcmp(plan->only, call) != 0)
		return 0;
	if (number < FAULT_CALLS_MAX)
		snprintf(plan->names[number], sizeof plan->names[number], "%s", call);
	if (plan->kind == FAULT_KILL && number == plan->at)
		(void)kill(getpid(), SIGKILL);
	if (plan->kind == FAULT_PAUSE && number == plan->at)
		(void)kill(getpid(), SIGSTOP);
	plan->calls++;
	if (plan->kind == FAULT_STORM)
		return storm(plan);
	if (plan->kind == FAULT_ONCE && number == plan->at)
		return plan->error;
	return plan->kind == FAULT_FROM_THEN_ON && number >= plan->at ? plan->error : 0;
}

static void run_poke(struct fault_poke *poke, const char *call)
{
	struct fault_plan *plan = faults.plan;

	if (poke->only != NULL && strcmp(poke->only, call) != 0)
		return;
	if (poke->calls++ != poke->at)
		return;
	faults.poke = NULL;
	faults.plan = NULL;
	poke->act(poke->userdata);
	faults.poke = poke;
	faults.plan = plan;
}

static int intercept(const char *call, size_t *length)
{
	int error = 0;

	(void)length;
	if (faults.poke != NULL)
		run_poke(faults.poke, call);
	if (faults.plan != NULL)
		error = strike(faults.plan, call);
	if (error == 0 && faults.no_nameless && strcmp(call, "open_unnamed") == 0)
		return EOPNOTSUPP;
	return error;
}

static void set_intercept(void)
{
	bool any = faults.poke != NULL || faults.plan != NULL || faults.no_nameless;

	fsi_sys_intercept = any ? intercept : NULL;
}

void fault_set_nameless(bool possible)
{
	faults.no_nameless = !possible;
	set_intercept();
}

void fault_plan_start(struct fault_plan *plan)
{
	plan->calls = 0;
	faults.plan = plan;
	set_intercept();
}

void fault_plan_stop(void)
{
	faults.plan = NULL;
	set_intercept();
}

void fault_poke_start(struct fault_poke *poke)
{
	poke->calls = 0;
	faults.poke = poke;
	set_intercept();
}

void fault_poke_stop(void)
{
	faults.poke = NULL;
	set_intercept();
}

bool fault_poke_acted(const struct fault_poke *poke)
{
	return poke->calls > poke->at;
}

bool fault_plan_struck(const struct fault_plan *plan)
{
	return plan->calls > plan->at;
}

unsigned fault_plan_count(const struct fault_plan *plan, const char *name, unsigned from)
{
	unsigned count = 0;

	ck_assert_uint_le(plan->calls, FAULT_CALLS_MAX);
	for (unsigned i = from; i < plan->calls; i++)
		if (strcmp(plan->names[i], name) == 0)
			count++;
	return count;
}

bool fault_plan_next(struct fault_plan *plan)
{
	bool struck = fault_plan_struck(plan) && plan->kind != FAULT_STORM;

	plan->at++;
	return struck;
}

struct fault_plan fault_errno_plan(int test)
{
	static const int errnos[FAULT_ERRNO_TESTS / 2] = {EINTR,  EIO,    EMFILE, ENFILE,
							  ENOMEM, ENOSPC, EACCES, EAGAIN,
							  ENOENT, EDQUOT, EROFS,  ENAMETOOLONG};
	struct fault_plan plan = {.error = errnos[test / 2],
				  .kind = test % 2 == 0 ? FAULT_ONCE : FAULT_FROM_THEN_ON};

	if (plan.error == EINTR && plan.kind == FAULT_FROM_THEN_ON)
		plan.kind = FAULT_STORM;
	return plan;
}

static bool is_in(int64_t r, const int *codes)
{
	for (size_t i = 0; codes[i] != 0; i++)
		if (codes[i] == r)
			return true;
	return false;
}

void fault_expect_documented(int64_t r, const int *codes, const char *what)
{
	static const int of_system[] = {
		FSPS_ERR_PERMISSION, FSPS_ERR_NO_SPACE,  FSPS_ERR_LIMIT, FSPS_ERR_NO_MEMORY,
		FSPS_ERR_READ_ONLY,  FSPS_ERR_TOO_LARGE, FSPS_ERR_IO,    0};

	if (r >= 0)
		return;
	fault_assert(fsps_last_error()->code == r, "%s answers %s, the last error says %s", what,
		     fsps_error_name((int)r), fsps_error_name(fsps_last_error()->code));
	fault_assert(is_in(r, of_system) || is_in(r, codes),
		     "%s answers %s, which is not documented: %s", what, fsps_error_name((int)r),
		     fsps_last_error()->text);
}
