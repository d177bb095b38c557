/* SPDX-License-Identifier: MIT */
/* Implements publish/staging.h. */
#include "publish/staging.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "base/sys.h"
#include "store/names.h"
#include "store/unnamed.h"

void fsi_staged_init(struct fsi_staged *staged)
{
	*staged = (struct fsi_staged){.fd = -1, .intent_directory = -1, .check_mode = true};
}

/* ---- the content ---- */

/* Once a second is enough to notice a umask that changed, unless others are to read the file: a
 * umask of 077 for a moment, in another thread, would have them set messages aside. */
static int set_mode(struct fsi_staged *staged, int fd)
{
	struct stat status;

	if ((staged->home->modes.message & 0077) != 0)
		return fsi_sys_fchmod(fd, staged->home->modes.message);
	if (staged->check_mode && fsi_sys_fstat(fd, &status) == 0) {
		staged->check_mode = false;
		staged->mend_mode = (status.st_mode & 07777) != staged->home->modes.message;
	}
	return staged->mend_mode ? fsi_sys_fchmod(fd, staged->home->modes.message) : 0;
}

/* Writes both parts whole, whatever pieces the kernel takes. Returns 0 or -errno. */
static int write_content(struct fsi_staged *staged, int fd)
{
	struct iovec parts[2] = {staged->parts[0], staged->parts[1]};
	size_t length = parts[0].iov_len + parts[1].iov_len;
	int r;

	/* Beyond that limit a write would kill the program (SIGXFSZ). */
	if (fsi_sys_file_size_limit() < length)
		return -EFBIG;
	while (length > 0) {
		ssize_t done = fsi_sys_writev(fd, parts, 2);

		if (done < 0)
			return (int)done;
		if (done == 0)
			return -EIO;
		length -= (size_t)done;
		for (int i = 0; i < 2; i++) {
			size_t part =
				(size_t)done < parts[i].iov_len ? (size_t)done : parts[i].iov_len;

			parts[i].iov_base = (char *)parts[i].iov_base + part;
			parts[i].iov_len -= part;
			done -= (ssize_t)part;
		}
	}
	r = set_mode(staged, fd);
	return r == 0 && staged->sync ? fsi_sys_fsync(fd) : r;
}

/* A nameless file with the content, on the file system of path. Returns it or -errno. */
static int write_nameless(struct fsi_staged *staged, int directory, const char *path)
{
	int fd = fsi_unnamed_open(directory, path, staged->home->modes.message);
	int r;

	if (fd < 0)
		return fd;
	r = write_content(staged, fd);
	if (r < 0) {
		fsi_sys_close(fd);
		return r;
	}
	return fd;
}

/* ---- intents ---- */

/* The intent's name says whose it is. Who can't be a member here (a home of somebody else's)
 * takes a name that looks abandoned: if it is swept away too early, it is written again. */
static int name_intent(struct fsi_staged *staged)
{
	char random[FSI_RANDOM_NAME_LEN + 1];
	const char *member = staged->home->member.id;

	if (fsi_home_enter(staged->home) < 0) {
		if (fsi_random_name(random) < 0)
			return -EIO;
		member = random;
	}
	fsi_member_name_format(staged->intent, sizeof staged->intent, FSI_PREFIX_INTENT, member,
			       staged->id);
	return 0;
}

static int create_intent(struct fsi_staged *staged)
{
	int fd;

	if (staged->intent_directory < 0) {
		int directory = fsi_home_open_staging(staged->home);

		if (directory < 0)
			return directory;
		staged->intent_directory = directory;
	}
	fd = fsi_sys_openat(staged->intent_directory, staged->intent,
			    O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, staged->home->modes.message);
	if (fd < 0)
		staged->intent[0] = '\0';
	return fd;
}

static int write_intent(struct fsi_staged *staged)
{
	int r = name_intent(staged);
	int fd;

	if (r < 0)
		return r;
	fd = create_intent(staged);
	if (fd < 0)
		return fd;
	r = write_content(staged, fd);
	fsi_sys_close(fd);
	if (r < 0)
		fsi_staged_drop(staged);
	return r;
}

int fsi_staged_write(struct fsi_staged *staged)
{
	int r = staged->named_only ? write_intent(staged)
				   : write_nameless(staged, staged->home->fd, ".");

	if (!staged->named_only && r >= 0)
		staged->fd = r;
	if (r == -EOPNOTSUPP || r == -EISDIR) {
		staged->named_only = true;
		r = write_intent(staged);
	}
	if (r < 0)
		fsi_staged_drop(staged);
	if (r == -EFBIG)
		return fsi_fail_errno(EFBIG, staged->home->path,
				      "message of %zu bytes is over the process' file size limit "
				      "(ulimit -f)",
				      staged->parts[0].iov_len + staged->parts[1].iov_len);
	if (r < 0)
		return fsi_fail_errno(-r, staged->home->path, "cannot write a message in home %s",
				      staged->home->path);
	return 0;
}

/* ---- links ---- */

/* A copy made in the channel itself: for a file whose names are all gone again, a channel on
 * another mount (EXDEV), a file with as many links as there may be (EMLINK), or one that we may
 * not link (protected_hardlinks). */
static int copy_into(struct fsi_staged *staged, int directory, const char *path)
{
	char channel[FSI_NAME_BYTES];
	const char *slash = strrchr(path, '/');
	int fd;
	int r;

	snprintf(channel, sizeof channel, "%.*s", (int)(slash - path), path);
	fd = write_nameless(staged, directory, channel);
	if (fd < 0)
		return fd;
	r = fsi_unnamed_link(fd, directory, path);
	fsi_sys_close(fd);
	return r;
}

static int link_intent(struct fsi_staged *staged, int directory, const char *path)
{
	struct stat status;
	int r = fsi_sys_linkat(staged->intent_directory, staged->intent, directory, path, 0);

	if (r != -ENOENT || fsi_sys_fstatat(staged->intent_directory, staged->intent, &status) == 0)
		return r;
	/* Somebody took the intent for abandoned. */
	r = write_intent(staged);
	if (r < 0)
		return r;
	return fsi_sys_linkat(staged->intent_directory, staged->intent, directory, path, 0);
}

/* ENOENT has three meanings here. The file had names and all are gone: a copy. There is no
 * /proc, which this kernel needs for it: an intent. Else it is the channel that is gone. */
static int link_after_enoent(struct fsi_staged *staged, int directory, const char *path)
{
	struct stat status;
	int r;

	if (fsi_sys_fstatat(AT_FDCWD, "/proc/self/fd", &status) == 0)
		return copy_into(staged, directory, path);
	fsi_staged_drop(staged);
	staged->named_only = true;
	r = write_intent(staged);
	return r < 0 ? r : link_intent(staged, directory, path);
}

int fsi_staged_link(struct fsi_staged *staged, int directory, const char *path)
{
	int r = staged->fd < 0 ? link_intent(staged, directory, path)
			       : fsi_unnamed_link(staged->fd, directory, path);

	if (r == -ENOENT && staged->fd >= 0)
		return link_after_enoent(staged, directory, path);
	if (r == -EXDEV || r == -EMLINK || r == -EPERM)
		return copy_into(staged, directory, path);
	return r;
}

void fsi_staged_drop(struct fsi_staged *staged)
{
	if (staged->intent[0] != '\0')
		(void)fsi_sys_unlinkat(staged->intent_directory, staged->intent, 0);
	staged->intent[0] = '\0';
	fsi_sys_close(staged->intent_directory);
	staged->intent_directory = -1;
	fsi_sys_close(staged->fd);
	staged->fd = -1;
}
