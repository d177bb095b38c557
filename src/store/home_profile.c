/* SPDX-License-Identifier: MIT */
/* Implements store/home_profile.h. */
#include "store/home_profile.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "store/names.h"

/* A home that is given a profile. */
struct work {
	const char *path;
	const struct fsi_profile *profile;
	int home_fd;
};

/* name: what in the home it is about, "" for the home itself. */
static int refuse_foreign(const struct work *work, const char *name, const struct stat *status)
{
	unsigned long owner = status->st_uid;
	unsigned long us = geteuid();

	if (name[0] != '\0')
		return fsi_fail(FSPS_ERR_UNSAFE_HOME, work->path,
				"%s/%s belongs to user %lu, not to us (user %lu): remove it",
				work->path, name, owner, us);
	return fsi_fail(FSPS_ERR_UNSAFE_HOME, work->path,
			"home %s belongs to user %lu, not to us (user %lu), who can't say who may "
			"use it",
			work->path, owner, us);
}

static int fail(const struct work *work, int r, const char *name)
{
	return fsi_fail_errno(-r, work->path, "cannot set up %s%s%s", work->path,
			      name[0] != '\0' ? "/" : "", name);
}

/* The group first: whoever is not of it would lose the set-group-ID bit with it. */
static int give(const struct work *work, int fd, const struct stat *found, mode_t mode)
{
	int r = 0;

	if (work->profile->grouped && found->st_gid != work->profile->gid)
		r = fsi_sys_fchown_group(fd, work->profile->gid);
	if (r == 0 && (found->st_mode & 07777) != mode)
		r = fsi_sys_fchmod(fd, mode);
	return r;
}

/* One of the directories that all users share. Who could put one of his own in its place, or a
 * symlink, could lead them astray. Returns it or a failure. */
static int open_inner(const struct work *work, const char *name, struct stat *ret_found)
{
	int r = fsi_sys_mkdirat(work->home_fd, name, 0700);
	int fd;

	/* By name: a umask may have left us one that we can't open. */
	if (r == 0)
		r = fsi_sys_chmodat(work->home_fd, name, 0700);
	if (r < 0 && r != -EEXIST)
		return fail(work, r, name);
	fd = fsi_sys_openat(work->home_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (fd == -ENOTDIR || fd == -ELOOP)
		return fsi_fail(FSPS_ERR_UNSAFE_HOME, work->path,
				"%s/%s is no directory: remove it", work->path, name);
	if (fd < 0)
		return fail(work, fd, name);
	r = fsi_sys_fstat(fd, ret_found);
	if (r < 0)
		r = fail(work, r, name);
	else if (ret_found->st_uid != geteuid())
		r = refuse_foreign(work, name, ret_found);
	if (r == 0)
		return fd;
	fsi_sys_close(fd);
	return r;
}

static int give_inner(const struct work *work, const char *name)
{
	struct stat found = {0};
	int fd = open_inner(work, name, &found);
	int r;

	if (fd < 0)
		return fd;
	r = give(work, fd, &found, fsi_modes_of(work->profile->mode).shared_directory);
	fsi_sys_close(fd);
	return r < 0 ? fail(work, r, name) : 0;
}

/* Leaves what is common to what it was and what it becomes, so that nobody gets at what is half
 * done; of one that others could take things out of, nothing. */
static int narrow(const struct work *work, struct stat *found)
{
	const mode_t mode = found->st_mode & 07777;
	const bool open_to_all = (mode & 0022) != 0 && (mode & S_ISVTX) == 0;
	const mode_t common =
		open_to_all ? 0700 : (mode & (work->profile->mode | S_ISVTX | S_ISGID)) | 0700;
	int r = common == mode ? 0 : fsi_sys_fchmod(work->home_fd, common);

	if (r == 0)
		r = fsi_sys_fstat(work->home_fd, found);
	return r < 0 ? fail(work, r, "") : 0;
}

/* A home of a later version is not ours to change. */
static int check_version(const struct work *work)
{
	struct fsi_counter counter = {.page = NULL};
	int fd = fsi_sys_openat(work->home_fd, FSI_NAME_STATE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
				0);
	int r;

	if (fd < 0)
		return 0;
	r = fsi_counter_open(&counter, fd, false, 0);
	fsi_counter_close(&counter);
	fsi_sys_close(fd);
	return r == FSPS_ERR_VERSION ? r : 0;
}

static int give_all(const struct work *work)
{
	struct stat status = {0};
	int r = fsi_sys_fstat(work->home_fd, &status);

	if (r < 0)
		return fail(work, r, "");
	if (status.st_uid != geteuid())
		return refuse_foreign(work, "", &status);
	r = check_version(work);
	if (r == 0)
		r = narrow(work, &status);
	if (r == 0)
		r = give_inner(work, FSI_NAME_STATE);
	if (r == 0)
		r = give_inner(work, FSI_NAME_STAGING);
	if (r < 0)
		return r;
	r = give(work, work->home_fd, &status, work->profile->mode);
	return r < 0 ? fail(work, r, "") : 0;
}

int fsi_profile_give(const char *path, const struct fsi_profile *profile)
{
	struct work work = {.path = path, .profile = profile, .home_fd = -1};
	bool made = false;
	int r = fsi_home_open_path(path, true, &made, &work.home_fd);

	if (r < 0)
		return r;
	r = give_all(&work);
	fsi_sys_close(work.home_fd);
	return r < 0 ? r : made;
}
