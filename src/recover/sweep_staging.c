/* SPDX-License-Identifier: MIT */
/* Implements recover/sweeping.h: what lies in tmp. */
#include "recover/idle.h"
#include "recover/sweeping.h"
#include "store/names.h"

/* ---- segments ---- */

static int reclaim(struct fsi_sweeping *sweep, const struct fsi_thing *thing)
{
	(void)sweep;
	return fsi_idle_segment_reclaim(thing->directory_fd, thing->name, false);
}

/* Of a publisher that lives. Who tells of it looks first. */
static void visit_resting(struct fsi_sweeping *sweep, const struct fsi_thing *thing)
{
	const struct fsi_verdict idle = {.life = FSI_MEMBER_DEAD, .reason = FSPS_SWEEP_IDLE};

	if (sweep->report == NULL)
		(void)reclaim(sweep, thing);
	else if (fsi_idle_segment_reclaim(thing->directory_fd, thing->name, true))
		(void)fsi_sweep_settle(sweep, thing, idle, reclaim);
}

static void visit_segment(struct fsi_sweeping *sweep, const struct fsi_thing *thing)
{
	struct fsi_verdict verdict = fsi_judge_member(sweep->home, thing->member);

	if (fsi_sweep_is_dead(sweep, thing, verdict))
		(void)fsi_sweep_settle(sweep, thing, verdict, fsi_sweep_remove_file);
	else if (verdict.life == FSI_MEMBER_ALIVE)
		visit_resting(sweep, thing);
}

/* ---- messages on their way ---- */

static int drop(struct fsi_sweeping *sweep, const struct fsi_thing *thing)
{
	int r = fsi_sweep_remove_file(sweep, thing);

	fsi_log(&sweep->home->log, FSPS_LOG_DEBUG, "dropped abandoned %s/tmp/%s", sweep->home->path,
		thing->name);
	return r;
}

static void visit_message(struct fsi_sweeping *sweep, const struct fsi_thing *thing)
{
	struct fsi_verdict verdict = thing->member != NULL
					     ? fsi_judge_member(sweep->home, thing->member)
					     : fsi_judge_staged(thing->directory_fd, thing->name);

	if (fsi_sweep_is_dead(sweep, thing, verdict))
		(void)fsi_sweep_settle(sweep, thing, verdict, drop);
}

void fsi_sweep_staged(struct fsi_sweeping *sweep, int directory, const char *name,
		      unsigned char type)
{
	char member[FSI_MEMBER_LEN + 1];
	struct fsi_thing thing = {.kind = FSPS_SWEEP_SEGMENT,
				  .directory_fd = directory,
				  .folder = FSI_NAME_STAGING "/",
				  .name = name,
				  .member = member};
	uint64_t number;

	(void)type;
	sweep->budget--;
	if (fsi_member_name_parse(name, FSI_PREFIX_SEGMENT, member, &number)) {
		visit_segment(sweep, &thing);
	} else if (fsi_member_name_parse(name, FSI_PREFIX_INTENT, member, &number)) {
		thing.kind = FSPS_SWEEP_INTENT;
		visit_message(sweep, &thing);
	} else if (fsi_id_parse(name, &number)) {
		thing.kind = FSPS_SWEEP_STAGED;
		thing.member = NULL;
		visit_message(sweep, &thing);
	}
}
