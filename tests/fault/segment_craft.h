/* SPDX-License-Identifier: MIT */
/*
 * Segments made by hand, to be spoiled: three frames whose messages are "one", "two" and "three",
 * written down here independently of the library's own writer, and put into the channel that each
 * test has.
 */
#ifndef TESTS_FAULT_SEGMENT_CRAFT_H
#define TESTS_FAULT_SEGMENT_CRAFT_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/pmsg.h"
#include "fault/fault.h"

enum {
	CRAFT_BYTES = 16384,
	CRAFT_KEY = 5000,
	CRAFT_GENERATION = 3,
	CRAFT_FRAMES = 3,
	/* Where the header's fields stand. */
	CRAFT_AT_VERSION = 4,
	CRAFT_AT_KEY = 8,
	CRAFT_AT_GENERATION = 16,
	CRAFT_AT_BYTES = 24,
	CRAFT_AT_ALLOCATED = 32,
	CRAFT_AT_MEMBER = 40,
	CRAFT_START = 64,
	/* And a frame's. */
	CRAFT_FRAME_AT_PADDING = 12,
	CRAFT_FRAME_AT_BODY = 24,
};

struct crafted {
	unsigned char *bytes;
	size_t length;
	/* Where each frame begins, and where the next one would. */
	size_t frames[CRAFT_FRAMES + 1];
};

static inline void craft_u32(struct crafted *crafted, size_t at, uint32_t value)
{
	memcpy(crafted->bytes + at, &value, sizeof value);
}

static inline void craft_u64(struct crafted *crafted, size_t at, uint64_t value)
{
	memcpy(crafted->bytes + at, &value, sizeof value);
}

static inline uint64_t craft_word(uint32_t generation, uint32_t length)
{
	return (uint64_t)generation << 32 | length;
}

/* Writes a frame with a message and returns where the next one begins. */
static inline size_t craft_frame(struct crafted *crafted, size_t at, uint64_t id, const char *text)
{
	size_t length =
		pmsg_build(crafted->bytes + at + CRAFT_FRAME_AT_BODY, id, FAULT_TOPIC, "", text);

	craft_u64(crafted, at, craft_word(CRAFT_GENERATION, (uint32_t)length));
	return (at + CRAFT_FRAME_AT_BODY + length + 1 + 7) & ~(size_t)7;
}

static inline struct crafted craft(size_t length)
{
	static const char *const texts[CRAFT_FRAMES] = {"one", "two", "three"};
	struct crafted crafted = {.bytes = calloc(1, length + 64), .length = length};
	size_t at = CRAFT_START;

	ck_assert_ptr_nonnull(crafted.bytes);
	memcpy(crafted.bytes, "GPSF", 4);
	craft_u32(&crafted, CRAFT_AT_VERSION, 1);
	craft_u64(&crafted, CRAFT_AT_KEY, CRAFT_KEY);
	craft_u32(&crafted, CRAFT_AT_GENERATION, CRAFT_GENERATION);
	craft_u64(&crafted, CRAFT_AT_BYTES, length);
	craft_u64(&crafted, CRAFT_AT_ALLOCATED, length);
	memcpy(crafted.bytes + CRAFT_AT_MEMBER, "CraftedByUs1", 12);
	for (unsigned i = 0; i < CRAFT_FRAMES; i++) {
		crafted.frames[i] = at;
		at = craft_frame(&crafted, at, 1001 + i, texts[i]);
	}
	crafted.frames[CRAFT_FRAMES] = at;
	craft_u64(&crafted, at, craft_word(CRAFT_GENERATION, UINT32_MAX));
	return crafted;
}

static inline void craft_path(fsps_channel *channel, const char *name, char *to, size_t size)
{
	snprintf(to, size, "%s/%s/%s", fault_home(), fsps_channel_name(channel), name);
}

/* Puts it into a channel under a name. Returns the file, open; the bytes are freed. */
static inline int craft_put(struct crafted *crafted, fsps_channel *channel, const char *name)
{
	char path[800];
	int fd;

	craft_path(channel, name, path, sizeof path);
	fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, crafted->bytes, crafted->length), (ssize_t)crafted->length);
	free(crafted->bytes);
	crafted->bytes = NULL;
	return fd;
}

/* Rings for it as its publisher would. */
static inline void craft_ring(fsps_channel *channel)
{
	fault_ring(channel, UINT64_C(1) << 63 | CRAFT_KEY);
}

#define CRAFT_NAME ".s-5000-64"

/* The lock file of who made it, which nobody holds: so it is dead for certain. */
static inline void craft_dead_member(void)
{
	char path[600];
	int fd;

	snprintf(path, sizeof path, "%s/.fsps/w-CraftedByUs1", fault_home());
	fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

/* ---- a test's channel ---- */

static fsps_bus *bus;
static fsps_channel *channel;

static inline void set_up(void)
{
	bus = fault_bus();
	channel = fault_channel(bus, FAULT_TOPIC);
	ck_assert_int_eq(fault_fetch(channel), -1);
	craft_dead_member();
}

static inline void tear_down(void)
{
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

static inline fsps_publisher *open_fast_publisher(void)
{
	fsps_publisher *publisher;

	ck_assert_int_eq(setenv("FSPS_LANE", "fast", 1), 0);
	publisher = fault_publisher(bus);
	return publisher;
}

/* Fetches all that comes now; the texts, one behind the other. */
static inline void expect_texts(const char *expected)
{
	fsps_message *message = NULL;
	char texts[200] = "";
	int r;

	while ((r = fsps_channel_fetch(channel, &message)) == 1) {
		ck_assert_uint_lt(strlen(texts), 100);
		strcat(strcat(texts, fsps_message_payload(message, NULL)), " ");
		fsps_message_unref(message);
	}
	ck_assert_msg(r == 0, "fetch: %s", fsps_last_error()->text);
	ck_assert_str_eq(texts, expected);
}

static inline uint64_t set_aside(void)
{
	struct fsps_channel_stats stats = {.size = sizeof stats};

	ck_assert_int_eq(fsps_channel_get_stats(channel, &stats), FSPS_OK);
	return stats.set_aside;
}

/* Nothing of it is left under its name, and who publishes in the usual way gets through. */
static inline void expect_going_on(void)
{
	fsps_publisher *publisher = open_fast_publisher();

	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(fault_publish(publisher, i, NULL), 1);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(fault_fetch(channel), i);
	ck_assert_int_eq(fault_fetch(channel), -1);
	fsps_publisher_close(publisher);
	ck_assert_int_eq(fault_fetch(channel), -1);
	ck_assert_uint_eq(fault_count_names(fsps_channel_name(channel), ".s-"), 0);
}

/* Puts it under its name, rings or lets the reader look, and closes it. */
static inline void show(struct crafted *crafted)
{
	close(craft_put(crafted, channel, CRAFT_NAME));
	craft_ring(channel);
}

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof(array)[0]))

#endif
