/* SPDX-License-Identifier: MIT */
/* Implements cli/limits.h. */
#include "cli/limits.h"

#include "cli/clock.h"
#include "cli/number.h"

void cli_limits_start(struct cli_limits *limits, int64_t timeout_ns, int64_t idle_ns)
{
	*limits = (struct cli_limits){.timeout_ns = timeout_ns, .idle_ns = idle_ns};
	if (timeout_ns != CLI_NO_LIMIT || idle_ns != CLI_NO_LIMIT)
		limits->start_ns = limits->last_ns = cli_now_ns();
}

void cli_limits_messages(struct cli_limits *limits)
{
	if (limits->idle_ns != CLI_NO_LIMIT)
		limits->last_ns = cli_now_ns();
}

/* When a limit is over; INT64_MAX: never. */
static int64_t end_of(int64_t from_ns, int64_t limit_ns)
{
	return limit_ns == CLI_NO_LIMIT ? INT64_MAX : from_ns + limit_ns;
}

static int64_t idle_end(const struct cli_limits *limits, bool empty)
{
	return empty ? end_of(limits->last_ns, limits->idle_ns) : INT64_MAX;
}

enum cli_limit cli_limits_check(const struct cli_limits *limits, bool empty)
{
	int64_t timeout_end_ns = end_of(limits->start_ns, limits->timeout_ns);
	int64_t idle_end_ns = idle_end(limits, empty);
	int64_t now_ns;

	if (timeout_end_ns == INT64_MAX && idle_end_ns == INT64_MAX)
		return CLI_WITHIN;
	/* While messages come a limit may be noticed a tick late, never early. */
	now_ns = empty ? cli_now_ns() : cli_now_coarse_ns();
	if (now_ns >= timeout_end_ns)
		return CLI_TIMED_OUT;
	return now_ns >= idle_end_ns ? CLI_IDLED_OUT : CLI_WITHIN;
}

bool cli_limits_left(const struct cli_limits *limits, bool empty, struct timespec *ret_left)
{
	int64_t end_ns = end_of(limits->start_ns, limits->timeout_ns);
	int64_t idle_end_ns = idle_end(limits, empty);
	int64_t left_ns;

	if (idle_end_ns < end_ns)
		end_ns = idle_end_ns;
	if (end_ns == INT64_MAX)
		return false;
	left_ns = end_ns - cli_now_ns();
	if (left_ns < 0)
		left_ns = 0;
	*ret_left = (struct timespec){.tv_sec = left_ns / CLI_NS_PER_S,
				      .tv_nsec = (long)(left_ns % CLI_NS_PER_S)};
	return true;
}
