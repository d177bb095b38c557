/* SPDX-License-Identifier: MIT */
/* Implements bench/sender.h. */
#include "bench/sender.h"

#include <stdlib.h>
#include <string.h>

#include "cli/fail.h"
#include "cli/status.h"

/* What fills payloads at first, so that their pages are there. */
enum { FILL = 'b' };

static int allocate(struct bench_sender *sender, size_t count)
{
	sender->batch_max = count;
	sender->payloads = reallocarray(NULL, count, sender->size);
	sender->batch = calloc(count, sizeof *sender->batch);
	if (sender->payloads == NULL || sender->batch == NULL)
		return cli_fail(CLI_ERROR, "no memory for %zu payloads of %zu bytes", count,
				sender->size);
	memset(sender->payloads, FILL, count * sender->size);
	for (size_t i = 0; i < count; i++)
		sender->batch[i] = (struct fsps_outgoing){
			.topic = sender->topic,
			.payload = sender->payloads + i * sender->size,
			.payload_len = sender->size,
		};
	return 0;
}

/* A publisher that does not see all channels would measure too little. */
static int check_matched(const struct bench_sender *sender)
{
	int matched = fsps_publisher_matched(sender->publisher, sender->topic);

	if (matched < 0)
		return cli_fail_library(matched, NULL);
	if (matched < sender->wanted)
		return cli_fail(CLI_ERROR, "'%s' has %d channels instead of %d", sender->topic,
				matched, sender->wanted);
	return 0;
}

int bench_sender_open(struct bench_sender *sender, fsps_bus *bus, const struct bench_job *job,
		      const char *topic, size_t wanted)
{
	const struct fsps_publisher_options options = {
		.size = sizeof options, .wait_ms = FSPS_FOREVER, .sync = job->options->sync};
	int result;

	*sender = (struct bench_sender){
		.way = job->options->way,
		.topic = topic,
		.size = job->what->size,
		.touch = job->options->touch,
		.wanted = (int)wanted,
	};
	/* Round trips are never published together. */
	if (sender->way == BENCH_BATCH && job->what->mode == BENCH_LATENCY)
		sender->way = BENCH_PLAIN;
	result = fsps_publisher_open(bus, &options, &sender->publisher);
	if (result == FSPS_OK && sender->way == BENCH_PREPARED)
		result = fsps_prepare(sender->publisher, topic, NULL, &sender->prepared);
	if (result < 0)
		return cli_fail_library(result, NULL);
	result = allocate(sender, sender->way == BENCH_BATCH ? (size_t)job->options->batch : 1);
	return result != 0 ? result : check_matched(sender);
}

void bench_sender_close(struct bench_sender *sender)
{
	fsps_prepared_free(sender->prepared);
	fsps_publisher_close(sender->publisher);
	free(sender->batch);
	free(sender->payloads);
}

/* What a publish answered. */
static int check_reached(const struct bench_sender *sender, int reached)
{
	if (reached >= sender->wanted)
		return 0;
	if (reached < 0)
		return cli_fail_library(reached, "publishing");
	return cli_fail(CLI_ERROR, "a message reached %d channels instead of %d", reached,
			sender->wanted);
}

static int put_in_place(const struct bench_sender *sender, const struct bench_stamp *stamp)
{
	void *payload;
	int result = fsps_reserve(sender->publisher, sender->topic, NULL, sender->size, &payload);

	if (result < 0)
		return cli_fail_library(result, "reserving");
	bench_stamp_write(stamp, payload, sender->size, sender->touch);
	return check_reached(sender, fsps_commit(sender->publisher, sender->size, NULL));
}

int bench_sender_flush(struct bench_sender *sender)
{
	size_t count = sender->batch_count;
	int sent;

	if (count == 0)
		return 0;
	sender->batch_count = 0;
	sent = fsps_publish_batch(sender->publisher, sender->batch, count, NULL);
	if (sent < 0)
		return cli_fail_library(sent, "publishing");
	if ((size_t)sent < count)
		return cli_fail(CLI_ERROR, "publishing: %s", fsps_last_error()->text);
	return 0;
}

static int put_in_batch(struct bench_sender *sender, const struct bench_stamp *stamp)
{
	unsigned char *payload = sender->payloads + sender->batch_count * sender->size;

	bench_stamp_write(stamp, payload, sender->size, sender->touch);
	sender->batch_count++;
	return sender->batch_count < sender->batch_max ? 0 : bench_sender_flush(sender);
}

int bench_sender_put(struct bench_sender *sender, const struct bench_stamp *stamp)
{
	if (sender->way == BENCH_IN_PLACE)
		return put_in_place(sender, stamp);
	if (sender->way == BENCH_BATCH)
		return put_in_batch(sender, stamp);
	bench_stamp_write(stamp, sender->payloads, sender->size, sender->touch);
	if (sender->way == BENCH_PREPARED)
		return check_reached(sender,
				     fsps_publish_prepared(sender->prepared, sender->payloads,
							   sender->size, NULL));
	return check_reached(sender, fsps_publish(sender->publisher, sender->topic, NULL,
						  sender->payloads, sender->size, NULL));
}
