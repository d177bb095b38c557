/* SPDX-License-Identifier: MIT */
/*
 * Publishes the lines of standard input on TOPIC, 64 at a time:
 *
 *     batch TOPIC
 *
 * A batch costs less than as many publishes, and wakes a subscriber that sleeps once. A message
 * that some channel refuses is told of, and those behind it go on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fsps/fsps.h>

enum { BATCH = 64 };

struct batch {
	struct fsps_outgoing messages[BATCH];
	char *lines[BATCH];
	size_t capacities[BATCH];
	size_t count;
};

/* Reads as many lines as there are, BATCH at most. Their memory is used again for the next ones. */
static void read_lines(struct batch *batch, const char *topic)
{
	batch->count = 0;
	while (batch->count < BATCH) {
		size_t i = batch->count;
		ssize_t len = getline(&batch->lines[i], &batch->capacities[i], stdin);

		if (len < 0)
			break;
		if (len > 0 && batch->lines[i][len - 1] == '\n')
			len--;
		batch->messages[i] = (struct fsps_outgoing){
			.topic = topic, .payload = batch->lines[i], .payload_len = (size_t)len};
		batch->count++;
	}
}

/* Publishes what is left of a batch, up to the first that somebody refuses. Returns the code of
 * that one, or of what else failed; 0 if all are published. */
static int publish_some(fsps_publisher *publisher, struct batch *batch, size_t *done)
{
	size_t left = batch->count - *done;
	int published = fsps_publish_batch(publisher, batch->messages + *done, left, NULL);

	if (published < 0)
		return published;
	*done += (size_t)published;
	return (size_t)published < left ? fsps_last_error()->code : 0;
}

/* Returns how many messages were refused by somebody, or another code. */
static int publish_all(fsps_publisher *publisher, struct batch *batch)
{
	size_t done = 0;
	int refused = 0;

	while (done < batch->count) {
		int code = publish_some(publisher, batch, &done);

		if (code < 0 && code != FSPS_ERR_REFUSED)
			return code;
		/* All who did not refuse it have it: it must not be published once more. */
		if (code == FSPS_ERR_REFUSED) {
			fprintf(stderr, "batch: %s\n", fsps_last_error()->text);
			refused++;
			done++;
		}
	}
	return refused;
}

static int publish_input(fsps_publisher *publisher, const char *topic)
{
	struct batch batch = {.count = 0};
	int refused = 0;
	int result;

	do {
		read_lines(&batch, topic);
		result = publish_all(publisher, &batch);
		refused += result > 0 ? result : 0;
	} while (batch.count == BATCH && result >= 0);
	for (size_t i = 0; i < BATCH; i++)
		free(batch.lines[i]);
	return result < 0 ? result : refused;
}

int main(int argc, char **argv)
{
	/* A channel that is full gets a second to make room. */
	const struct fsps_publisher_options options = {.size = sizeof options, .wait_ms = 1000};
	fsps_publisher *publisher = NULL;
	fsps_bus *bus = NULL;
	int result;

	if (argc != 2) {
		fprintf(stderr, "usage: batch TOPIC\n");
		return 2;
	}
	result = fsps_bus_open(NULL, &bus);
	if (result >= 0)
		result = fsps_publisher_open(bus, &options, &publisher);
	if (result >= 0)
		result = publish_input(publisher, argv[1]);
	if (result < 0)
		fprintf(stderr, "batch: %s\n", fsps_last_error()->text);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	return result != 0;
}
