/* SPDX-License-Identifier: MIT */
/*
 * An effect that happens once, although a message may come more than once.
 *
 *     exactly_once PATTERN NAME DIRECTORY
 *
 * is a worker of the durable channel NAME. It makes one file in DIRECTORY for each message, called
 * by the message's ID, with the payload in it, and prints the ID of each that is new. It runs until
 * it is killed, which may be done at any moment and in any way. Any number of them may run at once.
 *
 * docs/recipes/exactly-once-effect.md says why this is right.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fsps/fsps.h>

/* The work: here it copies the payload. It may take long, and may be cut short anywhere. */
static int work(int fd, const fsps_message *message)
{
	size_t left = 0;
	const char *from = fsps_message_payload(message, &left);

	while (left > 0) {
		ssize_t written = write(fd, from, left);

		if (written < 0 && errno != EINTR)
			return -1;
		if (written > 0) {
			from += written;
			left -= (size_t)written;
		}
	}
	return fsync(fd); /* on disk before it has a name */
}

/* Gives the finished file its name. Returns 1 if this was the effect, 0 if it was there, or -1. */
static int link_once(const char *temporary, int directory, const char *name)
{
	if (linkat(AT_FDCWD, temporary, directory, name, 0) == 0)
		return 1;
	return errno == EEXIST ? 0 : -1;
}

/* As link_once(). */
static int have_effect(const char *path, int directory, const fsps_message *message)
{
	char temporary[4096];
	char name[32];
	int result = -1;
	int fd;

	if (snprintf(temporary, sizeof temporary, "%s/.work-XXXXXX", path) >=
	    (int)sizeof temporary) {
		errno = ENAMETOOLONG;
		return -1;
	}
	snprintf(name, sizeof name, "%016" PRIu64, fsps_message_id(message));
	fd = mkstemp(temporary);
	if (fd < 0)
		return -1;
	if (work(fd, message) == 0)
		result = link_once(temporary, directory, name);
	close(fd);
	unlink(temporary);
	/* Also if the file was there: who made it may have been killed before this. */
	if (result >= 0 && fsync(directory) < 0)
		return -1;
	return result;
}

/* Returns 0 to go on, or a negative code. */
static int handle(fsps_channel *channel, fsps_message *message, const char *path, int directory)
{
	int result = have_effect(path, directory, message);

	if (result < 0) {
		result = fsps_message_nack(channel, message, FSPS_BACKOFF, strerror(errno));
	} else {
		if (result > 0)
			printf("%016" PRIu64 "\n", fsps_message_id(message));
		fflush(stdout);
		result = fsps_message_ack(channel, message);
	}
	/* Too late is no failure: the message comes again, and finds that its file is there. */
	return result < 0 && result != FSPS_ERR_EXPIRED ? result : 0;
}

static int loop(fsps_channel *channel, const char *path, int directory)
{
	fsps_message *message = NULL;
	int result;

	while ((result = fsps_channel_receive(channel, FSPS_FOREVER, &message)) >= 0) {
		if (result == 0)
			continue; /* a signal */
		result = handle(channel, message, path, directory);
		fsps_message_unref(message);
		if (result < 0)
			break;
	}
	return result;
}

int main(int argc, char **argv)
{
	struct fsps_channel_options options = {.size = sizeof options, .shared = 1};
	fsps_channel *channel = NULL;
	fsps_bus *bus = NULL;
	int directory;
	int result;

	if (argc != 4) {
		fprintf(stderr, "usage: exactly_once PATTERN NAME DIRECTORY\n");
		return 2;
	}
	directory = open(argv[3], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0) {
		perror(argv[3]);
		return 1;
	}
	options.durable = argv[2];
	result = fsps_bus_open(NULL, &bus);
	if (result >= 0)
		result = fsps_channel_open(bus, argv[1], &options, &channel);
	if (result >= 0)
		result = loop(channel, argv[3], directory);
	if (result < 0)
		fprintf(stderr, "%s\n", fsps_last_error()->text);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
	close(directory);
	return result < 0;
}
