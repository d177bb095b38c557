/* SPDX-License-Identifier: MIT */
/* Implements bench/publisher.h. */
#include "bench/publisher.h"

#include "bench/self.h"
#include "cli/clock.h"
#include "cli/number.h"
#include "cli/signals.h"
#include "cli/status.h"

enum { STRIDE_MAX = 64, STRIDE_NS = 100000, LOOK_NS = 200000 };

/* Up to where to publish. */
struct leg {
	uint64_t messages_max;
	int64_t end_ns;
};

static int put(struct bench_publisher *self)
{
	return bench_sender_put(&self->sender, &self->stamp);
}

/* Publishes the next message. */
static int put_next(struct bench_publisher *self, bool last, int64_t due_ns)
{
	int status;

	self->stamp.last = last;
	self->stamp.due_ns = due_ns;
	status = self->put(self);
	self->stamp.sequence++;
	bench_store(&self->seat->messages, self->stamp.sequence);
	return status;
}

static int stopped(int status)
{
	return status == 0 && cli_stop_signal() != 0 ? CLI_SIGNAL + cli_stop_signal() : status;
}

/* As fast as it goes. The clock is looked at about every 0.1 ms, but after 64 messages at the
 * latest. The last message is left to the caller. */
static int run_freely(struct bench_publisher *self, const struct leg *leg)
{
	uint64_t stride = 1;
	uint64_t left = leg->messages_max - 1;
	int64_t now_ns = cli_now_ns();
	int status = 0;

	while (left > 0 && now_ns < leg->end_ns && status == 0) {
		int64_t before_ns = now_ns;

		stride = stride > left ? left : stride;
		for (uint64_t i = 0; i < stride && status == 0; i++)
			status = put_next(self, false, 0);
		left -= stride;
		status = stopped(status);
		now_ns = cli_now_ns();
		if (now_ns - before_ns > STRIDE_NS)
			stride = (stride + 1) / 2;
		else if (stride < STRIDE_MAX)
			stride *= 2;
	}
	return status;
}

/* By the timetable, to the end; a last message is one that nothing is due after. */
static int run_by_timetable(struct bench_publisher *self, const struct leg *leg)
{
	struct bench_timetable *timetable = &self->timetable;
	bool last = false;
	int status = 0;

	timetable->start_ns = cli_now_ns();
	timetable->number = 0;
	while (!last && status == 0) {
		int64_t due_ns = bench_timetable_due_ns(timetable);
		int64_t now_ns = bench_timetable_wait(timetable);

		if (self->stamp.measured)
			bench_histogram_add(&self->seat->late, now_ns - due_ns);
		timetable->number++;
		last = timetable->number == leg->messages_max || now_ns >= leg->end_ns ||
		       bench_timetable_due_ns(timetable) >= leg->end_ns;
		status = put_next(self, last && self->stamp.measured, due_ns);
		/* What is due now goes along with it. */
		if (status == 0 && (last || bench_timetable_due_ns(timetable) > now_ns))
			status = bench_sender_flush(&self->sender);
		status = stopped(status);
	}
	return status;
}

static int warm_up(struct bench_publisher *self)
{
	int64_t warm_up_ns = self->job->options->warm_up_ns;
	const struct leg leg = {.messages_max = UINT64_MAX, .end_ns = cli_now_ns() + warm_up_ns};
	int status = 0;

	if (warm_up_ns > 0)
		status = self->timetable.interval_ns > 0 ? run_by_timetable(self, &leg)
							 : run_freely(self, &leg);
	return status == 0 ? bench_sender_flush(&self->sender) : status;
}

/* Whether all publishers have done their warm-up, and all subscribers have had it. */
static bool all_are_warm(const struct bench_shared *shared, size_t channels)
{
	uint64_t messages = 0;

	for (size_t i = 0; i < shared->publishers; i++) {
		const struct bench_seat *seat = bench_shared_publisher(shared, i);

		if (bench_load(&seat->warmed_up) == 0)
			return false;
		messages += seat->warm_messages;
	}
	for (size_t i = 0; i < shared->subscribers; i++) {
		if (bench_load(&bench_shared_subscriber(shared, i)->messages) < messages * channels)
			return false;
	}
	return true;
}

static int wait_for_others(struct bench_publisher *self)
{
	self->seat->warm_messages = self->stamp.sequence;
	bench_store(&self->seat->warmed_up, 1);
	while (cli_stop_signal() == 0 &&
	       !all_are_warm(self->job->shared, self->job->what->channels))
		cli_sleep_until(cli_now_ns() + LOOK_NS);
	return stopped(0);
}

static int measure(struct bench_publisher *self)
{
	const struct bench_options *options = self->job->options;
	int64_t start_ns = cli_now_ns();
	const struct leg leg = {
		.messages_max =
			options->count == BENCH_NOT_GIVEN ? UINT64_MAX : (uint64_t)options->count,
		.end_ns = options->count == BENCH_NOT_GIVEN
				  ? start_ns + self->job->what->duration_ns
				  : INT64_MAX,
	};
	int status;

	self->stamp.measured = true;
	bench_self_start(self->seat, start_ns);
	if (self->timetable.interval_ns > 0) {
		status = run_by_timetable(self, &leg);
		self->seat->due = options->count == BENCH_NOT_GIVEN
					  ? bench_timetable_due_before(&self->timetable, leg.end_ns)
					  : leg.messages_max;
	} else {
		status = run_freely(self, &leg);
		if (status == 0)
			status = put_next(self, true, 0);
	}
	if (status == 0)
		status = bench_sender_flush(&self->sender);
	bench_self_end(self->seat, cli_now_ns());
	return status;
}

int bench_publisher_run(struct bench_publisher *self)
{
	const struct bench_options *options = self->job->options;
	int status;

	self->timetable = (struct bench_timetable){.interval_ns = options->interval_ns,
						   .spin_ns = options->spin_us * INT64_C(1000)};
	if (options->interval_ns > 0)
		bench_self_be_punctual();
	if (!bench_shared_wait(self->job->shared))
		return CLI_SIGNAL + cli_stop_signal();
	status = warm_up(self);
	if (status == 0)
		status = wait_for_others(self);
	if (status == 0)
		status = measure(self);
	if (status != 0)
		return status;
	self->seat->measured = self->stamp.sequence - self->seat->warm_messages;
	bench_store(&self->seat->done, 1);
	return 0;
}

int bench_publish(struct bench_job *job, size_t index)
{
	struct bench_publisher self = {.job = job,
				       .seat = bench_shared_publisher(job->shared, index),
				       .stamp.publisher = (uint32_t)index,
				       .put = put};
	int status = cli_bus_open(&self.bus, &job->common);

	if (status == 0)
		status = bench_sender_open(&self.sender, self.bus.bus, job, job->topic,
					   job->what->subscribers * job->what->channels);
	if (status == 0)
		status = bench_publisher_run(&self);
	bench_sender_close(&self.sender);
	cli_bus_close(&self.bus);
	return status;
}
