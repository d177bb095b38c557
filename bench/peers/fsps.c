/* SPDX-License-Identifier: MIT */
/*
 * The peer that all others are compared with: libfsps through its public API alone, one
 * fsps_publish() a message and one fsps_channel_receive() a message, with default options.
 */
#include "peers/peer.h"

#include <stdio.h>
#include <stdlib.h>

#include <fsps/fsps.h>

enum { SUBSCRIBERS_WAIT_MS = 30000 };

static int refused(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, fsps_last_error()->text);
	return 1;
}

static int publish_all(fsps_publisher *publisher, const struct peer_job *job,
		       struct peer_tally *tally)
{
	unsigned char *payload = calloc(1, job->size);

	if (payload == NULL)
		return peer_broken("payload");
	tally->start_s = peer_now_s();
	for (uint64_t i = 0; i < job->count; i++) {
		peer_fill(payload, job->size, i);
		if (fsps_publish(publisher, job->topic, NULL, payload, job->size, NULL) !=
		    job->subscribers)
			tally->lost++;
		peer_published(tally, i);
	}
	tally->end_s = peer_now_s();
	free(payload);
	return 0;
}

static int publish(fsps_bus *bus, const struct peer_job *job, struct peer_tally *tally)
{
	fsps_publisher *publisher = NULL;
	int result = 1;

	if (fsps_publisher_open(bus, NULL, &publisher) < 0)
		return refused("fsps_publisher_open");
	if (fsps_publisher_wait_subscribers(publisher, job->topic, job->subscribers,
					    SUBSCRIBERS_WAIT_MS) < 0)
		result = refused("fsps_publisher_wait_subscribers");
	else
		result = publish_all(publisher, job, tally);
	fsps_publisher_close(publisher);
	return result;
}

static int receive_all(fsps_channel *channel, const struct peer_job *job, struct peer_tally *tally)
{
	while (tally->messages < job->count) {
		fsps_message *message = NULL;
		const unsigned char *payload;
		size_t size;
		int got = fsps_channel_receive(channel, peer_patience_ms(tally), &message);

		if (got < 0)
			return refused("fsps_channel_receive");
		if (got == 0)
			break;
		payload = fsps_message_payload(message, &size);
		peer_received(tally, payload, size);
		fsps_message_unref(message);
		tally->end_s = peer_now_s();
	}
	tally->lost = job->count - tally->messages;
	return 0;
}

static int subscribe(fsps_bus *bus, const struct peer_job *job, struct peer_tally *tally)
{
	fsps_channel *channel = NULL;
	int result;

	if (fsps_channel_open(bus, job->topic, NULL, &channel) < 0)
		return refused("fsps_channel_open");
	peer_ready();
	result = receive_all(channel, job, tally);
	fsps_channel_close(channel);
	return result;
}

int main(int argc, char **argv)
{
	struct peer_tally tally = {0};
	struct peer_job job;
	fsps_bus *bus = NULL;
	int result;

	if (peer_parse(argc, argv, &job) < 0)
		return 2;
	if (fsps_bus_open(NULL, &bus) < 0)
		return refused("fsps_bus_open");
	result = job.publish ? publish(bus, &job, &tally) : subscribe(bus, &job, &tally);
	fsps_bus_close(bus);
	return result != 0 ? result : peer_report(&job, &tally);
}
