/* SPDX-License-Identifier: MIT */
/* Implements subscribe/places.h. */
#include "subscribe/places.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/sys.h"
#include "claim/written.h"
#include "subscribe/work.h"

enum {
	/* At least once: settled messages that a kill may bring back. */
	SETTLED_MAX = 64,
	/* ... and for how long while others are settled. */
	SAVE_MS = 10,
	/* At most once: messages that a kill may lose. */
	AHEAD_FRAMES = 32,
};

/* ---- the last reader's ---- */

void fsi_places_take_over(fsps_channel *channel)
{
	struct fsi_control_place *places = channel->control->places;

	channel->former_places = calloc(FSI_CONTROL_PLACES, sizeof *channel->former_places);
	for (int i = 0; i < FSI_CONTROL_PLACES; i++) {
		uint64_t key = atomic_load(&places[i].key);

		/* Without memory for them attempts are not counted, and nothing is lost. */
		if (channel->former_places != NULL && channel->settles) {
			atomic_store(&channel->former_places[i].offset,
				     atomic_load(&places[i].offset));
			atomic_store(&channel->former_places[i].key, key);
		}
		atomic_store(&places[i].key, 0);
	}
}

/* How far the last reader had come in a segment; 0: it had none of it. Asked once. */
static uint64_t take_former(fsps_channel *channel, uint64_t key)
{
	struct fsi_control_place *places = channel->former_places;

	for (int i = 0; places != NULL && i < FSI_CONTROL_PLACES; i++)
		if (atomic_load(&places[i].key) == key) {
			atomic_store(&places[i].key, 0);
			return atomic_load(&places[i].offset);
		}
	return 0;
}

/* Writes the frame at the view's place out as one that comes again, and moves on. Returns 0 or a
 * failure. */
static int write_out_next(fsps_channel *channel, struct fsi_view *view)
{
	struct fsi_work_name name = {
		.kind = FSI_WORK_DELAYED, .time_ms = fsi_claim_now_ms(), .attempt = 1};
	struct fsi_view_frame frame;
	int r;

	if (fsi_view_look(view) != FSI_VIEW_FRAME || view->head_id >= FSI_ID_LIMIT ||
	    !fsi_view_frame_at(view, view->at, &frame))
		return FSPS_ERR_CORRUPT;
	name.id = view->head_id;
	r = fsi_written_message(&channel->workplace, &name, frame.body, frame.body_len);
	if (r < 0)
		return r;
	/* One by one: a kill repeats no more than one. */
	r = fsi_view_rename(view, channel->directory_fd, frame.next);
	fsi_view_advance(view);
	return r < 0 && r != -ENOENT ? FSPS_ERR_IO : 0;
}

void fsi_places_recover(fsps_channel *channel, struct fsi_view *view)
{
	uint64_t handed_out = take_former(channel, view->key);

	if (handed_out <= view->at)
		return;
	while (view->at < handed_out && write_out_next(channel, view) == 0)
		;
	channel->look_over_due = true;
}

/* ---- at most once ---- */

int fsi_places_go_ahead(fsps_channel *channel, struct fsi_view *view)
{
	struct fsi_view_frame frame;
	size_t ahead = view->at;
	int r;

	if (view->at < view->offset)
		return 0;
	for (int i = 0; i < AHEAD_FRAMES && fsi_view_frame_at(view, ahead, &frame); i++)
		ahead = frame.next;
	r = fsi_view_rename(view, channel->directory_fd, ahead);
	if (r < 0 && r != -ENOENT)
		return fsi_fail_errno(-r, channel->name, "cannot note how far channel %s was read",
				      channel->name);
	return 0;
}

/* ---- at least once ---- */

static size_t lowest_unsettled(const fsps_channel *channel, const struct fsi_view *view)
{
	const struct fsi_delivery *first =
		fsi_deliveries_at(&channel->deliveries, view->first_unsettled);

	return first != NULL ? first->offset : view->at;
}

/* What can't be saved is saved the next time. */
static void save(fsps_channel *channel, struct fsi_view *view)
{
	size_t lowest = lowest_unsettled(channel, view);

	view->saved_ms = fsi_sys_coarse_ms();
	if (channel->durable[0] == '\0' || lowest == view->offset ||
	    fsi_view_rename(view, channel->directory_fd, lowest) == 0)
		view->settled = 0;
}

void fsi_places_note_settled(fsps_channel *channel, struct fsi_view *view)
{
	if (channel->durable[0] == '\0')
		return;
	view->settled++;
	if (view->settled < SETTLED_MAX && fsi_sys_coarse_ms() - view->saved_ms < SAVE_MS)
		return;
	/* One that stays unsettled must not hold all others back: it gets a file of its own. */
	if (view->settled >= SETTLED_MAX && lowest_unsettled(channel, view) == view->offset)
		fsi_work_move_to_file(
			channel, fsi_deliveries_at(&channel->deliveries, view->first_unsettled));
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
	if (view->settled > 0)
		save(channel, view);
}

void fsi_places_save_all(fsps_channel *channel)
{
	if (channel->settles && channel->durable[0] != '\0')
		for_each(channel, save_if_changed);
}

/* At most once: what was passed ahead of and not handed out is given back. */
static void set_back(fsps_channel *channel, struct fsi_view *view)
{
	if (view->at != view->offset)
		(void)fsi_view_rename(view, channel->directory_fd, view->at);
}

void fsi_places_leave(fsps_channel *channel)
{
	/* A worker of a group reads none, unless there was no space. */
	for_each(channel, channel->settles ? save : set_back);
	if (!channel->shared || channel->reads_segments)
		for (int i = 0; i < FSI_CONTROL_PLACES; i++)
			atomic_store(&channel->control->places[i].key, 0);
	free(channel->former_places);
	channel->former_places = NULL;
}
