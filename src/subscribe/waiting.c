/* SPDX-License-Identifier: MIT */
/* Implements subscribe/waiting.h. */
#include "subscribe/waiting.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/random.h"
#include "base/sys.h"
#include "claim/written.h"
#include "limit/count.h"

/* Whether the file of that name has just this content: we were killed after it was written, and
 * before the place was moved behind it. */
static bool is_same(const fsps_channel *channel, const char *name,
		    const struct fsi_view_frame *frame)
{
	FSI_CLEANUP(fsi_cleanup_free) unsigned char *bytes = malloc((size_t)frame->body_len + 1);
	int fd = fsi_sys_openat(channel->directory_fd, name,
				O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	size_t length = 0;
	ssize_t got = 1;

	while (bytes != NULL && fd >= 0 && got > 0 && length <= frame->body_len) {
		got = fsi_sys_read(fd, bytes + length, frame->body_len + 1 - length);
		length += got > 0 ? (size_t)got : 0;
	}
	fsi_sys_close(fd);
	return bytes != NULL && length == frame->body_len &&
	       memcmp(bytes, frame->body, length) == 0;
}

/* A message that waits in a file from now on, and is counted as that. Returns 0 or -errno. */
static int write_waiting(const fsps_channel *channel, const char *name,
			 const struct fsi_view_frame *frame)
{
	int r;

	fsi_count_file_comes(channel->control, frame->body_len);
	r = fsi_written_file(&channel->workplace, name, frame->body, frame->body_len);
	if (r < 0)
		fsi_count_file_gone(channel->control, frame->body_len);
	return r;
}

/* Under a name that nobody else forms (R2); the bell can't tell it. */
static int write_beside(const fsps_channel *channel, uint64_t id,
			const struct fsi_view_frame *frame)
{
	char random[FSI_RANDOM_NAME_LEN + 1];
	char name[FSI_NAME_BYTES];
	int r;

	if (fsi_random_name(random) < 0)
		return -EIO;
	fsi_member_name_format(name, sizeof name, FSI_PREFIX_TAKEN, random, id);
	r = write_waiting(channel, name, frame);
	if (r == 0)
		atomic_store(&channel->control->dirty, 1);
	return r;
}

int fsi_waiting_write(fsps_channel *channel, uint64_t id, const struct fsi_view_frame *frame)
{
	char name[FSI_NAME_BYTES];
	int r;

	(void)fsi_id_format(name, id);
	r = write_waiting(channel, name, frame);
	if (r == -EEXIST && !is_same(channel, name, frame))
		return write_beside(channel, id, frame);
	return r == -EEXIST ? 0 : r;
}
