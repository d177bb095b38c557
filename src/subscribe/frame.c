/* SPDX-License-Identifier: MIT */
/* Implements subscribe/frame.h. */
#include "subscribe/frame.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "store/message_file.h"
#include "subscribe/account.h"
#include "subscribe/age.h"
#include "subscribe/gap.h"
#include "subscribe/held.h"
#include "subscribe/link.h"
#include "subscribe/places.h"
#include "subscribe/work.h"
#include "topic/match.h"
#include "topic/name.h"

/* What reading a frame came to. */
enum verdict {
	/* A message. */
	GOOD,
	/* No message, or not one for here. */
	REFUSED,
	/* Its time to live has passed. */
	TOO_OLD,
	/* It may have been written over while we read. */
	GONE,
};

/* Of a refused one: a word for the name of a dead letter, and a sentence. */
struct refusal {
	const char *word;
	const char *reason;
};

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

static int refuse(const char *word, const char *reason, struct refusal *ret_refusal)
{
	*ret_refusal = (struct refusal){.word = word, .reason = reason};
	return REFUSED;
}

/* What is not locked may be written over once its link is removed: then whatever was copied is not
 * to be believed. Takes the message over. Returns a verdict or a failure. */
static int copy_out(const fsps_channel *channel, const struct fsi_view *view, fsps_message *lent,
		    fsps_message **ret_message)
{
	fsps_message *copy = NULL;
	int r = fsi_message_copy(lent, &copy);

	fsi_message_unref(lent);
	if (fsi_link_is_there(channel, view) == 0) {
		fsi_message_unref(copy);
		return GONE;
	}
	if (r < 0)
		return r;
	*ret_message = copy;
	return GOOD;
}

/* Returns a verdict or a failure. */
static int read_frame(fsps_channel *channel, struct fsi_view *view, fsps_message **ret_message,
		      struct refusal *ret_refusal)
{
	fsps_message *message = NULL;
	bool known = false;
	int r;

	if (view->head_len > channel->bus->message_bytes_max)
		return refuse("size", "it is too large", ret_refusal);
	r = fsi_message_decode_lent(fsi_view_body(view), view->head_len, view->owner_uid,
				    &view->owner, &channel->lane.known_topic, &known, &message);
	if (r == FSPS_ERR_NO_MEMORY)
		return r;
	if (r < 0)
		return refuse(fsi_message_refusal(r), fsi_error_last()->text, ret_refusal);
	(void)fsi_view_lend(view);
	if (message->id >= FSI_ID_LIMIT || (!known && !belongs_here(channel, message))) {
		fsi_message_unref(message);
		return refuse("topic", "it is not for here", ret_refusal);
	}
	if (fsi_age_is_over(channel, message)) {
		fsi_message_unref(message);
		return TOO_OLD;
	}
	if (!view->locked)
		return copy_out(channel, view, message, ret_message);
	*ret_message = message;
	return GOOD;
}

/* It is no message, or not one for here: counted, and passed over. A durable channel keeps it.
 * Returns 0 or a failure. */
static int pass_over(fsps_channel *channel, struct fsi_view *view, const struct refusal *refusal)
{
	char reason[256];
	int r = 0;

	/* It may be the last failure's, which is about to change. */
	snprintf(reason, sizeof reason, "%s", refusal->reason);
	if (channel->durable[0] != '\0' && view->head_id < FSI_ID_LIMIT)
		r = fsi_held_refuse(channel, view, refusal->word);
	if (r < 0)
		return r;
	fsi_log(&channel->bus->log, FSPS_LOG_WARNING,
		"passed over a message in segment %llu of channel %s: %s",
		(unsigned long long)view->key, channel->name, reason);
	channel->set_aside++;
	atomic_fetch_add_explicit(&channel->control->set_aside, 1, memory_order_relaxed);
	return 0;
}

/* The frame at the view's place was read, whatever it was. */
static void go_on(fsps_channel *channel, struct fsi_view *view)
{
	fsi_view_advance(view);
	fsi_account_note_place(channel, view);
	fsi_count_frame_read(channel->control);
	channel->frames++;
	fsi_channel_count(channel, &channel->control->frames);
}

/* What is not handed out is settled at once. */
static void settle(fsps_channel *channel, struct fsi_view *view)
{
	if (!channel->settles)
		return;
	view->handed_out++;
	fsi_places_note_settled(channel, view);
}

/* At most once the link is ahead of what is handed out. Returns 1, 0 if the segment was taken away,
 * or a failure. */
static int go_ahead(fsps_channel *channel, struct fsi_view *view)
{
	int r;

	if (channel->durable[0] == '\0' || channel->settles)
		return 1;
	r = fsi_places_go_ahead(channel, view);
	if (r == 0)
		r = fsi_gap_let_go(channel);
	return r;
}

int fsi_frame_take(fsps_channel *channel, struct fsi_view *view, fsps_message **ret_message)
{
	struct refusal refusal = {.word = NULL};
	fsps_message *message = NULL;
	size_t at = view->at;
	uint64_t listed = view->handed_out;
	int verdict;
	int r = go_ahead(channel, view);

	if (r != 1)
		return r < 0 ? r : FSI_LANE_NOTHING;
	verdict = read_frame(channel, view, &message, &refusal);
	if (verdict == REFUSED)
		r = pass_over(channel, view, &refusal);
	if (verdict < 0 || r < 0)
		return verdict < 0 ? verdict : r;
	go_on(channel, view);
	if (verdict == GOOD) {
		if (channel->settles)
			fsi_work_note_frame(channel, view, at, message);
		*ret_message = message;
		return FSI_LANE_MESSAGE;
	}
	if (verdict == TOO_OLD)
		fsi_age_count(channel);
	/* One that holds its place is not. */
	if (view->handed_out == listed)
		settle(channel, view);
	return FSI_LANE_NOTHING;
}

int fsi_frame_read_again(fsps_channel *channel, struct fsi_view *view, size_t offset,
			 fsps_message **ret_message)
{
	fsps_message *message = NULL;
	struct fsi_view_frame frame;
	bool known;
	int r;

	if (!fsi_view_frame_at(view, offset, &frame))
		return fsi_fail(FSPS_ERR_CORRUPT, channel->name,
				"a segment of channel %s was changed by somebody", channel->name);
	r = fsi_message_decode_lent(frame.body, frame.body_len, view->owner_uid, &view->owner,
				    &channel->lane.known_topic, &known, &message);
	if (r < 0)
		return r;
	(void)fsi_view_lend(view);
	r = GOOD;
	if (!view->locked)
		r = copy_out(channel, view, message, &message);
	if (r == GONE)
		return fsi_fail(FSPS_ERR_CORRUPT, channel->name,
				"a segment of channel %s was taken away", channel->name);
	if (r < 0)
		return r;
	*ret_message = message;
	return 0;
}
