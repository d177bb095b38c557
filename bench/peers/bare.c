/* SPDX-License-Identifier: MIT */
/*
 * The bare loop: the system calls that the plain lane can't do without, on descriptors that are
 * all open, and nothing else. It finds no channels, checks nothing that it reads and survives no
 * crash: what a library adds to it is what the library costs.
 *
 * To one channel: fstat of the home, unnamed file, write, link, ring, close. To several: a named
 * file, since an unnamed one whose first link was consumed can't be linked again; link and ring
 * each; unlink. Reader: up to 512 IDs from the FIFO, then open, fstat, read, close, unlink each.
 * The FIFO is as large as an unprivileged user may have it, so that nobody waits for the other
 * within 131,072 messages; beyond that the publisher waits.
 *
 * runs: one four
 */
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/home.h"
#include "common/peer.h"

enum { CHANNELS_MAX = 64, RECORDS = 512, ID_BYTES = 24, FRAME_BYTES = 4096, FIFO_BYTES = 1 << 20 };

struct channel {
	int directory;
	int bell;
};

struct publisher {
	int home;
	int staging;
	bool link_by_path;
	int channels_count;
	struct channel channels[CHANNELS_MAX];
	/* The encoded message; the payload is its end. */
	unsigned char *frame;
	size_t frame_size;
	size_t payload_offset;
};

static int open_home(void)
{
	int home = home_open();

	if (home >= 0)
		mkdirat(home, "tmp", 0700);
	return home;
}

static int open_channel(int home, const char *name, struct channel *channel)
{
	channel->directory = openat(home, name, O_DIRECTORY | O_CLOEXEC);
	if (channel->directory < 0)
		return -1;
	channel->bell = openat(channel->directory, "queue", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (channel->bell < 0) {
		close(channel->directory);
		return -1;
	}
	return 0;
}

/* ---- the publisher ---- */

static int find_channels(struct publisher *self, const char *topic)
{
	DIR *stream = fdopendir(openat(self->home, ".", O_DIRECTORY | O_CLOEXEC));
	size_t topic_len = strlen(topic);
	const struct dirent *entry;

	self->channels_count = 0;
	if (stream == NULL)
		return -1;
	while ((entry = readdir(stream)) != NULL && self->channels_count < CHANNELS_MAX) {
		if (strncmp(entry->d_name, topic, topic_len) != 0 ||
		    entry->d_name[topic_len] != '_')
			continue;
		if (open_channel(self->home, entry->d_name,
				 &self->channels[self->channels_count]) == 0)
			self->channels_count++;
	}
	closedir(stream);
	return 0;
}

static unsigned char *put(unsigned char *to, uint64_t value, size_t bytes)
{
	uint64_t big = htobe64(value);

	memcpy(to, (const unsigned char *)&big + sizeof big - bytes, bytes);
	return to + bytes;
}

/* A message as it stands in a file, without headers; ID and time are put in for each one. */
static int build_frame(struct publisher *self, const char *topic, size_t payload_size)
{
	size_t topic_len = strlen(topic);
	unsigned char *at;

	self->payload_offset = 4 + 1 + 8 + 8 + 4 + topic_len + 4 + 2 + 4;
	self->frame_size = self->payload_offset + payload_size;
	self->frame = calloc(1, self->frame_size);
	if (self->frame == NULL)
		return -1;
	at = put(self->frame, 0x504D5347, 4);
	at = put(at, 1, 1) + 16;
	at = put(at, topic_len, 4);
	memcpy(at, topic, topic_len);
	at = put(at + topic_len, 2, 4);
	memcpy(at, "{}", 2);
	put(at + 2, payload_size, 4);
	return 0;
}

static void stamp(struct publisher *self, uint64_t id, uint64_t sequence)
{
	put(self->frame + 5, id, 8);
	put(self->frame + 13, id, 8);
	peer_fill(self->frame + self->payload_offset, self->frame_size - self->payload_offset,
		  sequence);
}

static const char *id_name(uint64_t id, char *buffer)
{
	char *at = buffer + ID_BYTES - 1;

	*at = '\0';
	do {
		*--at = (char)('0' + id % 10);
		id /= 10;
	} while (id > 0);
	return at;
}

static int write_frame(const struct publisher *self, int file)
{
	return write(file, self->frame, self->frame_size) == (ssize_t)self->frame_size ? 0 : -1;
}

static int ring(int bell, uint64_t id)
{
	uint64_t record = htobe64(id);

	while (write(bell, &record, sizeof record) < 0) {
		struct pollfd room = {.fd = bell, .events = POLLOUT};

		if (errno != EAGAIN)
			return -1;
		poll(&room, 1, -1);
	}
	return 0;
}

static int link_unnamed(const struct publisher *self, int file, const char *name)
{
	int directory = self->channels[0].directory;
	char path[40];

	if (!self->link_by_path)
		return linkat(file, "", directory, name, AT_EMPTY_PATH);
	snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	return linkat(AT_FDCWD, path, directory, name, AT_SYMLINK_FOLLOW);
}

static int publish_to_one(const struct publisher *self, uint64_t id)
{
	int file = openat(self->staging, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	char buffer[ID_BYTES];
	int result = -1;

	if (file < 0)
		return -1;
	if (write_frame(self, file) == 0 && link_unnamed(self, file, id_name(id, buffer)) == 0)
		result = ring(self->channels[0].bell, id);
	close(file);
	return result;
}

static int publish_to_several(const struct publisher *self, uint64_t id)
{
	char buffer[ID_BYTES];
	const char *name = id_name(id, buffer);
	int file = openat(self->staging, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	int result;

	if (file < 0)
		return -1;
	result = write_frame(self, file);
	close(file);
	for (int i = 0; i < self->channels_count && result == 0; i++) {
		const struct channel *channel = &self->channels[i];

		result = linkat(self->staging, name, channel->directory, name, 0);
		if (result == 0)
			result = ring(channel->bell, id);
	}
	return unlinkat(self->staging, name, 0) < 0 ? -1 : result;
}

static int publish_all(struct publisher *self, const struct peer_job *job, struct peer_tally *tally)
{
	struct timespec now;
	uint64_t id;

	clock_gettime(CLOCK_REALTIME, &now);
	id = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	tally->start_s = peer_now_s();
	for (uint64_t i = 0; i < job->count; i++, id++) {
		struct stat home;

		if (fstat(self->home, &home) < 0)
			return peer_broken("fstat");
		stamp(self, id, i);
		if ((self->channels_count == 1 ? publish_to_one(self, id)
					       : publish_to_several(self, id)) < 0)
			return peer_broken("publish");
		peer_published(tally, i);
	}
	tally->end_s = peer_now_s();
	return 0;
}

/* Whether this kernel and user may link a file by its descriptor alone. */
static bool needs_path(const struct publisher *self)
{
	int file = openat(self->staging, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	bool refused = linkat(file, "", self->staging, ".probe", AT_EMPTY_PATH) < 0;

	unlinkat(self->staging, ".probe", 0);
	close(file);
	return refused;
}

static int publish(const struct peer_job *job, struct peer_tally *tally)
{
	struct publisher self = {.home = open_home()};
	int result;

	if (self.home < 0)
		return peer_broken("PUBSUB_HOME");
	if (find_channels(&self, job->topic) < 0)
		return peer_broken("home");
	if (self.channels_count < job->subscribers) {
		errno = ENOENT;
		return peer_broken("channels");
	}
	self.staging = openat(self.home, "tmp", O_DIRECTORY | O_CLOEXEC);
	self.link_by_path = needs_path(&self);
	if (build_frame(&self, job->topic, job->size) < 0)
		return peer_broken("frame");
	result = publish_all(&self, job, tally);
	free(self.frame);
	return result;
}

/* ---- the subscriber ---- */

static int create_channel(int home, const char *topic, struct channel *channel)
{
	char name[NAME_MAX + 1];
	char hidden[32];

	snprintf(hidden, sizeof hidden, ".n-%d", (int)getpid());
	snprintf(name, sizeof name, "%.200s_%012d_%d", topic, (int)getpid(), (int)getpid());
	if (mkdirat(home, hidden, 0700) < 0)
		return -1;
	channel->directory = openat(home, hidden, O_DIRECTORY | O_CLOEXEC);
	if (channel->directory < 0 || mkfifoat(channel->directory, "queue", 0600) < 0)
		return -1;
	channel->bell = openat(channel->directory, "queue", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (channel->bell < 0)
		return -1;
	fcntl(channel->bell, F_SETPIPE_SZ, FIFO_BYTES);
	return renameat(home, hidden, home, name);
}

/* The payload of an encoded message that the bare publisher wrote. */
static void touch(struct peer_tally *tally, const unsigned char *frame, size_t size)
{
	uint32_t topic_len;
	size_t offset;

	memcpy(&topic_len, frame + 21, sizeof topic_len);
	offset = 25 + be32toh(topic_len) + 10;
	if (offset <= size)
		peer_received(tally, frame + offset, size - offset);
}

static int take(const struct channel *channel, uint64_t id, unsigned char *frame, size_t frame_max,
		struct peer_tally *tally)
{
	char buffer[ID_BYTES];
	const char *name = id_name(id, buffer);
	int file = openat(channel->directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat status;
	ssize_t size;

	if (file < 0 || fstat(file, &status) < 0)
		return -1;
	size = read(file, frame, frame_max);
	close(file);
	if (size < 0 || unlinkat(channel->directory, name, 0) < 0)
		return -1;
	touch(tally, frame, (size_t)size);
	return 0;
}

static int receive_all(const struct channel *channel, const struct peer_job *job,
		       unsigned char *frame, struct peer_tally *tally)
{
	uint64_t records[RECORDS];

	while (tally->messages < job->count) {
		ssize_t got = read(channel->bell, records, sizeof records);

		if (got < 0) {
			struct pollfd rung = {.fd = channel->bell, .events = POLLIN};

			if (poll(&rung, 1, peer_patience_ms(tally)) == 0)
				break;
			continue;
		}
		for (size_t i = 0; i < (size_t)got / sizeof records[0]; i++) {
			if (take(channel, be64toh(records[i]), frame, job->size + FRAME_BYTES,
				 tally) < 0)
				return peer_broken("take");
		}
	}
	peer_received_all(job, tally);
	return 0;
}

static int subscribe(const struct peer_job *job, struct peer_tally *tally)
{
	unsigned char *frame = calloc(1, job->size + FRAME_BYTES);
	struct channel channel;
	int home = open_home();
	int result;

	if (frame == NULL || home < 0 || create_channel(home, job->topic, &channel) < 0)
		return peer_broken("channel");
	peer_ready();
	result = receive_all(&channel, job, frame, tally);
	free(frame);
	return result;
}

int main(int argc, char **argv)
{
	const struct peer_actions actions = {.publish = publish, .subscribe = subscribe};

	return peer_main(argc, argv, &actions);
}
