/* SPDX-License-Identifier: MIT */
/*
 * One of a group of workers, who share the messages of a durable channel.
 *
 *     worker PATTERN NAME
 *
 * Each message names a file. The worker counts its lines and prints them. If that fails, the
 * message comes again later, up to five times, and is then a dead letter that pubsub-dead shows. A
 * file may take long: the worker says in time that it is still at it. It runs until it is killed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <fsps/fsps.h>

/* A worker that is stuck, but not dead, has its message taken away after this. */
#define DEADLINE_MS 30000

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Moves the deadline on when a third of it is over. */
static int stay(fsps_channel *channel, fsps_message *message, int64_t *last_ms)
{
	if (now_ms() - *last_ms < DEADLINE_MS / 3)
		return 0;
	*last_ms = now_ms();
	return fsps_message_extend(channel, message, 0);
}

/* Returns 0, 1 if the file can't be read (see errno), or a negative code. */
static int count_lines(fsps_channel *channel, fsps_message *message, uint64_t *lines)
{
	FILE *file = fopen(fsps_message_payload(message, NULL), "re");
	int64_t last_ms = now_ms();
	char piece[65536];
	int result = 0;
	size_t len;

	if (file == NULL)
		return 1;
	while (result == 0 && (len = fread(piece, 1, sizeof piece, file)) > 0) {
		for (size_t i = 0; i < len; i++)
			*lines += piece[i] == '\n';
		result = stay(channel, message, &last_ms);
	}
	if (result == 0 && ferror(file))
		result = 1;
	fclose(file);
	return result;
}

/* Returns 0 to go on, or a negative code. */
static int handle(fsps_channel *channel, fsps_message *message)
{
	uint64_t lines = 0;
	int result = count_lines(channel, message, &lines);

	if (result == 0) {
		printf("%s: %" PRIu64 " lines\n", (const char *)fsps_message_payload(message, NULL),
		       lines);
		fflush(stdout);
		result = fsps_message_ack(channel, message);
	} else if (result > 0) {
		result = fsps_message_nack(channel, message, FSPS_BACKOFF, strerror(errno));
	}
	/* Too late: somebody else does it, and nothing is lost. */
	return result < 0 && result != FSPS_ERR_EXPIRED ? result : 0;
}

static int loop(fsps_channel *channel)
{
	fsps_message *message = NULL;
	int result;

	while ((result = fsps_channel_receive(channel, FSPS_FOREVER, &message)) >= 0) {
		if (result == 0)
			continue; /* a signal */
		result = handle(channel, message);
		fsps_message_unref(message);
		if (result < 0)
			break;
	}
	return result;
}

int main(int argc, char **argv)
{
	struct fsps_channel_options options = {
		.size = sizeof options, .shared = 1, .deadline_ms = DEADLINE_MS};
	fsps_channel *channel = NULL;
	fsps_bus *bus = NULL;
	int result;

	if (argc != 3) {
		fprintf(stderr, "usage: worker PATTERN NAME\n");
		return 2;
	}
	options.durable = argv[2];
	result = fsps_bus_open(NULL, &bus);
	if (result >= 0)
		result = fsps_channel_open(bus, argv[1], &options, &channel);
	if (result >= 0)
		result = loop(channel);
	if (result < 0)
		fprintf(stderr, "%s\n", fsps_last_error()->text);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
	return result < 0;
}
