/* SPDX-License-Identifier: MIT */
/* Implements recover/sweep.h: goes over the home, has each thing judged and, if it is dead,
 * settled, and buries the members that were dead in the end. */
#include "recover/sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/error.h"
#include "base/sys.h"
#include "recover/sweeping.h"
#include "store/names.h"

enum {
	PERIOD_MS = 1000,
	/* Unlinks in one sweep in each directory: about a tenth of a second. */
	BUDGET = 20000,
	/* Names that are looked at in all durable channels. */
	NAMES_BUDGET = 100000,
	/* Dead members that one sweep clears up after, if it only comes by. */
	DEAD_MAX = 64,
};

/* ---- one thing ---- */

int fsi_sweep_remove_file(struct fsi_sweeping *sweep, const struct fsi_thing *thing)
{
	int r = fsi_sys_unlinkat(thing->directory_fd, thing->name, 0);

	if (r == 0 || r == -ENOENT)
		return 1;
	/* A failure that nobody asks for is not to hide one that somebody does. */
	return sweep->report == NULL
		       ? 0
		       : fsi_fail_errno(-r, thing->name, "cannot remove %s/%s%s", sweep->home->path,
					thing->folder, thing->name);
}

/* Of a sticky directory that another user shares with us. */
static bool is_ours_to_remove(const struct fsi_thing *thing)
{
	struct stat above;
	struct stat status;

	return geteuid() == 0 || fsi_sys_fstat(thing->directory_fd, &above) < 0 ||
	       (above.st_mode & S_ISVTX) == 0 || above.st_uid == geteuid() ||
	       fsi_sys_fstatat(thing->directory_fd, thing->name, &status) < 0 ||
	       status.st_uid == geteuid();
}

bool fsi_sweep_is_dead(struct fsi_sweeping *sweep, const struct fsi_thing *thing,
		       struct fsi_verdict verdict)
{
	struct fsi_sighting sighting;

	if (sweep->report == NULL)
		return verdict.life == FSI_MEMBER_DEAD;
	if (verdict.life == FSI_MEMBER_DEAD && !is_ours_to_remove(thing))
		verdict = (struct fsi_verdict){.life = FSI_MEMBER_UNKNOWN,
					       .reason = FSPS_SWEEP_NOT_OURS};
	if (verdict.life == FSI_MEMBER_UNKNOWN) {
		fsi_report_glance(sweep->report, thing, &sighting);
		fsi_report_tell(sweep->report, &sighting, verdict.reason, FSPS_SWEEP_LEFT_ALONE,
				FSPS_OK);
	}
	return verdict.life == FSI_MEMBER_DEAD;
}

int fsi_sweep_settle(struct fsi_sweeping *sweep, const struct fsi_thing *thing,
		     struct fsi_verdict verdict, fsi_remover removes)
{
	struct fsi_report *report = sweep->report;
	enum fsps_sweep_outcome outcome = FSPS_SWEEP_WOULD_REMOVE;
	struct fsi_sighting sighting;
	int r = 1;

	if (report == NULL)
		return removes(sweep, thing);
	fsi_report_look(report, thing, &sighting);
	if (!report->dry) {
		r = removes(sweep, thing);
		outcome = r == 1 ? FSPS_SWEEP_REMOVED : FSPS_SWEEP_NOT_REMOVED;
	}
	fsi_report_tell(report, &sighting, verdict.reason, outcome, r < 0 ? r : FSPS_OK);
	return r;
}

/* ---- all names of a directory ---- */

typedef void (*name_visitor)(struct fsi_sweeping *sweep, int directory, const char *name,
			     unsigned char type);

static bool goes_on(const struct fsi_sweeping *sweep)
{
	return sweep->budget > 0 && (sweep->report == NULL || !sweep->report->stopped);
}

static void note_failure(struct fsi_sweeping *sweep, int error, const char *path)
{
	sweep->incomplete = true;
	if (sweep->report != NULL && sweep->failure == 0)
		sweep->failure = fsi_fail_errno(error, path, "cannot read the names in %s/%s",
						sweep->home->path, path);
}

static void visit_names(struct fsi_sweeping *sweep, const char *path, name_visitor visit)
{
	int fd = fsi_sys_openat(sweep->home->fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	struct fsi_directory names;
	unsigned char type;
	const char *name;
	int r;

	if (fd == -ENOENT)
		return;
	r = fd < 0 ? fd : fsi_directory_start(&names, fd);
	while (r >= 0 && goes_on(sweep) && (r = fsi_directory_next(&names, &name, &type)) == 1)
		visit(sweep, fd, name, type);
	if (r < 0)
		note_failure(sweep, -r, path);
	/* A budget for each: somebody who fills tmp must not keep us from the channels. */
	sweep->incomplete |= !goes_on(sweep);
	sweep->budget = sweep->budget_of_each;
	fsi_sys_close(fd);
}

/* ---- lock files ---- */

/* Whether one more dead member can be remembered. */
static bool has_room(struct fsi_sweeping *sweep)
{
	size_t room = sweep->dead_room * 2;
	void *larger;

	if (sweep->dead_count < sweep->dead_room || sweep->report == NULL)
		return sweep->dead_count < sweep->dead_room;
	larger = reallocarray(sweep->dead, room, sizeof *sweep->dead);
	if (larger == NULL) {
		sweep->failure = fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory to sweep a home");
		sweep->report->stopped = true;
		return false;
	}
	sweep->dead = larger;
	sweep->dead_room = room;
	return true;
}

static struct fsi_thing lock_of(int directory, const char *name)
{
	struct fsi_thing thing = {.kind = FSPS_SWEEP_LOCK,
				  .directory_fd = directory,
				  .folder = FSI_NAME_STATE "/",
				  .name = name};

	if (!fsi_lock_name_parse(name, &thing.member))
		thing.member = NULL;
	return thing;
}

static void visit_lock(struct fsi_sweeping *sweep, int directory, const char *name,
		       unsigned char type)
{
	struct fsi_thing thing = lock_of(directory, name);

	(void)type;
	if (thing.member == NULL || !has_room(sweep))
		return;
	if (fsi_sweep_is_dead(sweep, &thing, fsi_judge_member(sweep->home, thing.member)))
		memcpy(sweep->dead[sweep->dead_count++], thing.member, FSI_MEMBER_LEN + 1);
}

static int bury(struct fsi_sweeping *sweep, const struct fsi_thing *thing)
{
	int r = fsi_member_bury(sweep->home->state_fd, thing->member);

	if (r == 0 || sweep->report == NULL)
		return r == 0;
	return fsi_fail_errno(-r, thing->name, "cannot remove %s/%s%s", sweep->home->path,
			      thing->folder, thing->name);
}

/* Something of the dead is left, of whichever: the next sweep has to be reminded. */
static void tell_kept(struct fsi_sweeping *sweep, const struct fsi_thing *thing)
{
	struct fsi_sighting sighting;

	fsi_report_look(sweep->report, thing, &sighting);
	fsi_report_tell(sweep->report, &sighting, FSPS_SWEEP_OWNER_DIED, FSPS_SWEEP_NOT_REMOVED,
			FSPS_OK);
}

static void bury_all(struct fsi_sweeping *sweep)
{
	const struct fsi_verdict died = {.life = FSI_MEMBER_DEAD, .reason = FSPS_SWEEP_OWNER_DIED};

	for (size_t i = 0; i < sweep->dead_count && goes_on(sweep); i++) {
		char name[FSI_NAME_BYTES] = FSI_PREFIX_MEMBER;
		struct fsi_thing thing;

		memcpy(name + strlen(FSI_PREFIX_MEMBER), sweep->dead[i], FSI_MEMBER_LEN + 1);
		thing = lock_of(sweep->home->state_fd, name);
		if (!sweep->incomplete)
			(void)fsi_sweep_settle(sweep, &thing, died, bury);
		else if (sweep->report != NULL)
			tell_kept(sweep, &thing);
	}
}

/* ---- sweeps ---- */

static void sweep_home(struct fsi_sweeping *sweep)
{
	visit_names(sweep, FSI_NAME_STATE, visit_lock);
	visit_names(sweep, FSI_NAME_STAGING, fsi_sweep_staged);
	visit_names(sweep, ".", fsi_sweep_channel);
}

void fsi_recover_sweep(struct fsi_home *home)
{
	char dead[DEAD_MAX][FSI_MEMBER_LEN + 1];
	struct fsi_sweeping sweep = {.home = home,
				     .budget = BUDGET,
				     .budget_of_each = BUDGET,
				     .names_budget = NAMES_BUDGET,
				     .dead = dead,
				     .dead_room = DEAD_MAX};

	if (home->state_fd < 0 ||
	    !fsi_counter_may_sweep(&home->counter, fsi_sys_coarse_ms(), PERIOD_MS))
		return;
	sweep_home(&sweep);
	bury_all(&sweep);
}

int fsi_recover_sweep_all(struct fsi_home *home, struct fsi_report *report)
{
	struct fsi_sweeping sweep = {.home = home,
				     .report = report,
				     .budget = UINT64_MAX,
				     .budget_of_each = UINT64_MAX,
				     .names_budget = UINT64_MAX,
				     .dead_room = DEAD_MAX};

	sweep.dead = calloc(DEAD_MAX, sizeof *sweep.dead);
	if (sweep.dead == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory to sweep a home");
	/* Those who come by need not do it now. */
	if (!report->dry)
		(void)fsi_counter_may_sweep(&home->counter, fsi_sys_coarse_ms(), PERIOD_MS);
	sweep_home(&sweep);
	bury_all(&sweep);
	free(sweep.dead);
	return sweep.failure;
}
