/* SPDX-License-Identifier: MIT */
/* Implements store/home.h: opening and checking; what is in ".fsps" is in home_state.c. */
#include "store/home.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/sys.h"

/* Modes for a home of mode `home`: nobody else, a group, or everybody may publish and subscribe.
 * A drop box's directory lets others link and not look; its bell lets them write. */
struct fsi_modes fsi_modes_of(mode_t home)
{
	if ((home & 0002) != 0)
		return (struct fsi_modes){.shared_directory = 01777,
					  .channel = 01733,
					  .queue = 0622,
					  .message = 0644};
	if ((home & 0020) != 0)
		return (struct fsi_modes){.shared_directory = 03770,
					  .channel = 03730,
					  .queue = 0620,
					  .message = 0640};
	return (struct fsi_modes){
		.shared_directory = 0700, .channel = 0700, .queue = 0600, .message = 0600};
}

static int check_safe(const char *path, uid_t trusted_owner, const struct stat *status)
{
	uid_t us = geteuid();

	if (status->st_uid != us && status->st_uid != 0 && status->st_uid != trusted_owner)
		return fsi_fail(FSPS_ERR_UNSAFE_HOME, path,
				"home %s belongs to user %lu, not to us (user %lu) or root", path,
				(unsigned long)status->st_uid, (unsigned long)us);
	if ((status->st_mode & 0022) != 0 && (status->st_mode & S_ISVTX) == 0)
		return fsi_fail(FSPS_ERR_UNSAFE_HOME, path,
				"home %s may be written by others (mode %04o) and is not sticky",
				path, (unsigned)(status->st_mode & 07777));
	return 0;
}

static int open_directory(const char *path, bool create, bool *ret_made)
{
	int fd = fsi_sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	int r;

	if (fd != -ENOENT || !create)
		return fd;
	r = fsi_sys_mkdirat(AT_FDCWD, path, 0700);
	if (r < 0 && r != -EEXIST)
		return r;
	/* Whatever the umask: a directory that its owner can't enter is no home. */
	if (r == 0)
		r = fsi_sys_chmodat(AT_FDCWD, path, 0700);
	if (r < 0 && r != -EEXIST)
		return r;
	*ret_made = true;
	return fsi_sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
}

static bool is_symlink(const char *path)
{
	struct stat status;

	return fsi_sys_fstatat(AT_FDCWD, path, &status) == 0 && S_ISLNK(status.st_mode);
}

static int refuse_open(int error, const char *path, bool create)
{
	if (error == ELOOP || (error == ENOTDIR && is_symlink(path)))
		return fsi_fail(FSPS_ERR_UNSAFE_HOME, path,
				"home %s is a symlink; name the directory itself", path);
	if (error == ENOTDIR)
		return fsi_fail(FSPS_ERR_UNSAFE_HOME, path, "home %s is not a directory", path);
	if (error == ENOENT && create)
		return fsi_fail(FSPS_ERR_NO_HOME, path,
				"cannot create home %s: the directory above it does not exist",
				path);
	return fsi_fail_errno(error, path, "cannot open home %s", path);
}

static void child_after_fork(struct fsi_fork_entry *entry)
{
	struct fsi_home *home =
		(struct fsi_home *)((char *)entry - offsetof(struct fsi_home, fork_entry));

	(void)fsi_fork_renew_mutex(&home->lock);
	fsi_member_forget(&home->member);
}

static void init_home(struct fsi_home *home, int fd, const struct stat *status)
{
	atomic_init(&home->references, 1);
	home->mode = status->st_mode;
	home->modes = fsi_modes_of(status->st_mode);
	home->device = status->st_dev;
	home->inode = status->st_ino;
	home->fd = fd;
	home->timer_fd = -1;
	atomic_init(&home->state_fd, -1);
	(void)pthread_mutex_init(&home->lock, NULL);
	fsi_member_init(&home->member);
	home->fork_entry.in_child = child_after_fork;
	fsi_fork_enlist(&home->fork_entry);
}

int fsi_home_open_path(const char *path, bool create, bool *ret_made, int *ret_fd)
{
	int fd = open_directory(path, create, ret_made);

	if (fd == -ENOENT && !create)
		return 0;
	if (fd < 0)
		return refuse_open(-fd, path, create);
	*ret_fd = fd;
	return 1;
}

int fsi_home_open(const struct fsi_home_terms *terms, bool create, struct fsi_home **ret_home)
{
	const char *path = terms->path;
	struct fsi_home *home = NULL;
	struct stat status;
	bool made = false;
	int fd = -1;
	int r = fsi_home_open_path(path, create, &made, &fd);

	if (r <= 0)
		return r;
	r = fsi_sys_fstat(fd, &status);
	r = r < 0 ? fsi_fail_errno(-r, path, "cannot look at home %s", path)
		  : check_safe(path, terms->owner, &status);
	if (r == 0) {
		home = calloc(1, sizeof *home);
		if (home == NULL)
			r = fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory for a home");
	}
	if (home == NULL) {
		fsi_sys_close(fd);
		return r;
	}
	init_home(home, fd, &status);
	home->path = path;
	home->identity = terms->identity;
	home->log = *terms->log;
	home->trusted_owner = terms->owner;
	if (made)
		fsi_log(&home->log, FSPS_LOG_DEBUG, "created home %s", path);
	*ret_home = home;
	return 1;
}

struct fsi_home *fsi_home_ref(struct fsi_home *home)
{
	atomic_fetch_add_explicit(&home->references, 1, memory_order_relaxed);
	return home;
}

void fsi_home_unref(struct fsi_home *home)
{
	if (home == NULL ||
	    atomic_fetch_sub_explicit(&home->references, 1, memory_order_acq_rel) > 1)
		return;
	fsi_fork_delist(&home->fork_entry);
	fsi_member_leave(&home->member, home->state_fd);
	fsi_counter_close(&home->counter);
	fsi_sys_close(home->timer_fd);
	fsi_sys_close(home->state_fd);
	fsi_sys_close(home->fd);
	(void)pthread_mutex_destroy(&home->lock);
	free(home);
}

bool fsi_home_is_gone(const struct fsi_home *home)
{
	struct stat status;

	if (fsi_sys_fstatat(AT_FDCWD, home->path, &status) < 0)
		return true;
	if (status.st_dev != home->device || status.st_ino != home->inode)
		return true;
	/* What we make from now on has to have other modes. */
	if ((status.st_mode & 0022) != (home->mode & 0022))
		return true;
	/* Without its ".fsps" it has to be entered anew, too: who lives is not told here any more.
	 */
	return home->state_fd >= 0 && fsi_sys_fstat(home->state_fd, &status) == 0 &&
	       status.st_nlink == 0;
}

bool fsi_home_is_replaced(const struct fsi_home *home)
{
	struct stat status;

	return fsi_sys_fstatat(AT_FDCWD, home->path, &status) == 0 &&
	       (status.st_dev != home->device || status.st_ino != home->inode);
}

int fsi_home_timer(struct fsi_home *home)
{
	enum { PERIOD_MS = 1000 };
	int fd;

	pthread_mutex_lock(&home->lock);
	if (home->timer_fd < 0) {
		fd = fsi_sys_timer(PERIOD_MS);
		if (fd < 0)
			fd = fsi_fail_errno(-fd, NULL, "cannot make a timer");
		else
			home->timer_fd = fd;
	} else {
		fd = home->timer_fd;
	}
	pthread_mutex_unlock(&home->lock);
	return fd;
}
