/* SPDX-License-Identifier: MIT */
/*
 * A process that publishes: as fast as it can or by a timetable, by number or for a time; first to
 * warm up, then to be measured, and its last message says that it is the last.
 */
#ifndef BENCH_PUBLISHER_H
#define BENCH_PUBLISHER_H

#include "bench/job.h"
#include "bench/sender.h"
#include "bench/timetable.h"
#include "cli/bus.h"

struct bench_publisher {
	struct bench_job *job;
	struct bench_seat *seat;
	struct cli_bus bus;
	struct bench_sender sender;
	struct bench_timetable timetable;
	/* Of the next message. */
	struct bench_stamp stamp;
	/* Does with a message what is to be done: publishes it, or makes a round trip. 0, or an
	 * exit code after saying what is wrong. */
	int (*put)(struct bench_publisher *self);
	/* Of round trips. */
	struct bench_trip *trip;
};

/* Publishes. Returns an exit code. */
int bench_publish(struct bench_job *job, size_t index);

/* The part of it between being ready and the end, of a publisher that was opened. */
int bench_publisher_run(struct bench_publisher *self);

#endif
