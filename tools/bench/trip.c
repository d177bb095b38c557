/* SPDX-License-Identifier: MIT */
/*
 * Implements bench/trip.h. A trip begins where the one before it ended, so that nothing happens
 * outside the measured time, or when it is due.
 */
#include "bench/trip.h"

#include "bench/channel.h"
#include "bench/publisher.h"
#include "bench/self.h"
#include "bench/tally.h"
#include "cli/clock.h"
#include "cli/fail.h"
#include "cli/signals.h"
#include "cli/status.h"

/* The side that both have: where messages come from. */
struct bench_trip {
	struct bench_channels channels;
	struct bench_tally tally;
	/* When the last trip of the one that asks ended. */
	int64_t end_ns;
};

static int open_trip(struct bench_trip *trip, const struct bench_job *job, const char *pattern,
		     size_t number)
{
	int status = bench_channels_open(&trip->channels, job, pattern, 1, number);

	if (status != 0)
		return status;
	if (bench_tally_init(&trip->tally, 1, 1, job->what->size) < 0)
		return cli_fail(CLI_ERROR, "no memory");
	trip->tally.touch = job->options->touch;
	trip->tally.since_ns = job->options->interval_ns > 0 ? cli_now_ns() : 0;
	return 0;
}

static void close_trip(struct bench_trip *trip)
{
	bench_tally_deinit(&trip->tally);
	bench_channels_close(&trip->channels);
}

/* The next message, however long it takes. */
static int take(struct bench_trip *trip, struct bench_stamp *ret_stamp)
{
	for (;;) {
		fsps_message *message = NULL;
		int status = bench_channels_next(&trip->channels, &message);
		const void *payload;
		size_t len;

		if (status != 0)
			return status;
		if (cli_stop_signal() != 0)
			return CLI_SIGNAL + cli_stop_signal();
		if (message == NULL)
			continue;
		payload = fsps_message_payload(message, &len);
		if (bench_tally_take(&trip->tally, 0, payload, len, ret_stamp))
			return 0;
		return cli_fail(CLI_FULL, "a message was damaged");
	}
}

/* One there and back. */
static int put(struct bench_publisher *self)
{
	struct bench_trip *trip = self->trip;
	struct bench_stamp answer;
	/* Between warm-up and measurement others were waited for. */
	bool first = self->stamp.sequence == self->seat->warm_messages;
	int64_t start_ns = self->stamp.due_ns;
	int status;

	if (start_ns == 0)
		start_ns = first ? cli_now_ns() : trip->end_ns;
	status = bench_sender_put(&self->sender, &self->stamp);
	if (status == 0)
		status = take(trip, &answer);
	if (status != 0)
		return status;
	if (answer.sequence != self->stamp.sequence)
		return cli_fail(CLI_FULL, "an answer was to another message");
	trip->end_ns = cli_now_ns();
	if (self->stamp.measured)
		bench_histogram_add(&self->seat->latency, trip->end_ns - start_ns);
	return 0;
}

int bench_ping(struct bench_job *job)
{
	struct bench_trip trip = {.channels.epoll = -1};
	struct bench_publisher self = {.job = job,
				       .seat = bench_shared_publisher(job->shared, 0),
				       .put = put,
				       .trip = &trip};
	int status = open_trip(&trip, job, job->answer_topic, 1);

	if (status == 0)
		status = cli_bus_open(&self.bus, &job->common);
	if (status == 0)
		status = bench_sender_open(&self.sender, self.bus.bus, job, job->topic, 1);
	if (status == 0)
		status = bench_publisher_run(&self);
	bench_sender_close(&self.sender);
	cli_bus_close(&self.bus);
	close_trip(&trip);
	return status;
}

static int answer_all(struct bench_trip *trip, struct bench_sender *sender, struct bench_seat *seat)
{
	while (trip->tally.open > 0) {
		struct bench_stamp stamp;
		int status = take(trip, &stamp);

		if (status != 0)
			return status;
		if (trip->tally.measured == 1)
			bench_self_start(seat, cli_now_ns());
		status = bench_sender_put(sender, &stamp);
		if (status != 0)
			return status;
		bench_store(&seat->messages, trip->tally.received);
	}
	return bench_channels_settle(&trip->channels);
}

/* The other side is there once the gate is open, and its channel with it. */
static int answer(struct bench_job *job, struct bench_trip *trip, struct bench_sender *sender,
		  struct cli_bus *bus)
{
	struct bench_seat *seat = bench_shared_subscriber(job->shared, 0);
	int status;

	if (!bench_shared_wait(job->shared))
		return CLI_SIGNAL + cli_stop_signal();
	status = cli_bus_open(bus, &job->common);
	if (status == 0)
		status = bench_sender_open(sender, bus->bus, job, job->answer_topic, 1);
	if (status == 0)
		status = answer_all(trip, sender, seat);
	bench_self_end(seat, cli_now_ns());
	seat->measured = trip->tally.measured;
	seat->out_of_order = trip->tally.out_of_order;
	seat->damaged = trip->tally.damaged;
	bench_store(&seat->done, 1);
	return status;
}

int bench_pong(struct bench_job *job)
{
	struct bench_trip trip = {.channels.epoll = -1};
	struct bench_sender sender = {0};
	struct cli_bus bus = {0};
	int status = open_trip(&trip, job, job->topic, 0);

	if (status == 0)
		status = answer(job, &trip, &sender, &bus);
	bench_sender_close(&sender);
	cli_bus_close(&bus);
	close_trip(&trip);
	return status;
}
