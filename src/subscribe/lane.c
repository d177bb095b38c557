/* SPDX-License-Identifier: MIT */
/* Implements subscribe/lane.h: which frame is next. Coming and going is in sources.c. */
#include "subscribe/lane.h"

#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "claim/written.h"
#include "subscribe/channel.h"
#include "subscribe/places.h"
#include "subscribe/sources.h"
#include "subscribe/work.h"
#include "topic/match.h"
#include "topic/name.h"

enum {
	/* Frames of one publisher in a row, and of all between two looks at the bell. */
	TURN_FRAMES = 32,
	ROUND_FRAMES = 256,
};

/* ---- one frame ---- */

/* The topic's first message pays for the looking; the same again only for a comparison. */
static bool belongs_here(fsps_channel *channel, const fsps_message *message)
{
	struct fsi_known_topic *known = &channel->lane.known_topic;

	if (!fsi_topic_valid(message->topic, message->topic_len) ||
	    !fsi_match(channel->pattern, channel->pattern_len, message->topic, message->topic_len))
		return false;
	memcpy(known->text, message->topic, message->topic_len);
	known->len = message->topic_len;
	return true;
}

/* A durable channel keeps what it passes over, as far as there is space. */
static void keep_passed_over(fsps_channel *channel, const struct fsi_view *view, const char *word)
{
	struct fsi_work_name name = {.kind = FSI_WORK_DEAD, .id = view->head_id};

	if (channel->durable[0] == '\0' || view->head_id >= FSI_ID_LIMIT)
		return;
	fsi_work_name_set_reason(&name, word);
	(void)fsi_written_message(&channel->workplace, &name, fsi_view_body(view), view->head_len);
}

/* Why a body is no message, as it stands in the name of a dead letter. */
static const char *word_for(int code)
{
	switch (code) {
	case FSPS_ERR_VERSION:
		return "version";
	case FSPS_ERR_TOPIC:
		return "topic";
	case FSPS_ERR_HEADER:
		return "headers";
	default:
		return "corrupt";
	}
}

/* It is no message, or not one for here: counted, and passed over. */
static int pass_over(fsps_channel *channel, const struct fsi_view *view, const char *word,
		     const char *reason)
{
	keep_passed_over(channel, view, word);
	fsi_log(&channel->bus->log, FSPS_LOG_WARNING,
		"passed over a message in segment %llu of channel %s: %s",
		(unsigned long long)view->key, channel->name, reason);
	channel->set_aside++;
	atomic_fetch_add_explicit(&channel->control->set_aside, 1, memory_order_relaxed);
	return FSI_LANE_NOTHING;
}

static int hand_over(fsps_message *message, fsps_message **ret_message)
{
	*ret_message = message;
	return FSI_LANE_MESSAGE;
}

/* What is not locked may be written over once its link is removed. */
static int copy_out(fsps_message *lent, fsps_message **ret_message)
{
	int r = fsi_message_copy(lent, ret_message);

	fsi_message_unref(lent);
	return r < 0 ? r : FSI_LANE_MESSAGE;
}

/* Returns FSI_LANE_MESSAGE, FSI_LANE_NOTHING if it was passed over, or a failure. */
static int read_frame(fsps_channel *channel, struct fsi_view *view, fsps_message **ret_message)
{
	fsps_message *message = NULL;
	bool known = false;
	int r;

	if (view->head_len > channel->bus->message_bytes_max)
		return pass_over(channel, view, "size", "it is too large");
	r = fsi_message_decode_lent(fsi_view_body(view), view->head_len, view->owner_uid,
				    &view->owner, &channel->lane.known_topic, &known, &message);
	if (r == FSPS_ERR_NO_MEMORY)
		return r;
	if (r < 0)
		return pass_over(channel, view, word_for(r), fsi_error_last()->text);
	(void)fsi_view_lend(view);
	if (message->id >= FSI_ID_LIMIT || (!known && !belongs_here(channel, message))) {
		fsi_message_unref(message);
		return pass_over(channel, view, "topic", "it is not for here");
	}
	return view->locked ? hand_over(message, ret_message) : copy_out(message, ret_message);
}

static int take_frame(fsps_channel *channel, struct fsi_view *view, fsps_message **ret_message)
{
	size_t at = view->at;
	int r = 0;

	if (channel->durable[0] != '\0' && !channel->settles)
		r = fsi_places_go_ahead(channel, view);
	if (r == 0)
		r = read_frame(channel, view, ret_message);
	if (r < 0)
		return r;
	fsi_view_advance(view);
	fsi_sources_note_place(channel, view);
	if (channel->settles && r == FSI_LANE_MESSAGE)
		fsi_work_note_frame(channel, view, at, *ret_message);
	channel->frames++;
	fsi_channel_count(channel, &channel->control->frames);
	return r;
}

int fsi_lane_read_again(fsps_channel *channel, struct fsi_view *view, size_t offset,
			fsps_message **ret_message)
{
	struct fsi_view_frame frame;
	bool known;
	int r;

	if (!fsi_view_frame_at(view, offset, &frame))
		return fsi_fail(FSPS_ERR_CORRUPT, channel->name,
				"a segment of channel %s was changed by somebody", channel->name);
	r = fsi_message_decode_lent(frame.body, frame.body_len, view->owner_uid, &view->owner,
				    &channel->lane.known_topic, &known, ret_message);
	if (r < 0)
		return r;
	(void)fsi_view_lend(view);
	if (view->locked)
		return 0;
	r = copy_out(*ret_message, ret_message);
	return r < 0 ? r : 0;
}

/* ---- which one ---- */

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

	if (lane->round_left == 0)
		return FSI_LANE_READ_BELL;
	while (passed <= lane->count) {
		struct fsi_source *source = whose_turn(lane);
		struct fsi_view *view = NULL;
		int r = source == NULL ? 0 : choose(channel, source, &view);

		if (r < 0)
			return r;
		if (view != NULL && is_due(source, view)) {
			r = take_frame(channel, view, ret_message);
			lane->turn_left--;
			lane->round_left--;
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
