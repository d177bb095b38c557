/* SPDX-License-Identifier: MIT */
/*
 * Files in a channel made by hand, as readers would leave them: claimed, delayed, dead; and durable
 * channels to put them into.
 */
#ifndef TESTS_API_WORK_FILES_H
#define TESTS_API_WORK_FILES_H

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "api/fixture.h"
#include "api/pmsg.h"

#define WORK_MEMBER "AbCdEf012345"

/* Makes a durable channel of pattern "a" and answers its name, which is static. */
static inline const char *work_durable(fsps_bus *bus, const char *name)
{
	static char channel[64];

	ck_assert_int_eq(fsps_durable_create(bus, "a", name), 1);
	snprintf(channel, sizeof channel, "a_%s", name);
	return channel;
}

/* Puts a message of that ID into a file of a channel. */
static inline void work_put(const char *channel, const char *file, uint64_t id, const char *topic,
			    const char *payload)
{
	unsigned char bytes[4096];
	size_t length;

	ck_assert_uint_lt(PMSG_FIXED_BYTES + strlen(topic) + strlen(payload) + 64, sizeof bytes);
	length = pmsg_build(bytes, id, topic, "{\"k\":1}", payload);
	fixture_write(fixture_path("%s/%s", channel, file), bytes, length);
}

/* Locks a channel's directory, as those who read from it do. Close what it answers. */
static inline int work_lock(const char *channel, int operation)
{
	int fd = open(fixture_path("%s", channel), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(flock(fd, operation | LOCK_NB), 0);
	return fd;
}

#endif
