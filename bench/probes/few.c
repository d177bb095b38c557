/* SPDX-License-Identifier: MIT */
/*
 * A program that publishes a few messages and ends: its whole life is what is measured, by
 * probes/launch.
 *
 * few LANE TOPIC COUNT SIZE SUBSCRIBERS
 * publishes COUNT messages of SIZE bytes; LANE is "plain" or "fast" as in FSPS_LANE, or "default".
 * Fails unless each message reaches as many channels as there are subscribers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fsps/fsps.h>

enum { SIZE_MAX_BYTES = 65536 };

static int refused(const char *what)
{
	fprintf(stderr, "few: %s: %s\n", what, fsps_last_error()->text);
	return 1;
}

static int publish(fsps_publisher *publisher, char **argv)
{
	static const char payload[SIZE_MAX_BYTES];
	const char *topic = argv[2];
	int count = atoi(argv[3]);
	size_t size = strtoul(argv[4], NULL, 10);
	int subscribers = atoi(argv[5]);

	if (size > sizeof payload)
		size = sizeof payload;
	for (int i = 0; i < count; i++) {
		int reached = fsps_publish(publisher, topic, NULL, payload, size, NULL);

		if (reached < 0)
			return refused("fsps_publish");
		if (reached != subscribers) {
			fprintf(stderr, "few: %d channels instead of %d\n", reached, subscribers);
			return 1;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	fsps_publisher *publisher = NULL;
	fsps_bus *bus = NULL;
	int result;

	if (argc != 6) {
		fprintf(stderr, "usage: few LANE TOPIC COUNT SIZE SUBSCRIBERS\n");
		return 2;
	}
	if (strcmp(argv[1], "default") != 0 && setenv("FSPS_LANE", argv[1], 1) < 0) {
		perror("few: FSPS_LANE");
		return 1;
	}
	if (fsps_bus_open(NULL, &bus) < 0 || fsps_publisher_open(bus, NULL, &publisher) < 0)
		result = refused("open");
	else
		result = publish(publisher, argv);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	return result;
}
