/* SPDX-License-Identifier: MIT */
/* Implements recover/sweeping.h: directories in the home. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "claim/look_over.h"
#include "recover/inbox.h"
#include "recover/removal.h"
#include "recover/sweeping.h"
#include "store/names.h"

/* ---- removing ---- */

/* What is left of it is trash by now, which no lock is asked for; and what another user does not
 * let us remove is his. Neither may keep all lock files there are for ever. */
static int note_left(struct fsi_sweeping *sweep, int r)
{
	if (r < 0 && fsi_error_last()->code != FSPS_ERR_PERMISSION)
		sweep->incomplete = true;
	return r;
}

static int remove_trash(struct fsi_sweeping *sweep, const struct fsi_thing *thing)
{
	return fsi_recover_remove_trash(sweep->home, thing->name, &sweep->budget);
}

static int remove_channel(struct fsi_sweeping *sweep, const struct fsi_thing *thing)
{
	int r = fsi_recover_remove_channel(sweep->home, thing->name, &sweep->budget);

	if (r >= 0)
		fsi_log(&sweep->home->log, FSPS_LOG_DEBUG, "removed dead channel %s/%s",
			sweep->home->path, thing->name);
	return note_left(sweep, r);
}

/* ---- channels of the living and of the dead ---- */

/* Who reads it by its control block; NULL: by its name. */
static struct fsi_verdict judge_live(struct fsi_sweeping *sweep, struct fsi_thing *thing,
				     const struct fsi_control *control)
{
	struct fsi_verdict verdict;

	if (control == NULL)
		return fsi_judge_plain(sweep->home, thing->name, thing->pid, sweep->report != NULL);
	snprintf(thing->identity, sizeof thing->identity, "%s", control->identity);
	verdict = fsi_judge_member(sweep->home, control->member);
	sweep->incomplete |= verdict.life == FSI_MEMBER_UNKNOWN;
	return verdict;
}

/* One of ours is looked into only if somebody is known to have died, or is to be told of: opening
 * each would cost more than the sweep is worth. */
static void visit_live(struct fsi_sweeping *sweep, struct fsi_thing *thing)
{
	struct fsi_control *control = NULL;
	struct fsi_verdict verdict;
	int r;

	if (sweep->report == NULL && sweep->dead_count == 0 &&
	    fsi_sys_kill(thing->pid, 0) != -ESRCH)
		return;
	r = fsi_control_map(sweep->home->fd, thing->name, &control);
	if (r < 0) {
		/* Whose it is could not be told. */
		sweep->incomplete = true;
		if (sweep->failure == 0)
			sweep->failure = r;
		return;
	}
	verdict = judge_live(sweep, thing, control);
	fsi_control_unmap(control);
	if (fsi_sweep_is_dead(sweep, thing, verdict))
		(void)fsi_sweep_settle(sweep, thing, verdict, remove_channel);
}

/* ---- durable channels ---- */

struct claims {
	struct fsi_sweeping *sweep;
	int channel_fd;
	/* As a folder. */
	char path[FSI_NAME_BYTES + 1];
};

static void tell_claim(void *userdata, const char *name, const struct fsi_work_name *claim,
		       bool overdue, int r)
{
	const struct claims *claims = userdata;
	struct fsi_report *report = claims->sweep->report;
	const struct fsi_thing thing = {.kind = FSPS_SWEEP_CLAIM,
					.directory_fd = claims->channel_fd,
					.folder = claims->path,
					.name = name,
					.member = claim->member};
	enum fsps_sweep_outcome outcome =
		report->dry ? FSPS_SWEEP_WOULD_REMOVE : FSPS_SWEEP_REMOVED;
	struct fsi_sighting sighting;

	fsi_report_glance(report, &thing, &sighting);
	/* Its file is the sender's, and has another name by now; the channel is ours. */
	sighting.item.uid = geteuid();
	sighting.item.changed_us = 0;
	fsi_report_tell(report, &sighting, overdue ? FSPS_SWEEP_OVERDUE : FSPS_SWEEP_OWNER_DIED,
			r < 0 ? FSPS_SWEEP_NOT_REMOVED : outcome, r < 0 ? r : FSPS_OK);
}

static void look_over(struct fsi_sweeping *sweep, const struct fsi_workplace *place)
{
	struct fsi_look_over found = {.revived = 0};
	struct claims claims = {.sweep = sweep, .channel_fd = place->directory_fd};
	const struct fsi_look_watch watch = {.only_look =
						     sweep->report != NULL && sweep->report->dry,
					     .taken_back = tell_claim,
					     .userdata = &claims};

	snprintf(claims.path, sizeof claims.path, "%s/", place->channel_name);
	(void)fsi_look_over(place, NULL, &sweep->names_budget,
			    sweep->report != NULL ? &watch : NULL, &found);
	/* Whoever reads there is to look now. */
	if (found.revived > 0)
		atomic_store(&place->control->dirty, 1);
}

/* Claims of the dead, in a channel that outlives them. Its readers do the same, if it has any. */
static void visit_durable(struct fsi_sweeping *sweep, const char *name)
{
	struct fsi_workplace place = {.home = sweep->home, .channel_name = name};

	if (sweep->names_budget == 0)
		return;
	if (fsi_control_map(sweep->home->fd, name, &place.control) != FSI_CONTROL_MAPPED)
		return;
	place.attempts_max = atomic_load(&place.control->attempts_max);
	place.directory_fd =
		fsi_sys_openat(sweep->home->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	/* 0: nobody has ever read from it, so nobody has claimed anything. */
	if (place.directory_fd >= 0 && place.attempts_max > 0)
		look_over(sweep, &place);
	fsi_sys_close(place.directory_fd);
	fsi_control_unmap(place.control);
}

/* ---- inboxes ---- */

static int adopt(struct fsi_sweeping *sweep, const struct fsi_thing *thing)
{
	return fsi_inbox_adopt(sweep->home, thing->name, &sweep->budget);
}

/* Who takes it over judges it himself. What is in it is moved, and given back to nobody. */
static void visit_inbox(struct fsi_sweeping *sweep, const struct fsi_thing *thing, bool left)
{
	struct fsi_verdict verdict;

	if (sweep->report == NULL) {
		(void)adopt(sweep, thing);
		return;
	}
	verdict = fsi_judge_inbox(sweep->home, thing->name, left);
	if (fsi_sweep_is_dead(sweep, thing, verdict))
		(void)fsi_sweep_settle(sweep, thing, verdict, adopt);
}

/* ---- any ---- */

static void visit_channel(struct fsi_sweeping *sweep, struct fsi_thing *thing,
			  const struct fsi_channel_name *parsed)
{
	thing->pid = parsed->pid;
	switch (parsed->kind) {
	case FSPS_KIND_DURABLE:
		if (sweep->dead_count > 0 || sweep->report != NULL)
			visit_durable(sweep, thing->name);
		break;
	case FSPS_KIND_INBOX:
		thing->kind = FSPS_SWEEP_INBOX;
		visit_inbox(sweep, thing, parsed->left);
		break;
	case FSPS_KIND_LIVE:
	default:
		visit_live(sweep, thing);
		break;
	}
}

/* What is hidden: channels that are being built or removed. */
static void visit_hidden(struct fsi_sweeping *sweep, int directory, const char *name)
{
	struct fsi_verdict verdict = {.life = FSI_MEMBER_DEAD, .reason = FSPS_SWEEP_REMOVAL_BEGUN};
	char member[FSI_MEMBER_LEN + 1];
	struct fsi_thing thing = {
		.kind = FSPS_SWEEP_TRASH, .directory_fd = directory, .folder = "", .name = name};
	uint64_t number;

	if (fsi_member_name_parse(name, FSI_PREFIX_REMOVING, member, &number)) {
		if (fsi_sweep_is_dead(sweep, &thing, verdict))
			(void)fsi_sweep_settle(sweep, &thing, verdict, remove_trash);
	} else if (fsi_member_name_parse(name, FSI_PREFIX_BUILDING, member, &number)) {
		thing.kind = FSPS_SWEEP_UNFINISHED;
		thing.member = member;
		verdict = fsi_judge_member(sweep->home, member);
		if (fsi_sweep_is_dead(sweep, &thing, verdict))
			(void)fsi_sweep_settle(sweep, &thing, verdict, remove_channel);
	}
}

void fsi_sweep_channel(struct fsi_sweeping *sweep, int directory, const char *name,
		       unsigned char type)
{
	struct fsi_thing thing = {
		.kind = FSPS_SWEEP_CHANNEL, .directory_fd = directory, .folder = "", .name = name};
	struct fsi_channel_name parsed;

	if (type != DT_DIR && type != DT_UNKNOWN)
		return;
	if (fsi_channel_name_parse(name, &parsed))
		visit_channel(sweep, &thing, &parsed);
	else
		visit_hidden(sweep, directory, name);
}
