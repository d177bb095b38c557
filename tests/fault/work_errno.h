/* SPDX-License-Identifier: MIT */
/* What the tests share that have an errno struck at every call of what is done with a durable
 * channel. */
#ifndef TESTS_FAULT_WORK_ERRNO_H
#define TESTS_FAULT_WORK_ERRNO_H

#include <errno.h>

#include "fault/work.h"

/* What is said to be missing or locked is believed, though it is not. */
static inline bool work_errno_is_lie(const struct fault_plan *plan)
{
	return plan->error == ENOENT || plan->error == EAGAIN;
}

/* Somebody looks at the home, if it is his turn: what is left behind stays, so that not every call
 * need be followed by a look. */
static inline void work_errno_expect_clean(const struct fault_plan *plan)
{
	if (plan->at % 4 == 0 || !fault_plan_struck(plan))
		work_expect_clean();
}

/* As fault_plan_next(). What fails for good fails so from every third call on; which these are
 * depends on the errno. */
static inline bool work_errno_next(struct fault_plan *plan)
{
	bool more = fault_plan_next(plan);

	while (plan->kind == FAULT_FROM_THEN_ON && plan->at % 3 != (unsigned)plan->error % 3)
		plan->at++;
	return more;
}

#endif
