/* SPDX-License-Identifier: MIT */
/* Implements subscribe/places.h. */
#include "subscribe/places.h"

#include "base/error.h"
#include "base/sys.h"
#include "claim/written.h"
#include "subscribe/link.h"
#include "subscribe/sources.h"
#include "subscribe/work.h"

enum {
	/* At least once: settled messages that a kill may bring back. */
	SETTLED_MAX = 64,
	/* ... and for how long while others are settled; if one before them is not, for how long.
	 */
	SAVE_MS = 10,
	CLEAR_MS = 100,
	/* At most once: messages that a kill may lose. */
	AHEAD_FRAMES = 32,
};

/* ---- the last reader's ---- */

void fsi_places_take_over(fsps_channel *channel)
{
	const struct fsi_control_place *places = channel->control->places;

	for (int i = 0; i < FSI_CONTROL_PLACES; i++)
		if (atomic_load(&places[i].key) != 0)
			channel->former_places |= UINT64_C(1) << i;
}

/* The line of a segment that the last reader had, or -1. */
static int find_former(const fsps_channel *channel, uint64_t key)
{
	for (int i = 0; i < FSI_CONTROL_PLACES; i++)
		if ((channel->former_places >> i & 1) != 0 &&
		    atomic_load(&channel->control->places[i].key) == key)
			return i;
	return -1;
}

static void clear_former(fsps_channel *channel, int line)
{
	channel->former_places &= ~(UINT64_C(1) << line);
	atomic_store(&channel->control->places[line].key, 0);
}

void fsi_places_make_room(fsps_channel *channel)
{
	for (int i = 0; i < FSI_CONTROL_PLACES; i++)
		if (atomic_load(&channel->control->places[i].key) == 0)
			return;
	if (channel->former_places != 0)
		clear_former(channel, __builtin_ctzll(channel->former_places));
}

/* Writes the frame at the view's place out as one that comes again, and moves on. Returns 0 or a
 * failure. */
static int write_out_next(fsps_channel *channel, struct fsi_view *view)
{
	struct fsi_work_name name = {
		.kind = FSI_WORK_DELAYED, .time_ms = fsi_claim_now_ms(), .attempt = 1};
	struct fsi_view_frame frame;
	int r;

	if (channel->workplace.attempts_max == 1) {
		name.kind = FSI_WORK_DEAD;
		fsi_work_name_set_reason(&name, "died");
	}
	if (fsi_view_look(view) != FSI_VIEW_FRAME || view->head_id >= FSI_ID_LIMIT ||
	    !fsi_view_frame_at(view, view->at, &frame))
		return FSPS_ERR_CORRUPT;
	name.id = view->head_id;
	r = fsi_written_message(&channel->workplace, &name, frame.body, frame.body_len);
	if (r < 0)
		return r;
	/* One by one: a kill repeats no more than one. */
	r = fsi_link_rename(channel, view, frame.next);
	fsi_view_advance(view);
	return r < 0 ? r : 0;
}

static void write_out(fsps_channel *channel, struct fsi_view *view, uint64_t handed_out)
{
	while (channel->settles && view->at < handed_out && write_out_next(channel, view) == 0)
		channel->look_over_due = true;
}

/* A group has made files of what lies before that. */
static void skip_written_out(fsps_channel *channel, struct fsi_view *view, uint64_t offset)
{
	/* The word may say anything; a frame begins at none but these. */
	if (offset <= view->at || offset > view->end || offset % FSI_FRAME_ALIGNMENT != 0)
		return;
	if (fsi_link_rename(channel, view, offset) == 1)
		view->at = (size_t)offset;
}

void fsi_places_recover(fsps_channel *channel, struct fsi_view *view)
{
	int line = find_former(channel, view->key);
	uint64_t handed_out;

	if (line < 0)
		return;
	handed_out = atomic_load(&channel->control->places[line].offset);
	if ((handed_out & FSI_CONTROL_WRITTEN_OUT) == 0)
		write_out(channel, view, handed_out);
	else
		skip_written_out(channel, view, handed_out & ~FSI_CONTROL_WRITTEN_OUT);
	/* Only now: if we are killed meanwhile, the next reader does the rest. */
	clear_former(channel, line);
}

/* ---- at most once ---- */

int fsi_places_go_ahead(fsps_channel *channel, struct fsi_view *view)
{
	struct fsi_view_frame frame;
	size_t ahead = view->at;

	if (view->at < view->offset)
		return 1;
	for (int i = 0; i < AHEAD_FRAMES && fsi_view_frame_at(view, ahead, &frame); i++)
		ahead = frame.next;
	return fsi_link_rename(channel, view, ahead);
}

/* ---- at least once ---- */

/* Whether the links' names say what is settled; at most once they are ahead of it. */
static bool follows_settled(const fsps_channel *channel)
{
	return channel->settles && channel->durable[0] != '\0';
}

static struct fsi_delivery *first_unsettled(const fsps_channel *channel,
					    const struct fsi_view *view)
{
	return fsi_deliveries_at(&channel->deliveries, view->first_unsettled);
}

/* How many settled ones lie behind the lowest that is not. */
static uint64_t count_behind(const fsps_channel *channel, const struct fsi_view *view)
{
	const struct fsi_delivery *first = first_unsettled(channel, view);

	return first == NULL ? 0 : view->handed_out - first->ordinal - view->unsettled;
}

/* One that stays unsettled must not hold back all that is settled behind it: it gets a file of its
 * own, until no more than that many are behind the lowest. */
static void clear_the_way(fsps_channel *channel, struct fsi_view *view, uint64_t most)
{
	uint64_t before = UINT64_MAX;
	uint64_t behind = count_behind(channel, view);

	/* Without space for that the rest stays as it is. */
	while (behind > most && view->unsettled < before) {
		before = view->unsettled;
		fsi_work_move_to_file(channel, first_unsettled(channel, view));
		behind = count_behind(channel, view);
	}
}

/* What can't be saved is saved the next time. */
static void save(fsps_channel *channel, struct fsi_view *view)
{
	const struct fsi_delivery *first = first_unsettled(channel, view);
	size_t lowest = first != NULL ? first->offset : view->at;

	view->saved_ms = fsi_sys_coarse_ms();
	if (lowest == view->offset || view->unlinked || fsi_link_rename(channel, view, lowest) >= 0)
		view->saved = first != NULL ? first->ordinal : view->handed_out;
}

static bool is_waited_long(uint64_t since_ms, uint64_t now_ms, uint64_t most_ms)
{
	return now_ms - since_ms >= most_ms;
}

void fsi_places_note_settled(fsps_channel *channel, struct fsi_view *view)
{
	uint64_t now_ms;

	if (!follows_settled(channel))
		return;
	now_ms = fsi_sys_coarse_ms();
	if (view->handed_out - view->saved - view->unsettled < SETTLED_MAX &&
	    !is_waited_long(view->saved_ms, now_ms, SAVE_MS))
		return;
	if (is_waited_long(view->cleared_ms, now_ms, CLEAR_MS)) {
		clear_the_way(channel, view, 0);
		view->cleared_ms = now_ms;
	} else {
		clear_the_way(channel, view, SETTLED_MAX - 1);
	}
	save(channel, view);
}

/* ---- all of them ---- */

static void for_each(fsps_channel *channel, void (*act)(fsps_channel *, struct fsi_view *))
{
	struct fsi_lane *lane = &channel->lane;

	for (size_t i = 0; i < lane->count; i++)
		for (size_t k = 0; k < lane->sources[i]->count; k++)
			act(channel, lane->sources[i]->views[k]);
	for (size_t i = 0; i < lane->draining_count; i++)
		act(channel, lane->draining[i]);
}

static void save_if_changed(fsps_channel *channel, struct fsi_view *view)
{
	if (view->handed_out - view->saved == view->unsettled)
		return;
	clear_the_way(channel, view, 0);
	save(channel, view);
}

void fsi_places_save_all(fsps_channel *channel)
{
	if (follows_settled(channel))
		for_each(channel, save_if_changed);
}

void fsi_places_save_now(fsps_channel *channel, struct fsi_view *view)
{
	if (follows_settled(channel))
		save_if_changed(channel, view);
}

/* At most once: what was passed ahead of and not handed out is given back. */
static void set_back(fsps_channel *channel, struct fsi_view *view)
{
	if (view->at != view->offset)
		(void)fsi_link_rename(channel, view, view->at);
}

void fsi_places_leave(fsps_channel *channel)
{
	/* A worker of a group reads none, unless there was no space. */
	if (channel->durable[0] != '\0')
		for_each(channel, channel->settles ? save : set_back);
	for_each(channel, fsi_sources_leave);
}
