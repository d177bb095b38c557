/* SPDX-License-Identifier: MIT */
/* The ends that the clock decides on: -W and --idle. The clock is read only if one is given. */
#ifndef CLI_LIMITS_H
#define CLI_LIMITS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* In the place of nanoseconds or a count. */
enum { CLI_NO_LIMIT = -1 };

enum cli_limit { CLI_WITHIN, CLI_TIMED_OUT, CLI_IDLED_OUT };

struct cli_limits {
	int64_t timeout_ns;
	int64_t idle_ns;
	/* When we were ready, and when the last message came. */
	int64_t start_ns;
	int64_t last_ns;
};

/* Both limits count from now; CLI_NO_LIMIT: there is none. */
void cli_limits_start(struct cli_limits *limits, int64_t timeout_ns, int64_t idle_ns);

/* Messages came, the last one just now. */
void cli_limits_messages(struct cli_limits *limits);

/* Whether one is over. empty: nothing waits, so that --idle counts. */
enum cli_limit cli_limits_check(const struct cli_limits *limits, bool empty);

/* How long it is until the next one is over: true and ret_left, or false if there is none. */
bool cli_limits_left(const struct cli_limits *limits, bool empty, struct timespec *ret_left);

#endif
