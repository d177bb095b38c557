/* SPDX-License-Identifier: MIT */
/* What tests of settling stand on: a publisher and a reader alone of "a_w", which may change. */
#ifndef TESTS_API_WORK_STAGE_H
#define TESTS_API_WORK_STAGE_H

#include "api/work.h"

/* Soon, in milliseconds: what is waited for comes a second later at most. And not within a test. */
enum { SOON_MS = 50, LATE_MS = 60000 };

static fsps_bus *bus;
static fsps_publisher *publisher;
static fsps_channel *channel;

static void set_up(void)
{
	bus = fixture_open_bus();
	publisher = fixture_open_publisher(bus);
	channel = work_open(bus);
}

static void tear_down(void)
{
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

static inline void reopen_with(const struct fsps_channel_options *options)
{
	fsps_channel_close(channel);
	channel = work_open_with(bus, options);
}

static inline void reopen(void)
{
	fsps_channel_close(channel);
	channel = work_open(bus);
}

static inline void reopen_with_deadline(int64_t deadline_ms)
{
	struct fsps_channel_options options = work_options();

	options.deadline_ms = deadline_ms;
	reopen_with(&options);
}

static inline void reopen_with_attempts(uint32_t attempts_max)
{
	struct fsps_channel_options options = work_options();

	options.attempts_max = attempts_max;
	reopen_with(&options);
}

#endif
