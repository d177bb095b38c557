/* SPDX-License-Identifier: MIT */
/* Implements store/home.h: what lies in ".fsps", and tmp. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/error.h"
#include "base/sys.h"
#include "store/home.h"

/* Makes a directory that all users of the home share. Modes by chmod: a umask must not matter. */
static int make_directory(struct fsi_home *home, const char *name)
{
	int r = fsi_sys_mkdirat(home->fd, name, home->modes.shared_directory & 0700);

	if (r == -EEXIST)
		return 0;
	if (r == 0)
		r = fsi_sys_chmodat(home->fd, name, home->modes.shared_directory);
	if (r < 0)
		return fsi_fail_errno(-r, name, "cannot make directory %s/%s", home->path, name);
	return 0;
}

int fsi_home_make_staging(struct fsi_home *home)
{
	return make_directory(home, FSI_NAME_STAGING);
}

/* Opens a directory that all users of the home share. Who could put a symlink or a directory of
 * his own there could lead us astray. Returns it or -errno; -EPERM: somebody else's. */
static int open_directory(struct fsi_home *home, const char *name)
{
	int fd = fsi_sys_openat(home->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	struct stat status;
	int r;

	if (fd < 0)
		return fd;
	r = fsi_sys_fstat(fd, &status);
	if (r == 0 && status.st_uid != geteuid() && status.st_uid != 0 &&
	    status.st_uid != home->trusted_owner)
		r = -EPERM;
	if (r < 0) {
		fsi_sys_close(fd);
		return r;
	}
	return fd;
}

int fsi_home_open_staging(struct fsi_home *home)
{
	int fd = open_directory(home, FSI_NAME_STAGING);

	if (fd != -ENOENT)
		return fd;
	if (fsi_home_make_staging(home) < 0)
		return -fsi_error_last()->system_errno;
	return open_directory(home, FSI_NAME_STAGING);
}

static void raise_to_names_in(int channel_fd, uint64_t *highest)
{
	struct fsi_directory names;
	unsigned char type;
	const char *name;
	uint64_t id;

	if (fsi_directory_start(&names, channel_fd) < 0)
		return;
	while (fsi_directory_next(&names, &name, &type) == 1)
		if (fsi_id_parse(name, &id) && id > *highest)
			*highest = id;
}

/* The highest ID that stands in any channel: a new counter starts above it. */
static uint64_t highest_id(int home_fd)
{
	int fd = fsi_sys_openat(home_fd, ".", O_RDONLY | O_DIRECTORY, 0);
	struct fsi_channel_name parsed;
	struct fsi_directory names;
	unsigned char type;
	const char *name;
	uint64_t highest = 0;

	if (fd < 0)
		return 0;
	if (fsi_directory_start(&names, fd) == 0)
		while (fsi_directory_next(&names, &name, &type) == 1) {
			int channel_fd;

			if (!fsi_channel_name_parse(name, &parsed))
				continue;
			channel_fd = fsi_sys_openat(home_fd, name,
						    O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
			if (channel_fd < 0)
				continue;
			raise_to_names_in(channel_fd, &highest);
			fsi_sys_close(channel_fd);
		}
	fsi_sys_close(fd);
	return highest;
}

/* Another user's, or none: he was there first. */
static bool is_squatted(int error)
{
	return error == EPERM || error == ELOOP || error == ENOTDIR;
}

static int fail_squatted(const struct fsi_home *home, const char *name)
{
	return fsi_fail(FSPS_ERR_UNSAFE_HOME, home->path,
			"%s/%s is no directory of ours, root's or the home's owner's", home->path,
			name);
}

int fsi_home_fail_staging(const struct fsi_home *home, int error)
{
	if (is_squatted(error))
		return fail_squatted(home, FSI_NAME_STAGING);
	return fsi_fail_errno(error, home->path, "cannot open " FSI_NAME_STAGING " in home %s",
			      home->path);
}

/* Returns 1, 0 if it is missing, or a failure. */
static int open_existing_state(struct fsi_home *home)
{
	int fd = open_directory(home, FSI_NAME_STATE);

	if (fd == -ENOENT)
		return 0;
	if (is_squatted(-fd))
		return fail_squatted(home, FSI_NAME_STATE);
	if (fd < 0)
		return fsi_fail_errno(-fd, home->path, "cannot open %s/" FSI_NAME_STATE,
				      home->path);
	home->state_fd = fd;
	return 1;
}

static int open_state_directory(struct fsi_home *home)
{
	int r = open_existing_state(home);

	if (r != 0)
		return r < 0 ? r : 0;
	r = make_directory(home, FSI_NAME_STATE);
	if (r == 0)
		r = open_existing_state(home);
	if (r == 0)
		return fsi_fail(FSPS_ERR_GONE, home->path, "home %s was removed", home->path);
	return r < 0 ? r : 0;
}

static int open_counter(struct fsi_home *home)
{
	int r = fsi_counter_open(&home->counter, home->state_fd, false, 0);

	if (r == 0)
		r = fsi_counter_open(&home->counter, home->state_fd, true, highest_id(home->fd));
	if (r == FSPS_ERR_VERSION)
		return r;
	/* What fails for want of space or descriptors may work the next time. */
	home->state_refused = r == 0 || r == FSPS_ERR_PERMISSION || r == FSPS_ERR_READ_ONLY;
	if (r != 1)
		fsi_log(&home->log, FSPS_LOG_DEBUG, "no ID counter in %s: IDs by our own clock",
			home->path);
	return 0;
}

static int open_state_locked(struct fsi_home *home)
{
	int r;

	if (home->counter.page != NULL || home->state_refused)
		return 0;
	if (home->state_fd < 0) {
		r = open_state_directory(home);
		if (r < 0)
			return r;
	}
	return open_counter(home);
}

int fsi_home_open_state(struct fsi_home *home)
{
	int r;

	pthread_mutex_lock(&home->lock);
	r = open_state_locked(home);
	pthread_mutex_unlock(&home->lock);
	return r;
}

int fsi_home_look_at_state(struct fsi_home *home)
{
	int r = 1;

	pthread_mutex_lock(&home->lock);
	if (home->state_fd < 0)
		r = open_existing_state(home);
	pthread_mutex_unlock(&home->lock);
	return r;
}

int fsi_home_enter(struct fsi_home *home)
{
	int r;

	pthread_mutex_lock(&home->lock);
	r = open_state_locked(home);
	if (r == 0)
		r = fsi_member_enter(&home->member, home->state_fd, home->identity);
	/* What is made now would be dead when it is born if somebody has deleted our lock file. */
	if (r == 0)
		r = fsi_member_reenter(&home->member, home->state_fd, home->identity);
	pthread_mutex_unlock(&home->lock);
	return r;
}

void fsi_home_check_member(struct fsi_home *home)
{
	pthread_mutex_lock(&home->lock);
	if (fsi_member_reenter(&home->member, home->state_fd, home->identity) < 0)
		fsi_log(&home->log, FSPS_LOG_WARNING,
			"our lock file in %s/" FSI_NAME_STATE
			" was deleted and can't be made again: %s",
			home->path, fsi_error_last()->text);
	pthread_mutex_unlock(&home->lock);
}

uint64_t fsi_home_next_number(struct fsi_home *home)
{
	uint64_t number;

	pthread_mutex_lock(&home->lock);
	number = home->member.next_number++;
	pthread_mutex_unlock(&home->lock);
	return number;
}
