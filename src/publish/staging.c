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

/* Writes both parts whole, whatever pieces the kernel takes. Returns 0 or -errno. */
static int write_parts(const struct fsi_staged *staged, int fd)
{
	struct iovec parts[2] = {staged->parts[0], staged->parts[1]};
	size_t length = parts[0].iov_len + parts[1].iov_len;

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
	return staged->mend_mode ? fsi_sys_fchmod(fd, staged->home->modes.message) : 0;
}

void fsi_staged_check_mode(struct fsi_staged *staged)
{
	int fd = fsi_unnamed_open(staged->home->fd, ".", staged->home->modes.message);
	struct stat status;

	staged->mend_mode = fd < 0 || fsi_sys_fstat(fd, &status) < 0 ||
			    (status.st_mode & 07777) != staged->home->modes.message;
	fsi_sys_close(fd);
}

static int write_nameless(struct fsi_staged *staged)
{
	int fd = fsi_unnamed_open(staged->home->fd, ".", staged->home->modes.message);
	int r;

	if (fd < 0)
		return fd;
	r = write_parts(staged, fd);
	if (r < 0) {
		fsi_sys_close(fd);
		return r;
	}
	staged->fd = fd;
	return 0;
}

/* The intent's name says whose it is. Who can't be a member here (a home of somebody else's)
 * takes a name that looks abandoned: if it is swept away too early, it is written again. */
static int name_intent(struct fsi_staged *staged)
{
	char name[FSI_NAME_BYTES - sizeof FSI_NAME_STAGING];
	char random[FSI_RANDOM_NAME_LEN + 1];
	const char *member = staged->home->member.id;
	int r;

	if (fsi_home_enter(staged->home) < 0) {
		r = fsi_random_name(random);
		if (r < 0)
			return r;
		member = random;
	}
	fsi_member_name_format(name, FSI_PREFIX_INTENT, member, staged->id);
	snprintf(staged->path, sizeof staged->path, FSI_NAME_STAGING "/%s", name);
	return 0;
}

static int create_intent(struct fsi_staged *staged)
{
	const int flags = O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW;
	int fd = fsi_sys_openat(staged->home->fd, staged->path, flags, staged->home->modes.message);

	if (fd != -ENOENT)
		return fd;
	if (fsi_home_make_staging(staged->home) < 0)
		return -fsi_error_last()->system_errno;
	return fsi_sys_openat(staged->home->fd, staged->path, flags, staged->home->modes.message);
}

static int write_intent(struct fsi_staged *staged)
{
	int r = name_intent(staged);
	int fd;

	if (r < 0)
		return -EIO;
	fd = create_intent(staged);
	if (fd < 0) {
		staged->path[0] = '\0';
		return fd;
	}
	r = write_parts(staged, fd);
	fsi_sys_close(fd);
	if (r < 0)
		fsi_staged_drop(staged);
	return r;
}

int fsi_staged_write(struct fsi_staged *staged, bool several)
{
	int r = -EOPNOTSUPP;

	staged->fd = -1;
	staged->path[0] = '\0';
	if (!several && !staged->named_only) {
		r = write_nameless(staged);
		staged->named_only = r == -EOPNOTSUPP || r == -EISDIR;
	}
	if (several || staged->named_only)
		r = write_intent(staged);
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

static int link_intent(struct fsi_staged *staged, const char *path)
{
	struct stat status;
	int r = fsi_sys_linkat(staged->home->fd, staged->path, staged->home->fd, path, 0);

	if (r != -ENOENT || fsi_sys_fstatat(staged->home->fd, staged->path, &status) == 0)
		return r;
	/* Somebody took the intent for abandoned. */
	fsi_log(&staged->home->log, FSPS_LOG_WARNING, "intent %s/%s vanished, written again",
		staged->home->path, staged->path);
	r = write_intent(staged);
	if (r < 0)
		return r;
	return fsi_sys_linkat(staged->home->fd, staged->path, staged->home->fd, path, 0);
}

/* A copy made in the channel itself: for a channel on another mount (EXDEV), a file with as many
 * links as there may be (EMLINK), or one that we may not link (protected_hardlinks). */
static int copy_into(struct fsi_staged *staged, const char *path)
{
	char channel[FSI_NAME_BYTES];
	const char *slash = strrchr(path, '/');
	int fd;
	int r;

	snprintf(channel, sizeof channel, "%.*s", (int)(slash - path), path);
	fd = fsi_unnamed_open(staged->home->fd, channel, staged->home->modes.message);
	if (fd < 0)
		return fd;
	r = write_parts(staged, fd);
	if (r == 0)
		r = fsi_unnamed_link(fd, staged->home->fd, path);
	fsi_sys_close(fd);
	return r;
}

static int link_nameless(struct fsi_staged *staged, const char *path)
{
	struct stat status;
	int r = fsi_unnamed_link(staged->fd, staged->home->fd, path);

	if (r != -ENOENT)
		return r;
	/* Either the channel is gone, or this kernel needs /proc for it and there is none. */
	fsi_staged_drop(staged);
	if (fsi_sys_fstatat(AT_FDCWD, "/proc/self/fd", &status) == 0)
		return -ENOENT;
	staged->named_only = true;
	r = write_intent(staged);
	return r < 0 ? r : link_intent(staged, path);
}

int fsi_staged_link(struct fsi_staged *staged, const char *path)
{
	int r = staged->fd >= 0 ? link_nameless(staged, path) : link_intent(staged, path);

	if (r == -EXDEV || r == -EMLINK || r == -EPERM)
		return copy_into(staged, path);
	return r;
}

void fsi_staged_drop(struct fsi_staged *staged)
{
	if (staged->path[0] != '\0')
		(void)fsi_sys_unlinkat(staged->home->fd, staged->path, 0);
	staged->path[0] = '\0';
	fsi_sys_close(staged->fd);
	staged->fd = -1;
}
