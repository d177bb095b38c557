/* SPDX-License-Identifier: MIT */
/*
 * What tests of a reader share that has a durable channel alone: it, and a publisher whose messages
 * are all frames, on buses of their own; the reader's takes no large messages. And what lies in the
 * channel.
 */
#ifndef TESTS_FAULT_READER_SCENE_H
#define TESTS_FAULT_READER_SCENE_H

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fault/work.h"
#include "store/names.h"
#include "subscribe/channel.h"

enum {
	MESSAGE_BYTES_MAX = 20000,
	LARGE_BYTES = 30000,
	FRAMES = 40,
};

struct scene {
	fsps_bus *buses[2];
	fsps_publisher *publisher;
	fsps_channel *channel;
};

static inline fsps_bus *open_small_bus(void)
{
	const struct fsps_bus_options options = {.size = sizeof options,
						 .home = fault_home(),
						 .message_bytes_max = MESSAGE_BYTES_MAX};
	fsps_bus *bus = NULL;

	ck_assert_int_eq(fsps_bus_open(&options, &bus), FSPS_OK);
	return bus;
}

static inline void attach(struct scene *scene, int delivery)
{
	scene->channel = work_attach(scene->buses[1], false, delivery);
}

static inline void scene_set(struct scene *scene, int delivery)
{
	scene->buses[0] = fault_bus();
	scene->buses[1] = open_small_bus();
	attach(scene, delivery);
	fault_use_segments();
	scene->publisher = fault_publisher(scene->buses[0]);
}

static inline void scene_clear(struct scene *scene)
{
	fsps_publisher_close(scene->publisher);
	fsps_channel_close(scene->channel);
	fsps_bus_close(scene->buses[0]);
	fsps_bus_close(scene->buses[1]);
}

static inline void publish(const struct scene *scene, unsigned number)
{
	ck_assert_int_eq(fault_publish(scene->publisher, number, NULL), 1);
}

static inline void publish_large(const struct scene *scene)
{
	static const char large[LARGE_BYTES];

	ck_assert_int_eq(
		fsps_publish(scene->publisher, FAULT_TOPIC, NULL, large, sizeof large, NULL), 1);
}

static inline fsps_message *take(const struct scene *scene)
{
	fsps_message *message = NULL;
	int r = fsps_channel_fetch(scene->channel, &message);

	ck_assert_msg(r == 1, "fetching: %d %s", r, fsps_last_error()->text);
	return message;
}

/* Takes the next one, which must be that one, and settles it. */
static inline void take_number(const struct scene *scene, unsigned number)
{
	fsps_message *message = take(scene);

	ck_assert_uint_eq(fault_number_of(message), number);
	if (fsps_message_attempt(message) > 0)
		ck_assert_int_eq(fsps_message_ack(scene->channel, message), FSPS_OK);
	fsps_message_unref(message);
}

static inline void take_nothing(const struct scene *scene)
{
	fsps_message *message = NULL;
	int r = fsps_channel_fetch(scene->channel, &message);

	ck_assert_msg(r == 0, "fetching: %d %s", r, fsps_last_error()->text);
}

static inline unsigned count(const char *prefix)
{
	return fault_count_names(WORK_CHANNEL, prefix);
}

static inline uint64_t set_aside(const struct scene *scene)
{
	struct fsps_channel_stats stats = {.size = sizeof stats};

	ck_assert_int_eq(fsps_channel_get_stats(scene->channel, &stats), FSPS_OK);
	return stats.set_aside;
}

static inline void channel_path(char *to, size_t size, const char *name)
{
	snprintf(to, size, "%s/%s/%s", fault_home(), WORK_CHANNEL, name);
}

/* Removes what has names with that prefix from the channel. */
static inline void remove_names(const char *prefix)
{
	char path[FSI_NAME_BYTES + 400];
	struct dirent *entry;
	DIR *names;

	channel_path(path, sizeof path, ".");
	names = opendir(path);
	ck_assert_ptr_nonnull(names);
	while ((entry = readdir(names)) != NULL)
		if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
			ck_assert_int_eq(unlinkat(dirfd(names), entry->d_name, 0), 0);
	ck_assert_int_eq(closedir(names), 0);
}

/* For loops over both. */
static const int scene_deliveries[] = {FSPS_AT_LEAST_ONCE, FSPS_AT_MOST_ONCE};

#endif
