/* SPDX-License-Identifier: MIT */
/* Implements claim/written.h. */
#include "claim/written.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <fsps/delivery.h>

#include "base/error.h"
#include "base/sys.h"
#include "store/unnamed.h"

/* Beyond that limit the kernel would end the program (SIGXFSZ). */
static int write_all(int fd, const char *bytes, size_t length)
{
	if (fsi_sys_file_size_limit() < length)
		return -EFBIG;
	while (length > 0) {
		ssize_t written = fsi_sys_write(fd, bytes, length);

		if (written < 0)
			return (int)written;
		bytes += written;
		length -= (size_t)written;
	}
	return 0;
}

static int fill(const struct fsi_workplace *place, int fd, const void *bytes, size_t length)
{
	int r = write_all(fd, bytes, length);

	return r < 0 ? r : fsi_sys_fchmod(fd, place->home->modes.message);
}

/* Where there are no nameless files: in tmp first, under a name that is swept if we are killed. */
static int write_staged(const struct fsi_workplace *place, const char *name, const void *bytes,
			size_t length)
{
	int staging = fsi_home_open_staging(place->home);
	char intent[FSI_NAME_BYTES];
	int fd;
	int r;

	if (staging < 0)
		return staging;
	fsi_member_name_format(intent, sizeof intent, FSI_PREFIX_INTENT, place->home->member.id,
			       fsi_home_next_number(place->home));
	fd = fsi_sys_openat(staging, intent, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0600);
	r = fd < 0 ? fd : fill(place, fd, bytes, length);
	fsi_sys_close(fd);
	if (r == 0)
		r = fsi_sys_rename(staging, intent, place->directory_fd, name);
	if (r < 0 && fd >= 0)
		(void)fsi_sys_unlinkat(staging, intent, 0);
	fsi_sys_close(staging);
	return r;
}

int fsi_written_file(const struct fsi_workplace *place, const char *name, const void *bytes,
		     size_t length)
{
	int fd = fsi_unnamed_open(place->directory_fd, ".", 0600);
	int r;

	if (fd == -EOPNOTSUPP || fd == -EISDIR)
		return write_staged(place, name, bytes, length);
	if (fd < 0)
		return fd;
	r = fill(place, fd, bytes, length);
	if (r == 0)
		r = fsi_unnamed_link(fd, place->directory_fd, name);
	fsi_sys_close(fd);
	/* No /proc to name it by. */
	return r == -ENOENT ? write_staged(place, name, bytes, length) : r;
}

int fsi_written_message(const struct fsi_workplace *place, struct fsi_work_name *to,
			const void *bytes, size_t length)
{
	char name[FSI_NAME_BYTES];
	int r = -EEXIST;

	for (int i = 0; i < FSI_CLAIM_NAMES_MAX && r == -EEXIST; i++) {
		fsi_work_name_format(name, to);
		r = fsi_written_file(place, name, bytes, length);
		if (r == -EEXIST)
			fsi_claim_rename(place, to, i);
	}
	if (r < 0)
		return fsi_fail_errno(-r, name, "cannot write message %s/%s", place->channel_name,
				      name);
	return 0;
}

int fsi_written_note(const struct fsi_workplace *place, const struct fsi_work_name *name,
		     const char *text)
{
	char note[FSI_NAME_BYTES];
	size_t length = strlen(text);

	if (length > FSPS_ERROR_TEXT_MAX) {
		text += length - FSPS_ERROR_TEXT_MAX;
		length = FSPS_ERROR_TEXT_MAX;
	}
	fsi_work_name_format(note, name);
	return fsi_written_file(place, note, text, length);
}
