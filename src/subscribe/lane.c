/* SPDX-License-Identifier: MIT */
/* Implements subscribe/lane.h: which frame is next. How segments come and go is in sources.c. */
#include "subscribe/lane.h"

#include "subscribe/channel.h"
#include "subscribe/frame.h"
#include "subscribe/gap.h"
#include "subscribe/run.h"
#include "subscribe/sources.h"

enum {
	/* Frames of one publisher in a row, and of all between two looks at the bell. */
	TURN_FRAMES = 32,
	ROUND_FRAMES = 256,
};

/* Looks at all segments of a source once and keeps the lowest ID in *best. Those that have ended
 * are finished. Returns 0 or a failure. */
static int look_at_all(fsps_channel *channel, struct fsi_source *source, struct fsi_view **best)
{
	size_t i = 0;

	while (i < source->count) {
		struct fsi_view *view = source->views[i];
		enum fsi_view_state state = fsi_view_look(view);
		int r;

		if (state == FSI_VIEW_ENDED || state == FSI_VIEW_BROKEN) {
			r = fsi_sources_finish(channel, source, i, state == FSI_VIEW_BROKEN);
			if (r < 0)
				return r;
			continue;
		}
		if (state == FSI_VIEW_FRAME && (*best == NULL || view->head_id < (*best)->head_id))
			*best = view;
		i++;
	}
	return 0;
}

/*
 * The segment with the source's next frame, or NULL.
 *
 * While the second segment is looked at, an earlier frame may come into the first and a later one
 * into the second. So all are looked at once more: what comes before the candidate was committed
 * before it, and is seen now.
 */
static int choose_among_all(fsps_channel *channel, struct fsi_source *source,
			    struct fsi_view **ret_view)
{
	struct fsi_view *best = NULL;
	int r = look_at_all(channel, source, &best);

	if (r == 0 && best != NULL && source->count > 1)
		r = look_at_all(channel, source, &best);
	*ret_view = best;
	return r;
}

/* As long as all other segments show a frame, nothing lower can come into them. */
static void settle_on(struct fsi_source *source, struct fsi_view *view)
{
	source->current = view;
	source->lowest_of_others = UINT64_MAX;
	for (size_t i = 0; i < source->count && source->current != NULL; i++) {
		const struct fsi_view *other = source->views[i];

		if (other == view)
			continue;
		if (other->head_id == 0)
			source->current = NULL;
		else if (other->head_id < source->lowest_of_others)
			source->lowest_of_others = other->head_id;
	}
}

static int choose(fsps_channel *channel, struct fsi_source *source, struct fsi_view **ret_view)
{
	struct fsi_view *current = source->current;
	int r;

	if (current != NULL && fsi_view_look(current) == FSI_VIEW_FRAME &&
	    current->head_id < source->lowest_of_others) {
		*ret_view = current;
		return 0;
	}
	source->current = NULL;
	r = choose_among_all(channel, source, ret_view);
	if (r == 0 && *ret_view != NULL)
		settle_on(source, *ret_view);
	return r;
}

/* Whether a frame may be handed out before the bell is read. */
static bool is_due(struct fsi_source *source, const struct fsi_view *view)
{
	uint32_t epoch = fsi_view_epoch(view);

	if (source->epoch_known && source->epoch == epoch)
		return true;
	source->epoch_wanted = true;
	source->wanted_epoch = epoch;
	return false;
}

static void next_turn(struct fsi_lane *lane)
{
	lane->turn++;
	lane->turn_left = TURN_FRAMES;
}

/* The source whose turn it is; NULL if there are none. */
static struct fsi_source *whose_turn(struct fsi_lane *lane)
{
	if (lane->turn_left == 0)
		next_turn(lane);
	if (lane->turn >= lane->count)
		lane->turn = 0;
	return lane->count == 0 ? NULL : lane->sources[lane->turn];
}

int fsi_lane_next(fsps_channel *channel, fsps_message **ret_message)
{
	struct fsi_lane *lane = &channel->lane;
	bool waits_for_bell = false;
	size_t passed = 0;
	int r;

	if (lane->round_left == 0)
		return FSI_LANE_READ_BELL;
	r = fsi_gap_look(channel);
	if (r < 0)
		return r;
	while (passed <= lane->count) {
		struct fsi_source *source = whose_turn(lane);
		struct fsi_view *view = NULL;

		r = source == NULL ? 0 : choose(channel, source, &view);
		if (r < 0)
			return r;
		if (view != NULL && is_due(source, view)) {
			r = fsi_frame_take(channel, view, ret_message);
			lane->turn_left--;
			lane->round_left--;
			if (r == FSI_LANE_MESSAGE)
				fsi_run_begin(channel, source, view, *ret_message);
			if (r != FSI_LANE_NOTHING)
				return r;
			/* Those that are passed over take turns, too. */
			if (lane->round_left == 0)
				return FSI_LANE_READ_BELL;
			continue;
		}
		waits_for_bell |= view != NULL;
		if (source != NULL && source->count == 0)
			fsi_sources_remove(lane, lane->turn);
		else
			next_turn(lane);
		passed++;
	}
	return waits_for_bell ? FSI_LANE_READ_BELL : FSI_LANE_NOTHING;
}

void fsi_lane_begin_round(struct fsi_lane *lane, bool bell_is_empty)
{
	lane->round_left = ROUND_FRAMES;
	lane->ended = false;
	for (size_t i = 0; bell_is_empty && i < lane->count; i++) {
		struct fsi_source *source = lane->sources[i];

		if (!source->epoch_wanted)
			continue;
		source->epoch_wanted = false;
		source->epoch_known = true;
		source->epoch = source->wanted_epoch;
	}
}

bool fsi_lane_is_quiet(const struct fsi_lane *lane)
{
	for (size_t i = 0; i < lane->count; i++)
		for (size_t k = 0; k < lane->sources[i]->count; k++)
			if (fsi_view_look(lane->sources[i]->views[k]) != FSI_VIEW_EMPTY)
				return false;
	return true;
}
