/* SPDX-License-Identifier: MIT */
/*
 * What finding the channels of a topic costs, through the public API.
 *
 * lookup TOPIC REPEATS FRESH
 * prints one line of JSON: how many channels matched; the publisher's very first look-up, which
 * reads the home; the first look-up of a second topic, when an index may be made; a topic's first
 * look-up after that, as the mean over FRESH topics "TOPIC-N"; and a repeated look-up, as the mean
 * over REPEATS. Leaves out: making the channels.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <fsps/fsps.h>

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int refused(const char *what)
{
	fprintf(stderr, "lookup: %s: %s\n", what, fsps_last_error()->text);
	return -1;
}

/* Looks up the topic once; returns how many channels match. */
static int look_first(fsps_publisher *publisher, const char *topic, int64_t *ret_taken_ns)
{
	int64_t start_ns = now_ns();
	int matched = fsps_publisher_matched(publisher, topic);

	*ret_taken_ns = now_ns() - start_ns;
	return matched < 0 ? refused(topic) : matched;
}

/* The mean over topics that were not looked up before, numbered from start. */
static int look_fresh(fsps_publisher *publisher, const char *topic, int start, int count,
		      double *ret_mean_ns)
{
	char name[FSPS_TOPIC_MAX + 1];
	int64_t total_ns = 0;

	for (int i = 0; i < count; i++) {
		int64_t taken_ns;

		snprintf(name, sizeof name, "%.900s-%d", topic, start + i);
		if (look_first(publisher, name, &taken_ns) < 0)
			return -1;
		total_ns += taken_ns;
	}
	*ret_mean_ns = (double)total_ns / count;
	return 0;
}

static int look_again(fsps_publisher *publisher, const char *topic, int count, double *ret_mean_ns)
{
	int64_t start_ns = now_ns();

	for (int i = 0; i < count; i++) {
		if (fsps_publisher_matched(publisher, topic) < 0)
			return refused(topic);
	}
	*ret_mean_ns = (double)(now_ns() - start_ns) / count;
	return 0;
}

static int measure(fsps_publisher *publisher, const char *topic, int repeats, int fresh)
{
	double second_ns = 0;
	double again_ns = 0;
	double fresh_ns = 0;
	int64_t first_ns = 0;
	int matched = look_first(publisher, topic, &first_ns);

	if (matched < 0 || look_fresh(publisher, topic, 0, 1, &second_ns) < 0 ||
	    look_fresh(publisher, topic, 1, fresh, &fresh_ns) < 0 ||
	    look_again(publisher, topic, repeats, &again_ns) < 0)
		return 1;
	printf("{\"matched\": %d, \"first_ns\": %lld, \"second_ns\": %.0f, \"fresh_ns\": %.1f, "
	       "\"again_ns\": %.1f}\n",
	       matched, (long long)first_ns, second_ns, fresh_ns, again_ns);
	return 0;
}

int main(int argc, char **argv)
{
	fsps_publisher *publisher = NULL;
	fsps_bus *bus = NULL;
	int result = 1;

	if (argc != 4 || atoi(argv[2]) < 1 || atoi(argv[3]) < 1) {
		fprintf(stderr, "usage: lookup TOPIC REPEATS FRESH\n");
		return 2;
	}
	if (fsps_bus_open(NULL, &bus) < 0 || fsps_publisher_open(bus, NULL, &publisher) < 0)
		refused("open");
	else
		result = measure(publisher, argv[1], atoi(argv[2]), atoi(argv[3]));
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	return result;
}
