/* SPDX-License-Identifier: MIT */
/* Implements what of subscribe/work.h is about settling. */
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "claim/written.h"
#include "subscribe/held.h"
#include "subscribe/places.h"
#include "subscribe/sources.h"
#include "subscribe/work.h"

/* ---- which one ---- */

static int late(fsps_channel *channel, const fsps_message *message)
{
	channel->late++;
	return fsi_fail(FSPS_ERR_EXPIRED, channel->name,
			"message %llu of channel %s was settled too late: it comes again",
			(unsigned long long)message->id, channel->name);
}

/* Returns 0, or a failure: then there is no delivery. */
static int find(fsps_channel *channel, fsps_message *message, struct fsi_delivery **ret_delivery)
{
	if (!channel->settles || message->delivery == 0 ||
	    !fsi_deliveries_is_ours(&channel->deliveries, message->delivery))
		return fsi_fail(FSPS_ERR_ARGUMENT, channel->name,
				"message %llu is not of channel %s, was settled before, or is "
				"delivered at most once",
				(unsigned long long)message->id, channel->name);
	*ret_delivery = fsi_deliveries_find(&channel->deliveries, message->delivery);
	return *ret_delivery != NULL ? 0 : late(channel, message);
}

/* ---- the end of a delivery ---- */

/* A frame's segment goes on, or goes. */
static void leave_segment(fsps_channel *channel, struct fsi_delivery *delivery, bool has_file)
{
	struct fsi_view *view = delivery->view;

	fsi_deliveries_unlist(&channel->deliveries, delivery);
	if (has_file)
		fsi_places_save_now(channel, view);
	else
		fsi_places_note_settled(channel, view);
	fsi_sources_note_settled(channel, view);
}

static void end(fsps_channel *channel, struct fsi_delivery *delivery)
{
	if (delivery->state != FSI_DELIVERY_FILE)
		leave_segment(channel, delivery, false);
	fsi_deliveries_remove(&channel->deliveries, delivery);
}

void fsi_work_end_written(fsps_channel *channel, struct fsi_delivery *delivery)
{
	leave_segment(channel, delivery, true);
	fsi_deliveries_remove(&channel->deliveries, delivery);
}

/* What became of a claim in a file. message: NULL if nobody settles it now. Returns 0,
 * FSI_CLAIM_LOST if it was another's without anybody being late, or a failure, after which it is as
 * it was. */
static int end_file(fsps_channel *channel, struct fsi_delivery *delivery,
		    const fsps_message *message, int answer)
{
	if (answer < 0)
		return answer;
	end(channel, delivery);
	if (answer != FSI_CLAIM_LOST)
		return 0;
	return message != NULL ? late(channel, message) : FSI_CLAIM_LOST;
}

/* ---- acknowledging ---- */

int fsi_work_acknowledge_locked(fsps_channel *channel, fsps_message *message)
{
	struct fsi_delivery *delivery = NULL;
	int r = find(channel, message, &delivery);

	if (delivery == NULL)
		return r;
	if (delivery->state == FSI_DELIVERY_FILE)
		r = end_file(channel, delivery, message,
			     fsi_claim_acknowledge(&channel->workplace, &delivery->claim));
	else
		end(channel, delivery);
	if (r < 0)
		return r;
	message->delivery = 0;
	channel->acknowledged++;
	fsi_channel_count(channel, &channel->control->acknowledged);
	return 0;
}

/* ---- giving back ---- */

/* Writes a frame out as a file of that name. Returns 0 or a failure. */
static int write_out(fsps_channel *channel, struct fsi_delivery *delivery,
		     struct fsi_work_name *name)
{
	struct fsi_view_frame frame;

	if (!fsi_view_frame_at(delivery->view, delivery->offset, &frame))
		return fsi_fail(FSPS_ERR_CORRUPT, channel->name,
				"a segment of channel %s was changed by somebody", channel->name);
	name->id = delivery->id;
	name->attempt = delivery->attempt;
	return fsi_written_message(&channel->workplace, name, frame.body, frame.body_len);
}

static int give_frame_back(fsps_channel *channel, struct fsi_delivery *delivery, uint64_t delay_ms)
{
	struct fsi_work_name name = {.kind = FSI_WORK_DELAYED,
				     .time_ms = fsi_claim_now_ms() + delay_ms};

	fsi_claim_note_delay(&channel->workplace, delay_ms);
	/* Without space it stays here, and comes again here. */
	if (write_out(channel, delivery, &name) < 0)
		fsi_held_keep(channel, delivery, delay_ms);
	else
		fsi_work_end_written(channel, delivery);
	return 0;
}

static int bury_frame(fsps_channel *channel, struct fsi_delivery *delivery, const char *reason,
		      const char *error)
{
	struct fsi_work_name name = {.kind = FSI_WORK_DEAD};
	int r;

	fsi_work_name_set_reason(&name, reason);
	if (!fsi_claim_keeps_letters(&channel->workplace)) {
		end(channel, delivery);
		return 0;
	}
	r = write_out(channel, delivery, &name);
	if (r < 0)
		return r;
	fsi_claim_note_letter(&channel->workplace);
	if (error != NULL && error[0] != '\0') {
		name.kind = FSI_WORK_NOTE;
		(void)fsi_written_note(&channel->workplace, &name, error);
	}
	fsi_work_end_written(channel, delivery);
	return 0;
}

static void note_dead(fsps_channel *channel, uint64_t id, const char *reason)
{
	channel->dead++;
	/* Who said so knows; of a deadline that passed nobody does. */
	fsi_log(&channel->bus->log,
		strcmp(reason, "expired") == 0 ? FSPS_LOG_WARNING : FSPS_LOG_DEBUG,
		"message %llu of channel %s is a dead letter: %s", (unsigned long long)id,
		channel->name, reason);
}

/* Returns as end_file(). */
static int bury(fsps_channel *channel, struct fsi_delivery *delivery, const fsps_message *message,
		const char *reason, const char *error)
{
	uint64_t id = delivery->id;
	int r;

	if (delivery->state == FSI_DELIVERY_FILE)
		r = end_file(channel, delivery, message,
			     fsi_claim_bury(&channel->workplace, &delivery->claim, reason, error));
	else
		r = bury_frame(channel, delivery, reason, error);
	if (r == 0)
		note_dead(channel, id, reason);
	return r;
}

static int give_back(fsps_channel *channel, struct fsi_delivery *delivery,
		     const fsps_message *message, uint64_t delay_ms)
{
	int r;

	if (delivery->state == FSI_DELIVERY_FILE)
		r = end_file(channel, delivery, message,
			     fsi_claim_give_back(&channel->workplace, &delivery->claim, delay_ms,
						 delivery->attempt));
	else
		r = give_frame_back(channel, delivery, delay_ms);
	/* What comes later the upkeep finds. */
	channel->given_back |= delay_ms == 0;
	return r;
}

static int nack_locked(fsps_channel *channel, fsps_message *message, int64_t delay_ms,
		       const char *error)
{
	struct fsi_delivery *delivery = NULL;
	bool is_last;
	int r = find(channel, message, &delivery);

	if (delivery == NULL)
		return r;
	is_last = delivery->attempt >= channel->workplace.attempts_max;
	if (delay_ms < 0)
		delay_ms = (int64_t)fsi_claim_backoff_ms(delivery->attempt);
	if (is_last) {
		r = bury(channel, delivery, message, "failed", error);
		/* No space for a dead letter of a frame: it goes on coming. */
		is_last = r == 0;
		if (r < 0 && r != FSPS_ERR_EXPIRED && delivery->state == FSI_DELIVERY_FRAME)
			r = give_back(channel, delivery, message, (uint64_t)delay_ms);
	} else {
		r = give_back(channel, delivery, message, (uint64_t)delay_ms);
	}
	if (r < 0)
		return r;
	message->delivery = 0;
	fsi_channel_raise_signal(channel);
	return is_last;
}

static int reject_locked(fsps_channel *channel, fsps_message *message, const char *error)
{
	struct fsi_delivery *delivery = NULL;
	int r = find(channel, message, &delivery);

	if (delivery != NULL)
		r = bury(channel, delivery, message, "rejected", error);
	if (r == 0)
		message->delivery = 0;
	return r;
}

static int extend_locked(fsps_channel *channel, fsps_message *message, uint64_t deadline_ms)
{
	struct fsi_delivery *delivery = NULL;
	int r = find(channel, message, &delivery);

	if (delivery == NULL)
		return r;
	/* Also of a frame: it may get a file of its own later. */
	fsi_claim_note_deadline(&channel->workplace, deadline_ms);
	if (delivery->state == FSI_DELIVERY_FILE)
		r = fsi_claim_extend(&channel->workplace, &delivery->claim, deadline_ms);
	if (r == FSI_CLAIM_LOST)
		return end_file(channel, delivery, message, r);
	if (r == 0)
		delivery->due_ms = fsi_sys_coarse_ms() + deadline_ms;
	return r;
}

void fsi_work_expire(fsps_channel *channel, struct fsi_delivery *delivery)
{
	if (delivery->attempt >= channel->workplace.attempts_max &&
	    bury(channel, delivery, NULL, "expired", NULL) >= 0)
		return;
	/* A claim that can't be renamed now is taken back by whoever looks at it next. */
	if (delivery->state != FSI_DELIVERY_FREE)
		(void)give_back(channel, delivery, NULL, 0);
}

/* ---- the locks ---- */

static int begin(fsps_channel *channel)
{
	if (atomic_load_explicit(&channel->forked, memory_order_relaxed))
		return fsi_channel_fail_forked(channel);
	pthread_mutex_lock(&channel->lock);
	return 0;
}

static int finish(fsps_channel *channel, int r)
{
	pthread_mutex_unlock(&channel->lock);
	return r;
}

int fsi_work_acknowledge(fsps_channel *channel, fsps_message *message)
{
	int r = begin(channel);

	return r < 0 ? r : finish(channel, fsi_work_acknowledge_locked(channel, message));
}

int fsi_work_nack(fsps_channel *channel, fsps_message *message, int64_t delay_ms, const char *error)
{
	int r = begin(channel);

	return r < 0 ? r : finish(channel, nack_locked(channel, message, delay_ms, error));
}

int fsi_work_reject(fsps_channel *channel, fsps_message *message, const char *error)
{
	int r = begin(channel);

	return r < 0 ? r : finish(channel, reject_locked(channel, message, error));
}

int fsi_work_extend(fsps_channel *channel, fsps_message *message, int64_t deadline_ms)
{
	uint64_t ms = deadline_ms == 0 ? channel->deadline_ms : (uint64_t)deadline_ms;
	int r = begin(channel);

	return r < 0 ? r : finish(channel, extend_locked(channel, message, ms));
}
