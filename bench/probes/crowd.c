/* SPDX-License-Identifier: MIT */
/*
 * Many channels whose process is killed, and who clears up after it; through the public API.
 *
 * crowd open TOPIC COUNT
 *     opens COUNT live channels TOPIC, prints "ready" and waits to be killed. A channel takes five
 *     descriptors; the limit is raised as far as it goes
 * crowd publish TOPIC
 *     prints "ready", then publishes a message to TOPIC every few milliseconds until stdin ends;
 *     prints {"messages", "longest_ms"}: the longest that one publish took
 *
 * The home is PUBSUB_HOME.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fsps/fsps.h>

#include "common/peer.h"

enum { PERIOD_MS = 5 };

static int refused(const char *what)
{
	fprintf(stderr, "crowd: %s: %s\n", what, fsps_last_error()->text);
	return 1;
}

static int raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return peer_broken("descriptors");
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? peer_broken("descriptors") : 0;
}

static int open_channels(fsps_bus *bus, const char *topic, int count)
{
	if (raise_limit() != 0)
		return 1;
	for (int i = 0; i < count; i++) {
		/* Never closed: the process is to be killed. */
		fsps_channel *channel;

		if (fsps_channel_open(bus, topic, NULL, &channel) < 0)
			return refused("fsps_channel_open");
	}
	peer_ready();
	pause();
	return 1;
}

/* Whether the other end of stdin is still held, looked at after a pause. */
static int go_on(void)
{
	struct pollfd end = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&end, 1, PERIOD_MS) == 0;
}

static int publish(fsps_bus *bus, const char *topic)
{
	fsps_publisher *publisher = NULL;
	int64_t longest_ns = 0;
	uint64_t messages = 0;

	if (fsps_publisher_open(bus, NULL, &publisher) < 0)
		return refused("fsps_publisher_open");
	peer_ready();
	do {
		int64_t start_ns = peer_now_ns();
		int64_t taken_ns;

		if (fsps_publish(publisher, topic, NULL, "here", 4, NULL) < 0)
			return refused("fsps_publish");
		taken_ns = peer_now_ns() - start_ns;
		if (taken_ns > longest_ns)
			longest_ns = taken_ns;
		messages++;
	} while (go_on());
	fsps_publisher_close(publisher);
	printf("{\"messages\": %" PRIu64 ", \"longest_ms\": %.3f}\n", messages,
	       (double)longest_ns / 1e6);
	return fflush(stdout) == 0 ? 0 : peer_broken("stdout");
}

int main(int argc, char **argv)
{
	fsps_bus *bus = NULL;

	if (argc == 4 && strcmp(argv[1], "open") == 0)
		return fsps_bus_open(NULL, &bus) < 0 ? refused("fsps_bus_open")
						     : open_channels(bus, argv[2], atoi(argv[3]));
	if (argc == 3 && strcmp(argv[1], "publish") == 0)
		return fsps_bus_open(NULL, &bus) < 0 ? refused("fsps_bus_open")
						     : publish(bus, argv[2]);
	fprintf(stderr, "usage: crowd open TOPIC COUNT | publish TOPIC\n");
	return 2;
}
