/* SPDX-License-Identifier: MIT */
/* Implements bench/channel.h. */
#include "bench/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "cli/clock.h"
#include "cli/fail.h"
#include "cli/signals.h"
#include "cli/status.h"

enum { WAIT_MS = 1000, NS_PER_US = 1000 };

/* ---- opening ---- */

static int open_channel(struct bench_channels *channels, const struct bench_job *job,
			const char *pattern, size_t index, size_t subscriber)
{
	char name[BENCH_NAME_BYTES];
	const struct fsps_channel_options options = {
		.size = sizeof options,
		.spin_us = (uint64_t)job->options->spin_us,
		.durable = job->options->durable ? name : NULL,
		.delivery = job->options->ack ? FSPS_AT_LEAST_ONCE : FSPS_AT_MOST_ONCE,
	};
	fsps_bus *bus = channels->buses[index / BENCH_BUS_CHANNELS].bus;
	int result;

	bench_durable_name(subscriber, index, name);
	result = fsps_channel_open(bus, pattern, &options, &channels->channels[index]);
	return result < 0 ? cli_fail_library(result, NULL) : 0;
}

static int watch(struct bench_channels *channels, size_t index)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)index};
	int fd = fsps_channel_fd(channels->channels[index]);

	if (epoll_ctl(channels->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		return cli_fail(CLI_ERROR, "epoll: %s", strerror(errno));
	return 0;
}

static int allocate(struct bench_channels *channels)
{
	channels->buses_count = (channels->count - 1) / BENCH_BUS_CHANNELS + 1;
	channels->channels = calloc(channels->count, sizeof(fsps_channel *));
	channels->buses = calloc(channels->buses_count, sizeof *channels->buses);
	if (channels->channels == NULL || channels->buses == NULL)
		return cli_fail(CLI_ERROR, "no memory");
	if (channels->count == 1)
		return 0;
	channels->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (channels->epoll < 0)
		return cli_fail(CLI_ERROR, "epoll: %s", strerror(errno));
	return 0;
}

int bench_channels_open(struct bench_channels *channels, const struct bench_job *job,
			const char *pattern, size_t count, size_t subscriber)
{
	int status;

	*channels = (struct bench_channels){.count = count,
					    .spin_ns = job->options->spin_us * NS_PER_US,
					    .epoll = -1,
					    .ack = job->options->ack};
	status = allocate(channels);
	for (size_t i = 0; i < channels->buses_count && status == 0; i++)
		status = cli_bus_open(&channels->buses[i], &job->common);
	for (size_t i = 0; i < count && status == 0; i++) {
		status = open_channel(channels, job, pattern, i, subscriber);
		if (status == 0 && channels->epoll >= 0)
			status = watch(channels, i);
	}
	return status;
}

void bench_channels_close(struct bench_channels *channels)
{
	fsps_message_unref(channels->message);
	for (size_t i = 0; channels->channels != NULL && i < channels->count; i++)
		fsps_channel_close(channels->channels[i]);
	for (size_t i = 0; channels->buses != NULL && i < channels->buses_count; i++)
		cli_bus_close(&channels->buses[i]);
	if (channels->epoll >= 0)
		close(channels->epoll);
	free(channels->channels);
	free(channels->buses);
}

/* ---- receiving ---- */

int bench_channels_settle(struct bench_channels *channels)
{
	fsps_message *message = channels->message;
	int result = FSPS_OK;

	if (message == NULL)
		return 0;
	channels->message = NULL;
	if (channels->ack)
		result = fsps_message_ack(channels->channels[channels->at], message);
	fsps_message_unref(message);
	return result < 0 ? cli_fail_library(result, "acknowledging") : 0;
}

/* Asks which channels have something: for a time without sleeping, then asleep. */
static int poll_channels(struct bench_channels *channels)
{
	int64_t end_ns = channels->spin_ns == 0 ? 0 : cli_now_ns() + channels->spin_ns;
	struct epoll_event events[BENCH_EVENTS];
	int ready = 0;

	while (ready == 0 && end_ns != 0 && cli_now_ns() < end_ns && cli_stop_signal() == 0)
		ready = epoll_wait(channels->epoll, events, BENCH_EVENTS, 0);
	if (ready == 0)
		ready = epoll_wait(channels->epoll, events, BENCH_EVENTS, WAIT_MS);
	if (ready < 0 && errno != EINTR)
		return cli_fail(CLI_ERROR, "epoll: %s", strerror(errno));
	for (int i = 0; i < ready; i++)
		channels->events[i] = events[i].data.u32;
	channels->events_count = ready < 0 ? 0 : ready;
	channels->event = 0;
	return 0;
}

/* A message of those channels that had something when they were asked last. 1, 0 or an error of the
 * library. */
static int fetch(struct bench_channels *channels)
{
	for (; channels->event < channels->events_count; channels->event++) {
		int got;

		channels->at = channels->events[channels->event];
		got = fsps_channel_fetch(channels->channels[channels->at], &channels->message);
		if (got != 0)
			return got;
	}
	return 0;
}

int bench_channels_next(struct bench_channels *channels, fsps_message **ret_message)
{
	int status = bench_channels_settle(channels);
	int got;

	if (status != 0)
		return status;
	if (channels->epoll < 0) {
		got = fsps_channel_receive(channels->channels[0], WAIT_MS, &channels->message);
	} else {
		got = fetch(channels);
		if (got == 0) {
			status = poll_channels(channels);
			got = status == 0 ? fetch(channels) : 0;
		}
	}
	*ret_message = got > 0 ? channels->message : NULL;
	return got < 0 ? cli_fail_library(got, "receiving") : status;
}
