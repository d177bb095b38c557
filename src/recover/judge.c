/* SPDX-License-Identifier: MIT */
/* Implements recover/judge.h. */
#include "recover/judge.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/sys.h"
#include "watch/bell.h"

enum {
	/* A channel of formix-pubsub is made, then opened: give it time. */
	PLAIN_GRACE_S = 10,
	/* formix-pubsub's staging files live for milliseconds. */
	STAGING_GRACE_S = 3600,
};

static const struct fsi_verdict alive = {.life = FSI_MEMBER_ALIVE};

static struct fsi_verdict dead(enum fsps_sweep_reason reason)
{
	return (struct fsi_verdict){.life = FSI_MEMBER_DEAD, .reason = reason};
}

static struct fsi_verdict unknown(enum fsps_sweep_reason reason)
{
	return (struct fsi_verdict){.life = FSI_MEMBER_UNKNOWN, .reason = reason};
}

bool fsi_judge_is_older_than(int directory, const char *name, int64_t seconds)
{
	int64_t now_s = (int64_t)(fsi_sys_realtime_us() / 1000000);
	struct stat status;

	if (fsi_sys_fstatat(directory, name, &status) < 0)
		return false;
	return now_s - status.st_mtim.tv_sec > seconds;
}

struct fsi_verdict fsi_judge_member(const struct fsi_home *home, const char *member)
{
	switch (fsi_member_life(home->state_fd, member)) {
	case FSI_MEMBER_DEAD:
		return dead(FSPS_SWEEP_OWNER_DIED);
	case FSI_MEMBER_UNKNOWN:
		return unknown(FSPS_SWEEP_CLOSED_TO_US);
	case FSI_MEMBER_ALIVE:
	default:
		return alive;
	}
}

/* There is no process of its pid. */
static struct fsi_verdict judge_by_bell(int bell, struct fsi_home *home, const char *name)
{
	if (bell == FSI_BELL_NOBODY || bell == FSI_BELL_NOT_YET)
		return fsi_judge_is_older_than(home->fd, name, PLAIN_GRACE_S)
			       ? dead(FSPS_SWEEP_NO_PROCESS)
			       : unknown(FSPS_SWEEP_TOO_NEW);
	if (bell == FSI_BELL_OPEN)
		return unknown(FSPS_SWEEP_ELSEWHERE);
	/* What is no channel, or gone, is nobody's; all else we may not open. */
	return bell < 0 || bell == FSI_BELL_FORBIDDEN ? unknown(FSPS_SWEEP_CLOSED_TO_US) : alive;
}

struct fsi_verdict fsi_judge_plain(struct fsi_home *home, const char *name, int32_t pid,
				   bool thoroughly)
{
	bool pid_is_gone = fsi_sys_kill(pid, 0) == -ESRCH;
	int fd = -1;
	int bell;

	if (!pid_is_gone && !thoroughly)
		return alive;
	bell = fsi_bell_open(home->fd, name, false, &fd);
	fsi_sys_close(fd);
	if (pid_is_gone)
		return judge_by_bell(bell, home, name);
	return bell == FSI_BELL_NOBODY && fsi_judge_is_older_than(home->fd, name, PLAIN_GRACE_S)
		       ? unknown(FSPS_SWEEP_PROCESS_ID_TAKEN)
		       : alive;
}

/* Whether somebody has the lock of an inbox. One that we may not open, as its mode keeps others
 * from listing it, is judged by its bell alone. */
static bool is_locked(struct fsi_home *home, const char *name)
{
	int fd = fsi_sys_openat(home->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	int r = fd < 0 ? 0 : fsi_sys_flock(fd, LOCK_EX | LOCK_NB);

	fsi_sys_close(fd);
	return r == -EWOULDBLOCK;
}

struct fsi_verdict fsi_judge_inbox(struct fsi_home *home, const char *name, bool left)
{
	struct stat status;
	int fd = -1;
	int bell = FSI_BELL_NOBODY;

	if (!left)
		bell = fsi_bell_open(home->fd, name, false, &fd);
	fsi_sys_close(fd);
	if (bell < 0 || bell == FSI_BELL_FORBIDDEN)
		return unknown(FSPS_SWEEP_CLOSED_TO_US);
	if (bell == FSI_BELL_OPEN || bell == FSI_BELL_GONE || is_locked(home, name) ||
	    fsi_sys_fstatat(home->fd, name, &status) < 0 || !S_ISDIR(status.st_mode))
		return alive;
	/* Of another user's we could not tell what he does with it meanwhile. */
	return status.st_uid == geteuid() || geteuid() == 0 ? dead(FSPS_SWEEP_NOBODY_HOLDS_IT)
							    : unknown(FSPS_SWEEP_CLOSED_TO_US);
}

struct fsi_verdict fsi_judge_staged(int staging_fd, const char *name)
{
	return fsi_judge_is_older_than(staging_fd, name, STAGING_GRACE_S)
		       ? dead(FSPS_SWEEP_ABANDONED)
		       : unknown(FSPS_SWEEP_TOO_NEW);
}

bool fsi_recover_owner_is_dead(struct fsi_home *home, const char *name, int32_t pid,
			       const struct fsi_control *control)
{
	struct fsi_verdict verdict = control != NULL ? fsi_judge_member(home, control->member)
						     : fsi_judge_plain(home, name, pid, false);

	return verdict.life == FSI_MEMBER_DEAD;
}
