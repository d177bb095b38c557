/* SPDX-License-Identifier: MIT */
/* Implements claim/look_over.h. */
#include "claim/look_over.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/directory.h"
#include "base/error.h"
#include "base/sys.h"
#include "store/entry.h"

/* Members whose life is asked once a look: few have claims in one channel. */
enum { LIVES_MAX = 16 };

/* Full, the lower half is kept. */
static const size_t DUE_ROOM = (size_t)2 * FSI_DUE_MAX;

struct look {
	const struct fsi_workplace *place;
	struct fsi_due_list *due;
	const struct fsi_look_watch *watch;
	struct fsi_look_over found;
	uint64_t now_ms;
	struct {
		char member[FSI_MEMBER_LEN + 1];
		bool dead;
	} lives[LIVES_MAX];
	size_t lives_count;
};

void fsi_due_list_deinit(struct fsi_due_list *due)
{
	free(due->list);
	*due = (struct fsi_due_list){.list = NULL};
}

/* ---- claims ---- */

static bool is_dead(struct look *look, const char *member)
{
	bool dead;

	for (size_t i = 0; i < look->lives_count; i++)
		if (strcmp(look->lives[i].member, member) == 0)
			return look->lives[i].dead;
	dead = fsi_member_life(look->place->home->state_fd, member) == FSI_MEMBER_DEAD;
	if (look->lives_count < LIVES_MAX) {
		memcpy(look->lives[look->lives_count].member, member, FSI_MEMBER_LEN + 1);
		look->lives[look->lives_count++].dead = dead;
	}
	return dead;
}

static bool only_looks(const struct look *look)
{
	return look->watch != NULL && look->watch->only_look;
}

/* One that can't be taken back now stays, and is seen at the next look. Returns an answer or a
 * failure. */
static int take_back(struct look *look, const struct fsi_work_name *claim, const char *reason)
{
	bool is_last = claim->attempt >= look->place->attempts_max;
	int r = is_last ? fsi_claim_bury(look->place, claim, reason, NULL)
			: fsi_claim_give_back(look->place, claim, 0, claim->attempt);

	if (r == FSI_CLAIM_DONE && is_last)
		look->found.dead++;
	else if (r == FSI_CLAIM_DONE)
		look->found.revived++;
	return r;
}

static void look_at_claim(struct look *look, const char *text, const struct fsi_work_name *claim)
{
	uint64_t most_ms =
		atomic_load_explicit(&look->place->control->deadline_ms_most, memory_order_relaxed);
	bool overdue = fsi_claim_is_due(claim->time_ms, look->now_ms, most_ms);
	int r = FSI_CLAIM_DONE;

	if (!overdue && !is_dead(look, claim->member))
		return;
	if (overdue && !only_looks(look))
		r = take_back(look, claim, "expired");
	else if (!only_looks(look))
		r = take_back(look, claim, "died");
	/* Of what somebody else was faster with there is nothing to tell. */
	if (look->watch != NULL && r != FSI_CLAIM_LOST)
		look->watch->taken_back(look->watch->userdata, text, claim, overdue, r);
}

/* ---- what is due ---- */

static int compare_due(const void *one, const void *other)
{
	const struct fsi_due *a = one;
	const struct fsi_due *b = other;

	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return a->time_ms < b->time_ms ? -1 : a->time_ms > b->time_ms;
}

/* Full: keeps the lower half. */
static void keep_lowest(struct fsi_due_list *due)
{
	qsort(due->list, due->count, sizeof *due->list, compare_due);
	due->count /= 2;
	due->truncated = true;
}

static void look_at_delayed(struct look *look, const struct fsi_work_name *name)
{
	struct fsi_due_list *due = look->due;
	uint64_t most_ms =
		atomic_load_explicit(&look->place->control->delay_ms_most, memory_order_relaxed);

	if (due == NULL || !fsi_claim_is_due(name->time_ms, look->now_ms, most_ms))
		return;
	if (due->count == DUE_ROOM)
		keep_lowest(due);
	due->list[due->count++] = (struct fsi_due){
		.time_ms = name->time_ms, .id = name->id, .attempt = name->attempt};
}

/* ---- notes ---- */

/* It is written after its dead letter has its name, and removed after that: without one it is what
 * a kill in between left. */
static void look_at_note(const struct look *look, const char *text, struct fsi_work_name name)
{
	char dead[FSI_NAME_BYTES];
	struct stat status;

	if (only_looks(look))
		return;
	name.kind = FSI_WORK_DEAD;
	fsi_work_name_format(dead, &name);
	if (fsi_sys_fstatat(look->place->directory_fd, dead, &status) == -ENOENT)
		(void)fsi_entry_remove(look->place->directory_fd, text);
}

/* ---- the look ---- */

static void look_at(struct look *look, const char *text)
{
	struct fsi_work_name name;

	if (text[0] != '.' || !fsi_work_name_parse(text, &name))
		return;
	if (name.kind == FSI_WORK_CLAIMED)
		look_at_claim(look, text, &name);
	else if (name.kind == FSI_WORK_NOTE)
		look_at_note(look, text, name);
	else if (name.kind == FSI_WORK_DELAYED)
		look_at_delayed(look, &name);
}

static int begin_due(struct fsi_due_list *due)
{
	due->next = 0;
	due->count = 0;
	due->truncated = false;
	if (due->list == NULL)
		due->list = calloc(DUE_ROOM, sizeof *due->list);
	if (due->list == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory to look over a channel");
	return 0;
}

static void end_due(struct fsi_due_list *due)
{
	if (due->count > 1)
		qsort(due->list, due->count, sizeof *due->list, compare_due);
	if (due->count > FSI_DUE_MAX) {
		due->count = FSI_DUE_MAX;
		due->truncated = true;
	}
}

int fsi_look_over(const struct fsi_workplace *place, struct fsi_due_list *due, uint64_t *budget,
		  const struct fsi_look_watch *watch, struct fsi_look_over *ret_found)
{
	struct look look = {
		.place = place, .due = due, .watch = watch, .now_ms = fsi_claim_now_ms()};
	struct fsi_directory names;
	unsigned char type;
	const char *name;
	int r = due != NULL ? begin_due(due) : 0;

	if (r < 0)
		return r;
	r = fsi_directory_start(&names, place->directory_fd);
	while (r >= 0 && *budget > 0 && (r = fsi_directory_next(&names, &name, &type)) == 1) {
		(*budget)--;
		look_at(&look, name);
	}
	if (due != NULL)
		end_due(due);
	*ret_found = look.found;
	if (r < 0)
		return fsi_fail_errno(-r, place->channel_name, "cannot read channel %s",
				      place->channel_name);
	return 0;
}
