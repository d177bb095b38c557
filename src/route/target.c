/* SPDX-License-Identifier: MIT */
/* Implements route/target.h. */
#include "route/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fsps/limits.h>

#include "base/error.h"
#include "base/sys.h"

struct fsi_target *fsi_target_new(const char *name, const struct fsi_channel_name *parsed)
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
	target->pattern_len = parsed->pattern_len;
	target->pid = parsed->pid;
	target->durable = parsed->kind == FSPS_KIND_DURABLE;
	target->bell_fd = -1;
	target->directory_fd = -1;
	return target;
}

void fsi_target_free(struct fsi_target *target)
{
	if (target == NULL)
		return;
	fsi_target_close_bell(target);
	fsi_oldest_deinit(&target->limited.oldest);
	fsi_control_unmap(target->control);
	free(target->name);
	free(target);
}

int fsi_target_place(const struct fsi_target *target, int home_fd, const char **ret_path)
{
	*ret_path = target->directory_fd >= 0 ? "." : target->name;
	return target->directory_fd >= 0 ? target->directory_fd : home_fd;
}

static int no_directory(const struct fsi_target *target)
{
	return target->durable ? FSI_BELL_NO_CHANNEL : FSI_BELL_BROKEN;
}

/* Finds the directory, and holds on to it if it is another user's. */
static int open_directory(struct fsi_target *target, int home_fd)
{
	struct stat status;
	int r = fsi_sys_fstatat(home_fd, target->name, &status);

	if (r == 0 && !S_ISDIR(status.st_mode))
		return no_directory(target);
	target->foreign = r == 0 && status.st_uid != geteuid();
	if (r == 0 && !target->foreign)
		return FSI_BELL_OPEN;
	if (r == 0)
		r = fsi_sys_openat(home_fd, target->name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
	if (r == -ENOENT)
		return FSI_BELL_GONE;
	if (r == -ENOTDIR || r == -ELOOP)
		return no_directory(target);
	if (r < 0)
		return fsi_fail_errno(-r, target->name, "cannot open channel %s", target->name);
	target->directory_fd = r;
	return FSI_BELL_OPEN;
}

/* Which file it is, is looked at before it is mapped: if another takes its place in between, that
 * shows the next time. */
static int map_control(struct fsi_target *target, int directory, const char *path)
{
	char control_path[2 * FSI_NAME_BYTES];
	struct stat status;
	int r;

	strcpy(stpcpy(stpcpy(control_path, path), "/"), FSI_NAME_CONTROL);
	if (target->durable && fsi_sys_fstatat(directory, control_path, &status) == 0) {
		target->control_device = status.st_dev;
		target->control_inode = status.st_ino;
	}
	r = fsi_control_map(directory, path, &target->control);
	if (r < 0)
		return r;
	target->scans = r != FSI_CONTROL_NONE;
	target->takes_segments = target->control != NULL && fsi_target_reads_segments(target);
	target->counts_messages = target->control != NULL && fsi_target_limits_messages(target);
	return FSI_BELL_OPEN;
}

/* Directories with such a name may be anybody's; a durable channel has a control block from the
 * moment that it has its name. */
static int check_durable(const struct fsi_target *target, int directory, const char *path)
{
	struct stat status;

	if (!target->durable || target->scans)
		return FSI_BELL_OPEN;
	return fsi_sys_fstatat(directory, path, &status) == -ENOENT ? FSI_BELL_GONE
								    : FSI_BELL_NO_CHANNEL;
}

static int open_bell(struct fsi_target *target, int home_fd)
{
	const char *path;
	int directory = fsi_target_place(target, home_fd, &path);
	int r = FSI_BELL_OPEN;

	if (!target->looked_for_control)
		r = map_control(target, directory, path);
	if (r == FSI_BELL_OPEN)
		r = check_durable(target, directory, path);
	if (r != FSI_BELL_OPEN)
		return r;
	r = fsi_bell_open(directory, path, target->control != NULL, &target->bell_fd);
	/* A channel of formix-pubsub that is being made has neither yet: look for both again. */
	target->looked_for_control = r == FSI_BELL_OPEN || target->control != NULL;
	return r;
}

/* A durable channel is linked into also where nobody can be told. */
static bool is_needed(const struct fsi_target *target, int answer)
{
	return answer == FSI_BELL_OPEN ||
	       (target->durable && (answer == FSI_BELL_NOBODY || answer == FSI_BELL_NOT_YET ||
				    answer == FSI_BELL_BROKEN));
}

int fsi_target_open(struct fsi_target *target, int home_fd)
{
	int r = FSI_BELL_OPEN;

	if (target->bell_fd >= 0)
		return FSI_BELL_OPEN;
	if (target->directory_fd < 0)
		r = open_directory(target, home_fd);
	if (r == FSI_BELL_OPEN)
		r = open_bell(target, home_fd);
	if (!is_needed(target, r))
		fsi_target_close_bell(target);
	return r;
}

bool fsi_target_limits_messages(const struct fsi_target *target)
{
	return atomic_load_explicit(&target->control->limit_messages, memory_order_relaxed) != 0;
}

static bool drops_oldest_of_few(const struct fsi_control *control)
{
	enum { FEW = 1024 };
	uint64_t limit = atomic_load_explicit(&control->limit_messages, memory_order_relaxed);

	return limit != 0 && limit < FEW &&
	       atomic_load_explicit(&control->when_full, memory_order_relaxed) ==
		       FSPS_FULL_DROP_OLDEST;
}

bool fsi_target_reads_segments(const struct fsi_target *target)
{
	return !drops_oldest_of_few(target->control) &&
	       (atomic_load_explicit(&target->control->features, memory_order_acquire) &
		FSI_CONTROL_READS_SEGMENTS) != 0;
}

bool fsi_target_is_same(const struct fsi_target *target, int home_fd)
{
	char path[2 * FSI_NAME_BYTES];
	struct stat named;
	struct stat open;

	if (target->control != NULL) {
		strcpy(stpcpy(stpcpy(path, target->name), "/"), FSI_NAME_CONTROL);
		return fsi_sys_fstatat(home_fd, path, &named) == 0 &&
		       named.st_ino == target->control_inode &&
		       named.st_dev == target->control_device;
	}
	if (target->directory_fd < 0)
		return true;
	return fsi_sys_fstatat(home_fd, target->name, &named) == 0 &&
	       fsi_sys_fstat(target->directory_fd, &open) == 0 && named.st_ino == open.st_ino &&
	       named.st_dev == open.st_dev;
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
