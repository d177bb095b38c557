/* SPDX-License-Identifier: MIT */
/* The ends that the clock decides on: -W and --idle. The clock is read only if one is given. */
#ifndef SUBSCRIBE_LIMITS_H
#define SUBSCRIBE_LIMITS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "subscribe/options.h"

enum subscribe_limit { SUBSCRIBE_WITHIN, SUBSCRIBE_TIMED_OUT, SUBSCRIBE_IDLED_OUT };

struct subscribe_limits {
	int64_t timeout_ns;
	int64_t idle_ns;
	/* When we were ready, and when the last message came. */
	int64_t start_ns;
	int64_t last_ns;
};

/* Both limits count from now. */
void subscribe_limits_start(struct subscribe_limits *limits,
			    const struct subscribe_options *options);

/* Messages came, the last one just now. */
void subscribe_limits_messages(struct subscribe_limits *limits);

/* Whether one is over. empty: nothing waits, so that --idle counts. */
enum subscribe_limit subscribe_limits_check(const struct subscribe_limits *limits, bool empty);

/* How long it is until the next one is over: true and ret_left, or false if there is none. */
bool subscribe_limits_left(const struct subscribe_limits *limits, bool empty,
			   struct timespec *ret_left);

#endif
