/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the fast lane share: numbered messages, which lane a publisher takes, and what
 * of segments there is to see in the home.
 */
#ifndef TESTS_API_LANE_H
#define TESTS_API_LANE_H

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "api/fixture.h"

/* Publishers that are opened from now on use segments from their first message on ("fast"), never
 * ("plain"), or as they like (NULL). */
static inline void lane_force(const char *lane)
{
	if (lane == NULL)
		ck_assert_int_eq(unsetenv("FSPS_LANE"), 0);
	else
		ck_assert_int_eq(setenv("FSPS_LANE", lane, 1), 0);
}

/* One that uses segments from its first message on. */
static inline fsps_publisher *lane_open_publisher(fsps_bus *bus)
{
	fsps_publisher *publisher;

	lane_force("fast");
	publisher = fixture_open_publisher(bus);
	lane_force(NULL);
	return publisher;
}

static inline fsps_channel *lane_subscribe(fsps_bus *bus, const char *pattern, uint64_t limit_bytes)
{
	const struct fsps_channel_options options = {.size = sizeof options,
						     .limit_bytes = limit_bytes};
	fsps_channel *channel = NULL;

	ck_assert_int_eq(fsps_channel_open(bus, pattern, &options, &channel), FSPS_OK);
	return channel;
}

/* ---- numbered messages ---- */

/* Every byte of one follows from its number. */
static inline void lane_fill(unsigned char *to, size_t length, uint32_t number)
{
	for (size_t i = 0; i < length; i++)
		to[i] = (unsigned char)(number * 31 + i * 7 + i / 251);
	memcpy(to, &number, sizeof number);
}

/* Answers what fsps_publish() answers. length: 4 at least. */
static inline int lane_publish(fsps_publisher *publisher, const char *topic, uint32_t number,
			       size_t length, fsps_receipt *receipt)
{
	static unsigned char payload[1 << 20];

	ck_assert_uint_le(length, sizeof payload);
	lane_fill(payload, length, number);
	return fsps_publish(publisher, topic, NULL, payload, length, receipt);
}

/* The number of a message, all of which must be as it was published. */
static inline uint32_t lane_number_of(const fsps_message *message)
{
	static unsigned char expected[1 << 20];
	size_t length = 0;
	const void *payload = fsps_message_payload(message, &length);
	uint32_t number;

	ck_assert_uint_ge(length, sizeof number);
	ck_assert_uint_le(length, sizeof expected);
	memcpy(&number, payload, sizeof number);
	lane_fill(expected, length, number);
	ck_assert_mem_eq(payload, expected, length);
	return number;
}

/* The next message, which must come in time and be that one. */
static inline void lane_expect(fsps_channel *channel, uint32_t number)
{
	fsps_message *message = fixture_receive(channel);

	ck_assert_uint_eq(lane_number_of(message), number);
	fsps_message_unref(message);
}

/* Messages first to first + count - 1, in their order. */
static inline void lane_expect_all(fsps_channel *channel, uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		lane_expect(channel, first + i);
}

/* ---- what is to be seen ---- */

/* How many segments lie in a channel. */
static inline size_t lane_segments(const fsps_channel *channel)
{
	return fixture_count(fixture_path("%s", fsps_channel_name(channel)), ".s-");
}

/* How many messages lie in files of their own: their names are numbers. */
static inline size_t lane_files(const fsps_channel *channel)
{
	size_t count = 0;
	char digit[2] = "0";

	for (digit[0] = '1'; digit[0] <= '9'; digit[0]++)
		count += fixture_count(fixture_path("%s", fsps_channel_name(channel)), digit);
	return count;
}

/* The bytes of memory that the home's file system has given to a file. */
static inline size_t lane_memory_of(const char *path)
{
	struct stat status;

	ck_assert_int_eq(lstat(path, &status), 0);
	return (size_t)status.st_blocks * 512;
}

/* The one segment that a channel has. */
static inline const char *lane_segment_path(const fsps_channel *channel)
{
	const char *directory = fixture_path("%s", fsps_channel_name(channel));

	return fixture_path("%s/%s", fsps_channel_name(channel), fixture_find(directory, ".s-"));
}

#endif
