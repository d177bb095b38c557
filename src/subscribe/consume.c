/* SPDX-License-Identifier: MIT */
/* Implements subscribe/consume.h. */
#include "subscribe/consume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/sys.h"
#include "message/codec.h"
#include "topic/match.h"
#include "topic/name.h"

enum {
	/* Dead letters that a live channel keeps to be looked at; further ones are removed. */
	DEAD_LETTERS_MAX = 64,
	/* A file that can't be read is tried this often before it is set aside. */
	ATTEMPTS = 5,
};

/* Gets rid of a file that must not stay: it would be found again and again. */
static int discard(fsps_channel *channel, const char *name)
{
	int r = fsi_sys_unlinkat(channel->directory_fd, name, 0);

	if (r == -EISDIR || r == -EPERM)
		r = fsi_sys_unlinkat(channel->directory_fd, name, AT_REMOVEDIR);
	return r;
}

static void dead_letter_name(char *to, const char *reason, uint32_t attempt, uint64_t id)
{
	snprintf(to, FSI_NAME_BYTES, FSI_PREFIX_DEAD "%s-%u-%llu", reason, attempt,
		 (unsigned long long)id);
}

/* A directory with something in it: only a rename takes it away, to a name that nobody can have
 * taken before to keep us from it. */
static int hide(fsps_channel *channel, const char *name, const char *reason, uint64_t id)
{
	char dead[FSI_NAME_BYTES];
	uint32_t attempt;
	int r = fsi_sys_getrandom(&attempt, sizeof attempt);

	if (r < 0)
		return r;
	dead_letter_name(dead, reason, attempt, id);
	return fsi_sys_rename(channel->directory_fd, name, channel->directory_fd, dead);
}

static int put_aside(fsps_channel *channel, const char *name, const char *reason, uint64_t id)
{
	char dead[FSI_NAME_BYTES];
	int r;

	dead_letter_name(dead, reason, 0, id);
	if (channel->dead_letters < DEAD_LETTERS_MAX) {
		r = fsi_sys_rename(channel->directory_fd, name, channel->directory_fd, dead);
		if (r == 0)
			channel->dead_letters++;
		if (r != -EEXIST)
			return r;
	}
	r = discard(channel, name);
	return r == -ENOTEMPTY ? hide(channel, name, reason, id) : r;
}

int fsi_set_aside(fsps_channel *channel, uint64_t id, const char *name, const char *reason)
{
	int r = put_aside(channel, name, reason, id);

	if (r == -ENOENT)
		return FSI_CONSUME_NEXT;
	if (r < 0)
		return fsi_fail_errno(-r, name, "cannot set aside %s/%s (%s)", channel->name, name,
				      reason);
	channel->set_aside++;
	atomic_fetch_add_explicit(&channel->control->set_aside, 1, memory_order_relaxed);
	fsi_log(&channel->bus->log, FSPS_LOG_WARNING, "set aside %s/%s: %s", channel->name, name,
		reason);
	return FSI_CONSUME_NEXT;
}

/* A call failed that says nothing about the file (no memory, no descriptors), or not for certain:
 * the caller is told and the file stays, but one that fails again and again is set aside. */
static int fail_read(fsps_channel *channel, const struct fsi_candidate *candidate, const char *name,
		     int error)
{
	if (error == EMFILE || error == ENFILE || error == ENOMEM)
		return fsi_fail_errno(error, name, "cannot read %s/%s", channel->name, name);
	channel->failures = channel->failing_id == candidate->id ? channel->failures + 1 : 1;
	channel->failing_id = candidate->id;
	if (channel->failures >= ATTEMPTS)
		return fsi_set_aside(channel, candidate->id, name, "unreadable");
	return fsi_fail_errno(error, name, "cannot read %s/%s", channel->name, name);
}

/* A device on a file system without devices is refused as if it were forbidden. */
static bool is_regular(const fsps_channel *channel, const char *name)
{
	struct stat status;

	return fsi_sys_fstatat(channel->directory_fd, name, &status) < 0 || S_ISREG(status.st_mode);
}

static const char *refusal_of_open(const fsps_channel *channel, const char *name, int error)
{
	switch (error) {
	case ELOOP:  /* a symlink */
	case ENXIO:  /* a socket */
	case ENODEV: /* a device */
		return "type";
	case EACCES:
	case EPERM:
		return is_regular(channel, name) ? "forbidden" : "type";
	case EAGAIN: /* its owner holds a lease on it */
		return "unreadable";
	default:
		return NULL;
	}
}

/* What its status already says against a file, or NULL. */
static const char *refusal_of_status(const fsps_channel *channel, const struct stat *status)
{
	if (!S_ISREG(status->st_mode))
		return "type";
	if ((uint64_t)status->st_size > channel->bus->message_bytes_max)
		return "size";
	if (status->st_size < FSI_MESSAGE_FIXED_BYTES)
		return "corrupt";
	return NULL;
}

/* Reads length bytes. Returns 0, or -errno; -ENODATA if the file is shorter. */
static int read_all(int fd, unsigned char *to, size_t length)
{
	while (length > 0) {
		ssize_t got = fsi_sys_read(fd, to, length);

		if (got == 0)
			return -ENODATA;
		if (got < 0)
			return (int)got;
		to += got;
		length -= (size_t)got;
	}
	return 0;
}

/* Who sent it: the file's owner, unless others may have written to it since. */
static uint32_t sender_of(const struct stat *status)
{
	return (status->st_mode & 022) != 0 ? UINT32_MAX : status->st_uid;
}

/* Decodes and checks that the message belongs here. Takes bytes over if it is one. Returns NULL
 * and the message, or the reason against it; *ret_failure is set if it says nothing about it. */
static const char *judge(const fsps_channel *channel, const struct fsi_candidate *candidate,
			 unsigned char **bytes, size_t length, uint32_t sender_uid,
			 int *ret_failure, fsps_message **ret_message)
{
	FSI_CLEANUP(fsi_cleanup_message) fsps_message *message = NULL;
	int r = fsi_message_decode(*bytes, length, sender_uid, &message);

	switch (r) {
	case FSPS_OK:
		(void)fsi_steal(bytes);
		break;
	case FSPS_ERR_NO_MEMORY:
		*ret_failure = r;
		return "memory";
	case FSPS_ERR_VERSION:
		return "version";
	case FSPS_ERR_TOPIC:
		return "topic";
	case FSPS_ERR_HEADER:
		return "headers";
	default:
		return "corrupt";
	}
	if (message->id != candidate->id)
		return "id";
	if (!fsi_topic_valid(message->topic, message->topic_len) ||
	    !fsi_match(channel->pattern, channel->pattern_len, message->topic, message->topic_len))
		return "topic";
	*ret_message = fsi_steal(&message);
	return NULL;
}

static int take(fsps_channel *channel, const char *name)
{
	int r = fsi_sys_unlinkat(channel->directory_fd, name, 0);

	if (r == 0)
		return FSI_CONSUMED;
	if (r == -ENOENT)
		return FSI_CONSUME_NEXT;
	return fsi_fail_errno(-r, name, "cannot take %s/%s", channel->name, name);
}

static int consume_open(fsps_channel *channel, const struct fsi_candidate *candidate,
			const char *name, int fd, fsps_message **ret_message)
{
	FSI_CLEANUP(fsi_cleanup_message) fsps_message *message = NULL;
	FSI_CLEANUP(fsi_cleanup_free) unsigned char *bytes = NULL;
	const char *refusal;
	struct stat status;
	size_t length;
	int failure = 0;
	int r = fsi_sys_fstat(fd, &status);

	if (r < 0)
		return fail_read(channel, candidate, name, -r);
	refusal = refusal_of_status(channel, &status);
	if (refusal != NULL)
		return fsi_set_aside(channel, candidate->id, name, refusal);
	length = (size_t)status.st_size;
	bytes = malloc(length + 1);
	if (bytes == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, name, "no memory for %s/%s of %zu bytes",
				channel->name, name, length);
	r = read_all(fd, bytes, length);
	if (r == -ENODATA)
		return fsi_set_aside(channel, candidate->id, name, "corrupt");
	if (r < 0)
		return fail_read(channel, candidate, name, -r);
	refusal = judge(channel, candidate, &bytes, length, sender_of(&status), &failure, &message);
	if (failure < 0)
		return failure;
	if (refusal != NULL)
		return fsi_set_aside(channel, candidate->id, name, refusal);
	r = take(channel, name);
	if (r == FSI_CONSUMED)
		*ret_message = fsi_steal(&message);
	return r;
}

static int open_file(const fsps_channel *channel, const char *name)
{
	int fd;
	int attempts = 0;

	do {
		fd = fsi_sys_openat(channel->directory_fd, name,
				    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	} while (fd == -EAGAIN && ++attempts < ATTEMPTS);
	return fd;
}

int fsi_consume(fsps_channel *channel, const struct fsi_candidate *candidate,
		fsps_message **ret_message)
{
	char name[FSI_NAME_BYTES];
	const char *refusal;
	int fd;
	int r;

	fsi_candidate_name(candidate, name);
	fd = open_file(channel, name);
	if (fd == -ENOENT)
		return FSI_CONSUME_NEXT;
	if (fd < 0) {
		refusal = refusal_of_open(channel, name, -fd);
		return refusal != NULL ? fsi_set_aside(channel, candidate->id, name, refusal)
				       : fail_read(channel, candidate, name, -fd);
	}
	r = consume_open(channel, candidate, name, fd, ret_message);
	fsi_sys_close(fd);
	return r;
}
