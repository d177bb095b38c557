/* SPDX-License-Identifier: MIT */
/* The channels of one process, and the next message out of any of them. */
#ifndef BENCH_CHANNEL_H
#define BENCH_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#include <fsps/fsps.h>

#include "bench/job.h"
#include "cli/bus.h"

enum {
	/* The kernel lets no more than 500 channels of one bus into one epoll descriptor. */
	BENCH_BUS_CHANNELS = 250,
	BENCH_EVENTS = 64
};

struct bench_channels {
	size_t count;
	fsps_channel **channels;
	struct cli_bus *buses;
	size_t buses_count;
	int64_t spin_ns;
	/* Of several: what tells which ones have something, and those that it told of last, of
	 * which the ones from event on are to be looked at. */
	int epoll;
	uint32_t events[BENCH_EVENTS];
	int events_count;
	int event;
	/* The channel of the last message, which is to be acknowledged or not. */
	size_t at;
	bool ack;
	fsps_message *message;
};

/* Opens channels, of that number as a subscriber's, for a pattern. 0, or an exit code after saying
 * what is wrong. To be closed in any case. */
int bench_channels_open(struct bench_channels *channels, const struct bench_job *job,
			const char *pattern, size_t count, size_t subscriber);
void bench_channels_close(struct bench_channels *channels);

/* Done with the last message: acknowledges it, if so asked, and gives it back. 0, or an exit code
 * after saying what is wrong. */
int bench_channels_settle(struct bench_channels *channels);

/* Settles, and takes the next message, of whichever channel; it stays until this is called again.
 * Waits for a while. ret_message: NULL if none came. 0, or an exit code as above. */
int bench_channels_next(struct bench_channels *channels, fsps_message **ret_message);

#endif
