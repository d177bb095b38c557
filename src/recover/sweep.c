/* SPDX-License-Identifier: MIT */
/* Implements recover/sweep.h. */
#include "recover/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/error.h"
#include "base/sys.h"
#include "claim/look_over.h"
#include "recover/inbox.h"
#include "recover/removal.h"
#include "store/names.h"
#include "stream/format.h"
#include "watch/bell.h"

enum {
	PERIOD_MS = 1000,
	/* Unlinks in one sweep in each directory: about a tenth of a second. */
	BUDGET = 20000,
	/* Names that are looked at in all durable channels. */
	NAMES_BUDGET = 100000,
	/* Dead members that one sweep clears up after. */
	DEAD_MAX = 64,
	/* A channel of formix-pubsub is made, then opened: give it time. */
	PLAIN_GRACE_S = 10,
	/* formix-pubsub's staging files live for milliseconds. */
	STAGING_GRACE_S = 3600,
	/* A publisher uses its segments again within milliseconds, if at all. */
	SEGMENT_IDLE_S = 10,
};

struct sweep {
	struct fsi_home *home;
	uint64_t budget;
	/* What is left of it nobody misses: whoever reads a channel looks over it himself. */
	uint64_t names_budget;
	char dead[DEAD_MAX][FSI_MEMBER_LEN + 1];
	size_t dead_count;
	/* Something of a dead member is left: keep its lock file as the reminder. */
	bool incomplete;
};

typedef void (*name_visitor)(struct sweep *sweep, int directory, const char *name,
			     unsigned char type);

static void visit_names(struct sweep *sweep, const char *path, name_visitor visit)
{
	int fd = fsi_sys_openat(sweep->home->fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	struct fsi_directory names;
	unsigned char type;
	const char *name;
	int r;

	if (fd == -ENOENT)
		return;
	r = fd < 0 ? fd : fsi_directory_start(&names, fd);
	while (r >= 0 && sweep->budget > 0 && (r = fsi_directory_next(&names, &name, &type)) == 1)
		visit(sweep, fd, name, type);
	/* A budget for each: somebody who fills tmp must not keep us from the channels. */
	if (r < 0 || sweep->budget == 0)
		sweep->incomplete = true;
	sweep->budget = BUDGET;
	fsi_sys_close(fd);
}

static bool is_dead(const struct sweep *sweep, const char *member)
{
	return fsi_member_life(sweep->home->state_fd, member) == FSI_MEMBER_DEAD;
}

static void visit_lock(struct sweep *sweep, int directory, const char *name, unsigned char type)
{
	const char *member;

	(void)directory;
	(void)type;
	if (sweep->dead_count == DEAD_MAX || !fsi_lock_name_parse(name, &member))
		return;
	if (is_dead(sweep, member))
		memcpy(sweep->dead[sweep->dead_count++], member, FSI_MEMBER_LEN + 1);
}

static bool is_older_than(int directory, const char *name, int64_t seconds)
{
	int64_t now_s = (int64_t)(fsi_sys_realtime_us() / 1000000);
	struct stat status;

	if (fsi_sys_fstatat(directory, name, &status) < 0)
		return false;
	return now_s - status.st_mtim.tv_sec > seconds;
}

static bool is_in_use(int fd)
{
	struct fsi_segment_header header;

	return fsi_sys_rewind(fd) < 0 ||
	       fsi_sys_read(fd, &header, sizeof header) != (ssize_t)sizeof header ||
	       atomic_load_explicit(&header.in_use, memory_order_relaxed) != 0;
}

/*
 * A segment in a living publisher's pool that nobody has used for a while: its memory is given
 * back, which the publisher can't do while it has nothing to publish. With the exclusive lock it is
 * neither being written nor read, nor about to be used again; and who wants to use it later finds
 * its name gone.
 */
static void reclaim_segment(int directory, const char *name)
{
	struct stat status;
	int fd;

	/* Nobody else can put another file into the place of ours: the directory is sticky. */
	if (fsi_sys_fstatat(directory, name, &status) < 0 || !S_ISREG(status.st_mode) ||
	    status.st_uid != geteuid() || status.st_nlink != 1 ||
	    (int64_t)(fsi_sys_realtime_us() / 1000000) - status.st_ctim.tv_sec < SEGMENT_IDLE_S)
		return;
	/* It is 0400, so that nobody writes into it by mistake. */
	(void)fsi_sys_chmodat(directory, name, 0600);
	fd = fsi_sys_openat(directory, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0)
		return;
	/* To punch out the header, too, leaves no key that a reader could take for the right one.
	 */
	if (!is_in_use(fd) && fsi_sys_flock(fd, LOCK_EX | LOCK_NB) == 0 && !is_in_use(fd) &&
	    fsi_sys_fstat(fd, &status) == 0 && status.st_nlink == 1 &&
	    fsi_sys_unlinkat(directory, name, 0) == 0)
		(void)fsi_sys_punch(fd, 0, status.st_size);
	else
		(void)fsi_sys_fchmod(fd, 0400);
	fsi_sys_close(fd);
}

static bool is_segment(struct sweep *sweep, int directory, const char *name)
{
	char member[FSI_MEMBER_LEN + 1];
	uint64_t number;

	if (!fsi_member_name_parse(name, FSI_PREFIX_SEGMENT, member, &number))
		return false;
	switch (fsi_member_life(sweep->home->state_fd, member)) {
	case FSI_MEMBER_DEAD:
		(void)fsi_sys_unlinkat(directory, name, 0);
		break;
	case FSI_MEMBER_ALIVE:
		reclaim_segment(directory, name);
		break;
	case FSI_MEMBER_UNKNOWN:
		break;
	}
	return true;
}

static void visit_staged(struct sweep *sweep, int directory, const char *name, unsigned char type)
{
	char member[FSI_MEMBER_LEN + 1];
	uint64_t number;

	(void)type;
	sweep->budget--;
	if (is_segment(sweep, directory, name))
		return;
	if (fsi_member_name_parse(name, FSI_PREFIX_INTENT, member, &number)
		    ? is_dead(sweep, member)
		    : fsi_id_parse(name, &number) &&
			      is_older_than(directory, name, STAGING_GRACE_S)) {
		(void)fsi_sys_unlinkat(directory, name, 0);
		fsi_log(&sweep->home->log, FSPS_LOG_DEBUG, "dropped abandoned %s/tmp/%s",
			sweep->home->path, name);
	}
}

/* A plain channel whose owner's pid is gone may belong to another pid namespace; then its owner
 * has the bell open. */
static bool nobody_reads(struct fsi_home *home, const char *name)
{
	int fd = -1;
	int r = fsi_bell_open(home->fd, name, false, &fd);

	fsi_sys_close(fd);
	return r == FSI_BELL_NOBODY || r == FSI_BELL_NOT_YET;
}

bool fsi_recover_owner_is_dead(struct fsi_home *home, const char *name, int32_t pid,
			       const struct fsi_control *control)
{
	if (control != NULL)
		return fsi_member_life(home->state_fd, control->member) == FSI_MEMBER_DEAD;
	return fsi_sys_kill(pid, 0) == -ESRCH && nobody_reads(home, name) &&
	       is_older_than(home->fd, name, PLAIN_GRACE_S);
}

/* One of ours is looked into only if somebody is known to have died: opening each would cost more
 * than the sweep is worth. */
static bool channel_is_dead(struct sweep *sweep, const char *name, int32_t pid)
{
	struct fsi_control *control = NULL;
	bool pid_is_gone = fsi_sys_kill(pid, 0) == -ESRCH;
	enum fsi_member_life life;

	if (!pid_is_gone && sweep->dead_count == 0)
		return false;
	if (fsi_control_map(sweep->home->fd, name, &control) < 0) {
		/* Whose it is could not be told. */
		sweep->incomplete = true;
		return false;
	}
	if (control == NULL)
		return fsi_recover_owner_is_dead(sweep->home, name, pid, NULL);
	life = fsi_member_life(sweep->home->state_fd, control->member);
	fsi_control_unmap(control);
	sweep->incomplete |= life == FSI_MEMBER_UNKNOWN;
	return life == FSI_MEMBER_DEAD;
}

static void remove_dead(struct sweep *sweep, const char *name, bool is_trash)
{
	int r = is_trash ? fsi_recover_remove_trash(sweep->home, name, &sweep->budget)
			 : fsi_recover_remove_channel(sweep->home, name, &sweep->budget);

	/* What is left of it is trash by now, which no lock is asked for; and what another user
	 * does not let us remove is his. Neither may keep all lock files there are for ever. */
	if (r < 0 && fsi_error_last()->code != FSPS_ERR_PERMISSION)
		sweep->incomplete = true;
	if (!is_trash)
		fsi_log(&sweep->home->log, FSPS_LOG_DEBUG, "removed dead channel %s/%s",
			sweep->home->path, name);
}

/* Claims of the dead, in a channel that outlives them. Its readers do the same, if it has any. */
static void look_over_durable(struct sweep *sweep, const char *name)
{
	struct fsi_workplace place = {.home = sweep->home, .channel_name = name};
	struct fsi_look_over found = {.revived = 0};
	struct fsi_control *control = NULL;

	if (sweep->names_budget == 0)
		return;
	if (fsi_control_map(sweep->home->fd, name, &control) != FSI_CONTROL_MAPPED)
		return;
	place.control = control;
	place.attempts_max = atomic_load(&control->attempts_max);
	place.directory_fd =
		fsi_sys_openat(sweep->home->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	/* 0: nobody has ever read from it, so nobody has claimed anything. */
	if (place.directory_fd >= 0 && place.attempts_max > 0)
		(void)fsi_look_over(&place, NULL, &sweep->names_budget, &found);
	/* Whoever reads there is to look now. */
	if (found.revived > 0)
		atomic_store(&control->dirty, 1);
	fsi_sys_close(place.directory_fd);
	fsi_control_unmap(control);
}

/* Whether that is a name of ours for something that is nobody's alone. */
static bool is_kept(struct sweep *sweep, const char *name)
{
	struct fsi_channel_name parsed;

	if (!fsi_channel_name_parse(name, &parsed) || parsed.kind == FSPS_KIND_LIVE)
		return false;
	if (parsed.kind == FSPS_KIND_INBOX)
		(void)fsi_inbox_adopt(sweep->home, name, &sweep->budget);
	else if (sweep->dead_count > 0)
		look_over_durable(sweep, name);
	return true;
}

static void visit_channel(struct sweep *sweep, int directory, const char *name, unsigned char type)
{
	char member[FSI_MEMBER_LEN + 1];
	struct fsi_channel_name parsed;
	uint64_t number;

	(void)directory;
	if ((type != DT_DIR && type != DT_UNKNOWN) || is_kept(sweep, name))
		return;
	if (fsi_member_name_parse(name, FSI_PREFIX_REMOVING, member, &number))
		remove_dead(sweep, name, true);
	else if (fsi_member_name_parse(name, FSI_PREFIX_BUILDING, member, &number)
			 ? is_dead(sweep, member)
			 : fsi_channel_name_parse(name, &parsed) &&
				   channel_is_dead(sweep, name, parsed.pid))
		remove_dead(sweep, name, false);
}

void fsi_recover_sweep(struct fsi_home *home)
{
	struct sweep sweep = {.home = home, .budget = BUDGET, .names_budget = NAMES_BUDGET};

	if (home->state_fd < 0 ||
	    !fsi_counter_may_sweep(&home->counter, fsi_sys_coarse_ms(), PERIOD_MS))
		return;
	visit_names(&sweep, FSI_NAME_STATE, visit_lock);
	visit_names(&sweep, FSI_NAME_STAGING, visit_staged);
	visit_names(&sweep, ".", visit_channel);
	if (sweep.incomplete)
		return;
	for (size_t i = 0; i < sweep.dead_count; i++)
		fsi_member_bury(home->state_fd, sweep.dead[i]);
}
