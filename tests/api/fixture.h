/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the public API share: a home of each test's own on tmpfs, removed whatever
 * becomes of the test; a look for leaked descriptors at its end; and short forms of what every
 * test does, which fail the test when they fail.
 *
 * Each test runs in a process of its own (check's fork mode), so the state here is global.
 */
#ifndef TESTS_API_FIXTURE_H
#define TESTS_API_FIXTURE_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fsps/fsps.h>

enum {
	FIXTURE_PATH_BYTES = 512,
	/* How long what must come may take until the test fails. */
	FIXTURE_PATIENCE_MS = 20000,
};

/* The test's home: a path below a directory of its own, at which nothing is yet. */
extern char fixture_home[FIXTURE_PATH_BYTES];

/* Adds a test case with the fixture to a suite. */
TCase *fixture_tcase(Suite *suite, const char *name);

/* A path in the home: formatted, behind "<home>/". Valid until the fourth next call. */
const char *fixture_path(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- the library, where it has to work ---- */

fsps_bus *fixture_open_bus(void);
fsps_channel *fixture_subscribe(fsps_bus *bus, const char *pattern);
fsps_publisher *fixture_open_publisher(fsps_bus *bus);
/* Publishes a text without headers; answers what fsps_publish() answers. */
int fixture_publish(fsps_publisher *publisher, const char *topic, const char *text);
/* Publishes until it answers what is expected. A publisher that has begun with segments need not
 * notice at once what formix-pubsub, other users or a removal of the home changed, but within a
 * millisecond of the wall clock; one that has not must answer it the first time. */
void fixture_publish_until(fsps_publisher *publisher, const char *topic, const char *text,
			   int expected);
/* The next message, which must come in time. */
fsps_message *fixture_receive(fsps_channel *channel);
/* The next message must come in time and be this text. */
void fixture_expect(fsps_channel *channel, const char *text);
/* Nothing waits. */
void fixture_expect_nothing(fsps_channel *channel);
struct fsps_channel_stats fixture_stats(fsps_channel *channel);
/* The home's only channel as others see it; an inbox beside it is left out. Its strings are void.
 */
struct fsps_channel_info fixture_info(fsps_bus *bus);

/* ---- lanes ---- */

/* Test programs run several times, with FSPS_LANE in the environment. */
enum fixture_lane {
	/* As it is: a publisher's first messages go as files, the others into segments. */
	FIXTURE_LANE_BOTH,
	FIXTURE_LANE_PLAIN,
	FIXTURE_LANE_FAST,
};

enum fixture_lane fixture_lane(void);
/* A publisher each of whose messages is a file, whatever the lane: for tests about files. */
fsps_publisher *fixture_open_file_publisher(fsps_bus *bus);

/* ---- files ---- */

bool fixture_exists(const char *path);
/* The file's mode bits, or the test fails. */
unsigned fixture_mode(const char *path);
/* How many names in a directory begin with prefix. A directory that is missing has none. */
size_t fixture_count(const char *directory, const char *prefix);
/* The first name in a directory that begins with prefix, or the test fails. Static. */
const char *fixture_find(const char *directory, const char *prefix);
void fixture_write(const char *path, const void *bytes, size_t length);
/* Removes a file, or a directory with all that is in it. */
void fixture_remove(const char *path);

/* ---- waiting ---- */

bool fixture_readable(int fd, int timeout_ms);
int64_t fixture_now_ms(void);

#endif
