/* SPDX-License-Identifier: MIT */
/* Implements plain.h. */
#include "plain.h"

#include <endian.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/fixture.h"

struct plain_channel plain_create(const char *pattern, long pid)
{
	static unsigned number;
	struct plain_channel channel = {.fd = -1, .watch_fd = -1};

	snprintf(channel.name, sizeof channel.name, "%s_plain%07u_%ld", pattern, number++, pid);
	ck_assert_int_eq(mkdir(fixture_path("%s", channel.name), 0755), 0);
	ck_assert_int_eq(mkfifo(fixture_path("%s/queue", channel.name), 0660), 0);
	return channel;
}

void plain_open(struct plain_channel *channel)
{
	channel->fd =
		open(fixture_path("%s/queue", channel->name), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(channel->fd, 0);
	channel->watch_fd = inotify_init1(IN_CLOEXEC);
	ck_assert_int_ge(
		inotify_add_watch(channel->watch_fd, fixture_path("%s", channel->name), IN_DELETE),
		0);
}

struct plain_channel plain_subscribe(const char *pattern)
{
	struct plain_channel channel = plain_create(pattern, (long)getpid());

	plain_open(&channel);
	return channel;
}

void plain_fill(const struct plain_channel *channel)
{
	int fd = open(fixture_path("%s/queue", channel->name), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	uint64_t zero = 0;

	ck_assert_int_ge(fd, 0);
	while (write(fd, &zero, sizeof zero) == (ssize_t)sizeof zero)
		;
	close(fd);
}

int plain_drain(const struct plain_channel *channel)
{
	uint64_t record;
	int count = 0;

	while (read(channel->fd, &record, sizeof record) == (ssize_t)sizeof record)
		count++;
	return count;
}

uint64_t plain_next(const struct plain_channel *channel)
{
	uint64_t record = 0;

	ck_assert_int_eq(read(channel->fd, &record, sizeof record), (ssize_t)sizeof record);
	return be64toh(record);
}

void plain_close(struct plain_channel *channel)
{
	close(channel->fd);
	close(channel->watch_fd);
	fixture_remove(fixture_path("%s", channel->name));
}
