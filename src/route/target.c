/* SPDX-License-Identifier: MIT */
/* Implements route/target.h. */
#include "route/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"

struct fsi_target *fsi_target_new(const char *name, size_t pattern_len, int32_t pid)
{
	struct fsi_target *target = calloc(1, sizeof *target);

	if (target == NULL)
		return NULL;
	target->name = strdup(name);
	if (target->name == NULL) {
		free(target);
		return NULL;
	}
	target->name_len = strlen(name);
	target->pattern_len = pattern_len;
	target->pid = pid;
	target->bell_fd = -1;
	target->directory_fd = -1;
	return target;
}

void fsi_target_free(struct fsi_target *target)
{
	if (target == NULL)
		return;
	fsi_target_close_bell(target);
	fsi_control_unmap(target->control);
	free(target->name);
	free(target);
}

int fsi_target_place(const struct fsi_target *target, int home_fd, const char **ret_path)
{
	*ret_path = target->directory_fd >= 0 ? "." : target->name;
	return target->directory_fd >= 0 ? target->directory_fd : home_fd;
}

/* Finds the directory, and holds on to it if it is another user's. */
static int open_directory(struct fsi_target *target, int home_fd)
{
	struct stat status;
	int r = fsi_sys_fstatat(home_fd, target->name, &status);

	if (r == 0 && !S_ISDIR(status.st_mode))
		return FSI_BELL_BROKEN;
	if (r == 0 && status.st_uid == geteuid())
		return FSI_BELL_OPEN;
	if (r == 0)
		r = fsi_sys_openat(home_fd, target->name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
	if (r == -ENOENT)
		return FSI_BELL_GONE;
	if (r == -ENOTDIR || r == -ELOOP)
		return FSI_BELL_BROKEN;
	if (r < 0)
		return fsi_fail_errno(-r, target->name, "cannot open channel %s", target->name);
	target->directory_fd = r;
	return FSI_BELL_OPEN;
}

static int open_bell(struct fsi_target *target, int home_fd)
{
	const char *path;
	int directory = fsi_target_place(target, home_fd, &path);
	int r;

	if (!target->looked_for_control) {
		r = fsi_control_map(directory, path, &target->control);
		if (r < 0)
			return r;
		target->scans = r != FSI_CONTROL_NONE;
	}
	r = fsi_bell_open(directory, path, target->control != NULL, &target->bell_fd);
	/* A channel of formix-pubsub that is being made has neither yet: look for both again. */
	target->looked_for_control = r == FSI_BELL_OPEN || target->control != NULL;
	return r;
}

int fsi_target_open(struct fsi_target *target, int home_fd)
{
	int r;

	if (target->bell_fd >= 0)
		return FSI_BELL_OPEN;
	r = open_directory(target, home_fd);
	if (r == FSI_BELL_OPEN)
		r = open_bell(target, home_fd);
	if (r != FSI_BELL_OPEN)
		fsi_target_close_bell(target);
	return r;
}

void fsi_target_close_bell(struct fsi_target *target)
{
	fsi_sys_close(target->bell_fd);
	target->bell_fd = -1;
	fsi_sys_close(target->directory_fd);
	target->directory_fd = -1;
}

/*
 * R6. First the number, then the wake: the kernel lets nobody wait for a number that was cleared,
 * so a reader that is just about to wait is not passed over. Killed in between costs what is left
 * of the nap. A number that somebody else cleared is his to wake.
 */
void fsi_target_end_nap(struct fsi_control *control, uint32_t sleep)
{
	_Atomic uint32_t *word = fsi_control_waiting(control);

	if ((sleep & FSI_CONTROL_NAPS) != 0 && atomic_compare_exchange_strong(word, &sleep, 0))
		(void)fsi_sys_futex_wake(word);
}

int fsi_target_ring(struct fsi_target *target, uint64_t id, bool look)
{
	struct fsi_control *control = target->control;
	int r;

	if (control == NULL)
		return fsi_bell_ring(target->bell_fd, false, look ? 0 : id);
	/*
	 * The order is the proof (R3): the message is linked; if the bell is full, first the flag,
	 * then one more try. Full again means that the reader has records to wake for, and it
	 * takes the flag after it has read them.
	 */
	if (look)
		atomic_store(&control->dirty, 1);
	r = fsi_bell_ring(target->bell_fd, true, look ? 0 : id);
	if (r == -EAGAIN) {
		atomic_store(&control->dirty, 1);
		r = fsi_bell_ring(target->bell_fd, true, look ? 0 : id);
	}
	/* A courtesy: one that naps does not see its bell, but looks within milliseconds. */
	fsi_target_end_nap(control, atomic_load(fsi_control_waiting(control)));
	return r == -EAGAIN ? 0 : r;
}
