/* SPDX-License-Identifier: MIT */
/* Implements bench/subscriber.h. */
#include "bench/subscriber.h"

#include "bench/channel.h"
#include "bench/self.h"
#include "bench/tally.h"
#include "cli/clock.h"
#include "cli/fail.h"
#include "cli/signals.h"
#include "cli/status.h"

struct subscriber {
	struct bench_channels channels;
	struct bench_tally tally;
	struct bench_seat *seat;
};

/* Takes one message. The clock is looked at where it has to be. */
static void take(struct subscriber *self, const fsps_message *message)
{
	struct bench_stamp stamp;
	size_t len;
	const void *payload = fsps_message_payload(message, &len);

	if (!bench_tally_take(&self->tally, self->channels.at, payload, len, &stamp))
		return;
	bench_store(&self->seat->messages, self->tally.received);
	if (!stamp.measured)
		return;
	if (self->tally.measured == 1)
		bench_self_start(self->seat, cli_now_ns());
	if (stamp.due_ns != 0)
		bench_histogram_add(&self->seat->latency, cli_now_ns() - stamp.due_ns);
}

static int take_all(struct subscriber *self)
{
	while (self->tally.open > 0) {
		fsps_message *message = NULL;
		int status = bench_channels_next(&self->channels, &message);

		if (status != 0)
			return status;
		if (message != NULL)
			take(self, message);
		if (cli_stop_signal() != 0)
			return CLI_SIGNAL + cli_stop_signal();
	}
	return bench_channels_settle(&self->channels);
}

/* Says what there was, also after a failure: what was missing by then is of interest. */
static void tell(struct subscriber *self)
{
	struct bench_seat *seat = self->seat;

	bench_self_end(seat, cli_now_ns());
	seat->measured = self->tally.measured;
	seat->out_of_order = self->tally.out_of_order;
	seat->damaged = self->tally.damaged;
	bench_store(&seat->done, 1);
}

static int run(struct subscriber *self, struct bench_job *job, size_t index)
{
	int status =
		bench_channels_open(&self->channels, job, job->topic, job->what->channels, index);

	if (status != 0)
		return status;
	if (bench_tally_init(&self->tally, job->what->channels, job->what->publishers,
			     job->what->size) < 0)
		return cli_fail(CLI_ERROR, "no memory");
	self->tally.touch = job->options->touch;
	self->tally.since_ns = job->options->interval_ns > 0 ? cli_now_ns() : 0;
	if (!bench_shared_wait(job->shared))
		return CLI_SIGNAL + cli_stop_signal();
	status = take_all(self);
	tell(self);
	return status;
}

int bench_subscribe(struct bench_job *job, size_t index)
{
	struct subscriber self = {.channels.epoll = -1,
				  .seat = bench_shared_subscriber(job->shared, index)};
	int status = run(&self, job, index);

	bench_tally_deinit(&self.tally);
	bench_channels_close(&self.channels);
	return status;
}
