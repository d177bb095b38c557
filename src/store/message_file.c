/* SPDX-License-Identifier: MIT */
/* Implements store/message_file.h. */
#include "store/message_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/sys.h"
#include "topic/match.h"
#include "topic/name.h"

/* How often a file is opened that its owner holds a lease on. */
enum { OPEN_ATTEMPTS = 5 };

static int refuse(const char *reason, struct fsi_message_file *ret_file)
{
	*ret_file = (struct fsi_message_file){.refusal = reason};
	return FSI_MESSAGE_FILE_REFUSED;
}

static int give_up(int error, struct fsi_message_file *ret_file)
{
	*ret_file = (struct fsi_message_file){.system_errno = error};
	return FSI_MESSAGE_FILE_FAILED;
}

/* A device on a file system without devices is refused as if it were forbidden. */
static bool is_regular(const struct fsi_message_place *place, const char *name)
{
	struct stat status;

	return fsi_sys_fstatat(place->directory_fd, name, &status) < 0 || S_ISREG(status.st_mode);
}

/* What it says against a file that it can't be opened, or NULL for nothing. */
static const char *refusal_of_open(const struct fsi_message_place *place, const char *name,
				   int error)
{
	switch (error) {
	case ELOOP:  /* a symlink */
	case ENXIO:  /* a socket */
	case ENODEV: /* a device */
		return "type";
	case EACCES:
	case EPERM:
		return is_regular(place, name) ? "forbidden" : "type";
	case EAGAIN: /* its owner holds a lease on it */
		return "unreadable";
	default:
		return NULL;
	}
}

/* What its status already says against a file, or NULL. */
static const char *refusal_of_status(const struct fsi_message_place *place,
				     const struct stat *status)
{
	if (!S_ISREG(status->st_mode))
		return "type";
	if ((uint64_t)status->st_size > place->message_bytes_max)
		return "size";
	if (status->st_size < FSI_MESSAGE_FIXED_BYTES)
		return "corrupt";
	return NULL;
}

/* Of what was not written through, a power cut may leave the size and some of the content: the rest
 * reads as zeros, which nothing in a message's format tells from what it had been. */
static bool is_torn(int fd, const struct stat *status)
{
	uint64_t written_us = (uint64_t)status->st_mtim.tv_sec * 1000000;

	return written_us < fsi_sys_boot_us() && fsi_sys_has_hole(fd, status->st_size);
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

const char *fsi_message_refusal(int code)
{
	switch (code) {
	case FSPS_ERR_VERSION:
		return "version";
	case FSPS_ERR_TOPIC:
		return "topic";
	case FSPS_ERR_HEADER:
		return "headers";
	default:
		return "corrupt";
	}
}

int fsi_message_judge(const struct fsi_message_place *place, uint64_t id, unsigned char **bytes,
		      size_t length, uint32_t sender_uid, struct fsi_message_file *ret_file)
{
	FSI_CLEANUP(fsi_cleanup_message) fsps_message *message = NULL;
	int r = fsi_message_decode(*bytes, length, sender_uid, &message);

	if (r == FSPS_ERR_NO_MEMORY)
		return r;
	if (r < 0)
		return refuse(fsi_message_refusal(r), ret_file);
	(void)fsi_steal(bytes);
	if (message->id != id)
		return refuse("id", ret_file);
	if (!fsi_topic_valid(message->topic, message->topic_len) ||
	    !fsi_match(place->pattern, place->pattern_len, message->topic, message->topic_len))
		return refuse("topic", ret_file);
	*ret_file = (struct fsi_message_file){.message = fsi_steal(&message)};
	return FSI_MESSAGE_FILE_READ;
}

static int read_open(const struct fsi_message_place *place, const char *name, uint64_t id, int fd,
		     struct fsi_message_file *ret_file)
{
	FSI_CLEANUP(fsi_cleanup_free) unsigned char *bytes = NULL;
	const char *refusal;
	struct stat status;
	size_t length;
	int r = fsi_sys_fstat(fd, &status);

	if (r < 0)
		return give_up(-r, ret_file);
	refusal = refusal_of_status(place, &status);
	if (refusal != NULL)
		return refuse(refusal, ret_file);
	if (is_torn(fd, &status))
		return refuse("corrupt", ret_file);
	length = (size_t)status.st_size;
	bytes = malloc(length + 1);
	if (bytes == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, name, "no memory for %s/%s of %zu bytes",
				place->channel_name, name, length);
	r = read_all(fd, bytes, length);
	if (r == -ENODATA)
		return refuse("corrupt", ret_file);
	if (r < 0)
		return give_up(-r, ret_file);
	r = fsi_message_judge(place, id, &bytes, length, sender_of(&status), ret_file);
	ret_file->inode = status.st_ino;
	return r;
}

static int open_file(const struct fsi_message_place *place, const char *name)
{
	int fd;
	int attempts = 0;

	do {
		fd = fsi_sys_openat(place->directory_fd, name,
				    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	} while (fd == -EAGAIN && ++attempts < OPEN_ATTEMPTS);
	return fd;
}

int fsi_message_file_read(const struct fsi_message_place *place, const char *name, uint64_t id,
			  struct fsi_message_file *ret_file)
{
	const char *refusal;
	int fd = open_file(place, name);
	int r;

	if (fd == -ENOENT)
		return FSI_MESSAGE_FILE_GONE;
	if (fd < 0) {
		refusal = refusal_of_open(place, name, -fd);
		return refusal != NULL ? refuse(refusal, ret_file) : give_up(-fd, ret_file);
	}
	r = read_open(place, name, id, fd, ret_file);
	fsi_sys_close(fd);
	return r;
}
