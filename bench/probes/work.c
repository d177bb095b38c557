/* SPDX-License-Identifier: MIT */
/*
 * What happens to a work queue: filled while nobody reads, drained by workers, left by one that was
 * killed; through the public API. The channel is durable, named "w", and at least once.
 *
 * work fill  TOPIC COUNT SIZE
 *     creates the channel and publishes COUNT messages of SIZE bytes; prints
 *     {"messages", "checksum", "seconds", ...}
 * work drain TOPIC alone|group BYTES
 *     attaches, prints "ready", waits until stdin ends; then takes and acknowledges until nothing
 *     has come for a while. For each message it computes the XXH3 of BYTES bytes, which are the
 *     same few over and over, so that a core needs no memory for it. Prints
 *     {"messages", "checksum", "redelivered", "first_s", "last_s", "work_ns", ...}: the clock at
 *     the first message and after the last acknowledgement, and what BYTES take when measured alone
 * work hold  TOPIC COUNT
 *     takes COUNT messages, prints "held" and waits to be killed
 * work watch TOPIC live|alone|group
 *     attaches (live: to a live channel), prints "ready", then the clock at each message, which it
 *     acknowledges
 *
 * The home is PUBSUB_HOME; the clock is CLOCK_MONOTONIC in seconds.
 */
#define XXH_INLINE_ALL
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include <fsps/fsps.h>

#include "common/peer.h"

enum {
	/* Longer than a message may stay unseen whose bell was lost. */
	PATIENCE_MS = 1500,
	/* Of that many runs the least counts as what the work takes. */
	TRIALS = 200,
	/* Less than a core's own cache. */
	PIECE_BYTES = 65536,
};

#define NAME "w"

/* What a worker does for a message. */
struct labour {
	unsigned char bytes[PIECE_BYTES];
	size_t size;
	int64_t least_ns;
	/* Keeps the compiler from leaving it out. */
	volatile uint64_t result;
};

struct drained {
	struct peer_tally tally;
	double first_s;
	double last_s;
};

static int refused(const char *what)
{
	fprintf(stderr, "work: %s: %s\n", what, fsps_last_error()->text);
	return 1;
}

/* ---- filling ---- */

static int publish_all(fsps_publisher *publisher, const char *topic, uint64_t count, size_t size,
		       struct peer_tally *tally)
{
	unsigned char *payload = calloc(1, size);
	int reached = 1;

	if (payload == NULL)
		return peer_broken("payload");
	tally->start_s = peer_now_s();
	for (uint64_t i = 0; i < count && reached == 1; i++) {
		peer_fill(payload, size, i);
		reached = fsps_publish(publisher, topic, NULL, payload, size, NULL);
		peer_published(tally, i);
	}
	tally->end_s = peer_now_s();
	free(payload);
	return reached == 1 ? 0 : refused("fsps_publish");
}

static int fill(fsps_bus *bus, char **argv)
{
	struct fsps_publisher_options options = {.size = sizeof options, .wait_ms = FSPS_FOREVER};
	uint64_t count = strtoull(argv[3], NULL, 10);
	size_t size = strtoul(argv[4], NULL, 10);
	fsps_publisher *publisher = NULL;
	struct peer_tally tally = {0};
	int result;

	if (size < PEER_SIZE_MIN)
		return 2;
	if (fsps_durable_create(bus, argv[2], NAME) < 0)
		return refused("fsps_durable_create");
	if (fsps_publisher_open(bus, &options, &publisher) < 0)
		return refused("fsps_publisher_open");
	result = publish_all(publisher, argv[2], count, size, &tally);
	fsps_publisher_close(publisher);
	if (result != 0)
		return result;
	printf("{\"messages\": %" PRIu64 ", \"checksum\": \"%016" PRIx64 "\", \"seconds\": %.6f",
	       tally.messages, tally.checksum, tally.end_s - tally.start_s);
	return peer_print_usage();
}

/* ---- reading ---- */

static int attach(fsps_bus *bus, const char *topic, const char *who, fsps_channel **ret_channel)
{
	struct fsps_channel_options options = {.size = sizeof options,
					       .durable = strcmp(who, "live") == 0 ? NULL : NAME,
					       .shared = strcmp(who, "group") == 0};

	return fsps_channel_open(bus, topic, &options, ret_channel) < 0
		       ? refused("fsps_channel_open")
		       : 0;
}

static void work(struct labour *labour)
{
	size_t left = labour->size;

	while (left > 0) {
		size_t piece = left < PIECE_BYTES ? left : PIECE_BYTES;

		labour->result ^= XXH3_64bits(labour->bytes, piece);
		left -= piece;
	}
}

static void try_work(struct labour *labour)
{
	labour->least_ns = INT64_MAX;
	/* Pages that nobody wrote to would all be the same one. */
	memset(labour->bytes, 1, sizeof labour->bytes);
	for (int i = 0; i < TRIALS; i++) {
		int64_t start_ns = peer_now_ns();
		int64_t taken_ns;

		work(labour);
		taken_ns = peer_now_ns() - start_ns;
		if (taken_ns < labour->least_ns)
			labour->least_ns = taken_ns;
	}
}

static int take_all(fsps_channel *channel, struct labour *labour, struct drained *drained)
{
	fsps_message *message;
	int got;

	while ((got = fsps_channel_receive(channel, PATIENCE_MS, &message)) == 1) {
		size_t size;
		const void *payload = fsps_message_payload(message, &size);

		if (drained->tally.messages == 0)
			drained->first_s = peer_now_s();
		peer_received(&drained->tally, payload, size);
		work(labour);
		got = fsps_message_ack(channel, message);
		fsps_message_unref(message);
		if (got < 0)
			return refused("fsps_message_ack");
		drained->last_s = peer_now_s();
	}
	return got < 0 ? refused("fsps_channel_receive") : 0;
}

/* The start signal: whoever holds the other end of stdin closes it. */
static void wait_for_start(void)
{
	char byte;

	peer_ready();
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
}

static int drain(fsps_bus *bus, char **argv)
{
	struct fsps_channel_stats stats = {.size = sizeof stats};
	struct labour labour = {.size = strtoul(argv[4], NULL, 10)};
	struct drained drained = {.last_s = 0};
	fsps_channel *channel = NULL;
	int result;

	try_work(&labour);
	if (attach(bus, argv[2], argv[3], &channel) != 0)
		return 1;
	wait_for_start();
	result = take_all(channel, &labour, &drained);
	if (result == 0 && fsps_channel_get_stats(channel, &stats) < 0)
		result = refused("fsps_channel_get_stats");
	fsps_channel_close(channel);
	if (result != 0)
		return result;
	printf("{\"messages\": %" PRIu64 ", \"checksum\": \"%016" PRIx64 "\", \"redelivered\": "
	       "%" PRIu64 ", \"first_s\": %.9f, \"last_s\": %.9f, \"work_ns\": %" PRId64,
	       drained.tally.messages, drained.tally.checksum, stats.redelivered, drained.first_s,
	       drained.last_s, labour.size > 0 ? labour.least_ns : 0);
	return peer_print_usage();
}

/* What it takes is never given back: this process is to be killed. */
static int hold(fsps_bus *bus, char **argv)
{
	uint64_t count = strtoull(argv[3], NULL, 10);
	fsps_channel *channel = NULL;
	fsps_message *message;

	if (attach(bus, argv[2], "alone", &channel) != 0)
		return 1;
	for (uint64_t i = 0; i < count; i++) {
		if (fsps_channel_receive(channel, PATIENCE_MS, &message) != 1)
			return refused("fsps_channel_receive");
	}
	puts("held");
	fflush(stdout);
	pause();
	return 1;
}

static int watch(fsps_bus *bus, char **argv)
{
	bool settles = strcmp(argv[3], "live") != 0;
	fsps_channel *channel = NULL;
	fsps_message *message;
	int got;

	if (attach(bus, argv[2], argv[3], &channel) != 0)
		return 1;
	peer_ready();
	while ((got = fsps_channel_receive(channel, FSPS_FOREVER, &message)) >= 0) {
		if (got == 0)
			continue;
		printf("%.9f\n", peer_now_s());
		fflush(stdout);
		if (settles && fsps_message_ack(channel, message) < 0)
			return refused("fsps_message_ack");
		fsps_message_unref(message);
	}
	return refused("fsps_channel_receive");
}

/* ---- the command line ---- */

static const struct {
	const char *name;
	int arguments;
	int (*run)(fsps_bus *bus, char **argv);
} verbs[] = {
	{"fill", 5, fill},
	{"drain", 5, drain},
	{"hold", 4, hold},
	{"watch", 4, watch},
};

int main(int argc, char **argv)
{
	fsps_bus *bus = NULL;

	for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof verbs[0]; i++) {
		if (strcmp(argv[1], verbs[i].name) != 0 || argc != verbs[i].arguments)
			continue;
		if (fsps_bus_open(NULL, &bus) < 0)
			return refused("fsps_bus_open");
		/* The bus goes with the process: hold is never to close what it has. */
		return verbs[i].run(bus, argv);
	}
	fprintf(stderr, "usage: work fill TOPIC COUNT SIZE | drain TOPIC alone|group BYTES | "
			"hold TOPIC COUNT | watch TOPIC live|alone|group\n");
	return 2;
}
