/* SPDX-License-Identifier: MIT */
/* Implements what of subscribe/work.h is about handing out, and upkeep. */
#include "subscribe/work.h"

#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "claim/written.h"
#include "subscribe/consume.h"
#include "subscribe/held.h"
#include "watch/bell.h"

enum {
	UNSETTLED_MAX = 1000,
	/* Dead letters that a live channel keeps to be looked at; further ones are removed. */
	LETTERS_MAX = 64,
	/* A look over a large channel takes time: no more than a twentieth of it all. */
	LOOK_SHARE = 20,
	LOOK_NAMES_FEW = 4096,
};

void fsi_work_init(fsps_channel *channel, const struct fsps_channel_options *options)
{
	channel->settles = options->delivery == FSPS_AT_LEAST_ONCE ||
			   (options->delivery == FSPS_DELIVERY_DEFAULT && options->durable != NULL);
	channel->deadline_ms = options->deadline_ms == 0 ? FSPS_DEADLINE_MS_DEFAULT
							 : (uint64_t)options->deadline_ms;
	channel->workplace.attempts_max =
		options->attempts_max == 0 ? FSPS_ATTEMPTS_DEFAULT : options->attempts_max;
	fsi_deliveries_init(&channel->deliveries,
			    options->unsettled_max == 0 ? UNSETTLED_MAX : options->unsettled_max);
	channel->works = channel->settles || options->durable != NULL;
	channel->look_over_due = channel->works;
}

void fsi_work_begin(fsps_channel *channel)
{
	channel->workplace.home = channel->home;
	channel->workplace.directory_fd = channel->directory_fd;
	channel->workplace.channel_name = channel->name;
	channel->workplace.control = channel->control;
	/* A durable channel keeps them all: who it is for decides. */
	channel->letters_left = LETTERS_MAX;
	channel->workplace.letters_left =
		channel->durable[0] == '\0' ? &channel->letters_left : NULL;
}

void fsi_work_deinit(fsps_channel *channel)
{
	fsi_deliveries_deinit(&channel->deliveries);
	fsi_due_list_deinit(&channel->due);
}

/* ---- handing out ---- */

static void note(fsps_channel *channel, struct fsi_delivery *delivery, uint32_t attempt,
		 fsps_message *message)
{
	delivery->id = message->id;
	delivery->attempt = attempt;
	delivery->due_ms = fsi_sys_coarse_ms() + channel->deadline_ms;
	message->attempt = attempt;
	message->delivery = fsi_deliveries_number(&channel->deliveries, delivery);
}

static void count_again(fsps_channel *channel)
{
	channel->redelivered++;
	fsi_channel_count(channel, &channel->control->redelivered);
}

void fsi_work_note_again(fsps_channel *channel, struct fsi_delivery *delivery, uint32_t attempt,
			 fsps_message *message)
{
	note(channel, delivery, attempt, message);
	count_again(channel);
}

/* Whether what was claimed is what was read. In between another worker may have claimed that, and
 * somebody who came to the same ID linked his message under the name that was free then (R2). Who
 * reads alone has nobody beside him who frees names. */
static bool is_what_was_read(const fsps_channel *channel, const struct fsi_work_name *claim,
			     const struct fsi_message_file *file)
{
	char name[FSI_NAME_BYTES];
	struct stat status;

	if (!channel->shared)
		return true;
	fsi_work_name_format(name, claim);
	return fsi_sys_fstatat(channel->directory_fd, name, &status) < 0 ||
	       status.st_ino == file->inode;
}

int fsi_work_claim_file(fsps_channel *channel, const char *name, uint32_t attempt,
			const struct fsi_message_file *file)
{
	fsps_message *message = file->message;
	struct fsi_work_name claim;
	struct fsi_delivery *delivery;
	int r = fsi_claim_take(&channel->workplace, name, message->id, attempt,
			       channel->deadline_ms, &claim);

	if (r == FSI_CLAIM_DONE && !is_what_was_read(channel, &claim, file)) {
		r = fsi_claim_give_back(&channel->workplace, &claim, 0, attempt - 1);
		return r < 0 ? r : FSI_CLAIM_LOST;
	}
	if (r != FSI_CLAIM_DONE)
		return r;
	delivery = fsi_deliveries_add(&channel->deliveries, FSI_DELIVERY_FILE);
	delivery->claim = claim;
	note(channel, delivery, attempt, message);
	if (attempt > 1)
		count_again(channel);
	return r;
}

void fsi_work_note_frame(fsps_channel *channel, struct fsi_view *view, size_t offset,
			 fsps_message *message)
{
	struct fsi_delivery *delivery =
		fsi_deliveries_add(&channel->deliveries, FSI_DELIVERY_FRAME);

	delivery->view = view;
	delivery->offset = offset;
	fsi_deliveries_append(&channel->deliveries, delivery);
	note(channel, delivery, 1, message);
}

/* ---- coming again ---- */

/* Who gave it back allowed more attempts than we do. */
static int bury_due(fsps_channel *channel, const struct fsi_candidate *candidate)
{
	char name[FSI_NAME_BYTES];
	int r;

	fsi_candidate_name(candidate, name);
	r = fsi_claim_bury_file(&channel->workplace, name, "failed", candidate->attempt,
				candidate->id, NULL);
	if (r == FSI_CLAIM_DONE)
		channel->dead++;
	return r < 0 ? r : FSI_CONSUME_NEXT;
}

static int take_due(fsps_channel *channel, const struct fsi_due *due, fsps_message **ret_message)
{
	const struct fsi_candidate candidate = {
		.id = due->id, .time_ms = due->time_ms, .attempt = due->attempt};
	int r = due->attempt >= channel->workplace.attempts_max && channel->settles
			? bury_due(channel, &candidate)
			: fsi_consume(channel, &candidate, ret_message);

	if (r < 0)
		return r;
	channel->due.next++;
	return r == FSI_CONSUMED;
}

int fsi_work_take_again(fsps_channel *channel, fsps_message **ret_message)
{
	int r = channel->deliveries.held > 0 ? fsi_held_take(channel, ret_message) : 0;

	if (r != 0)
		return r;
	/* In a large channel a look for each that failed would take more time than all the rest. */
	if (channel->given_back && fsi_sys_coarse_ms() >= channel->look_over_ms)
		channel->look_over_due = true;
	/* Twice: what was taken back behind our reading is due now. */
	for (int i = 0; i < 2 && channel->look_over_due && channel->due.next == channel->due.count;
	     i++)
		fsi_work_look_over(channel);
	while (r == 0 && channel->due.next < channel->due.count)
		r = take_due(channel, &channel->due.list[channel->due.next], ret_message);
	return r;
}

/* ---- upkeep ---- */

void fsi_work_look_over(fsps_channel *channel)
{
	uint64_t begun_ms = fsi_sys_monotonic_ms();
	uint64_t budget = UINT64_MAX;
	struct fsi_look_over found = {.revived = 0};
	int r;

	channel->look_over_due = false;
	channel->given_back = false;
	r = fsi_look_over(&channel->workplace, &channel->due, &budget, NULL, &found);
	channel->look_over_ms = fsi_sys_coarse_ms();
	if (UINT64_MAX - budget > LOOK_NAMES_FEW)
		channel->look_over_ms += (fsi_sys_monotonic_ms() - begun_ms) * LOOK_SHARE;
	if (r < 0) {
		channel->look_over_due = true;
		return;
	}
	channel->dead += found.dead;
	/* What was revived behind our reading, and what did not fit, is for the next look. */
	channel->look_over_due = found.revived > 0 || channel->due.truncated;
	if (found.revived + channel->due.count + !fsi_pending_is_empty(&channel->pending) > 1)
		fsi_work_ring_others(channel);
}

/* Ours: also those that lie in segments, which nobody else knows of. */
static void expire_ours(fsps_channel *channel)
{
	struct fsi_deliveries *deliveries = &channel->deliveries;
	uint64_t now_ms = fsi_sys_coarse_ms();

	for (uint32_t i = 0; i < deliveries->capacity && deliveries->count > 0; i++) {
		struct fsi_delivery *delivery = &deliveries->slots[i];

		if ((delivery->state == FSI_DELIVERY_FILE ||
		     delivery->state == FSI_DELIVERY_FRAME) &&
		    delivery->due_ms <= now_ms)
			fsi_work_expire(channel, delivery);
	}
}

void fsi_work_keep_up(fsps_channel *channel)
{
	if (!channel->works)
		return;
	expire_ours(channel);
	if (fsi_sys_coarse_ms() >= channel->look_over_ms)
		channel->look_over_due = true;
}

void fsi_work_move_to_file(fsps_channel *channel, struct fsi_delivery *delivery)
{
	struct fsi_work_name claim = {.kind = FSI_WORK_CLAIMED};
	uint64_t now_ms = fsi_sys_coarse_ms();
	struct fsi_view_frame frame;

	if (delivery == NULL || delivery->state != FSI_DELIVERY_FRAME ||
	    !fsi_view_frame_at(delivery->view, delivery->offset, &frame))
		return;
	memcpy(claim.member, channel->home->member.id, sizeof claim.member);
	claim.time_ms =
		fsi_claim_now_ms() + (delivery->due_ms > now_ms ? delivery->due_ms - now_ms : 0);
	claim.attempt = delivery->attempt;
	claim.id = delivery->id;
	fsi_claim_note_deadline(&channel->workplace, channel->deadline_ms);
	if (fsi_written_message(&channel->workplace, &claim, frame.body, frame.body_len) < 0)
		return;
	fsi_deliveries_unlist(&channel->deliveries, delivery);
	delivery->view = NULL;
	delivery->state = FSI_DELIVERY_FILE;
	delivery->claim = claim;
}

/* ---- the end ---- */

/* Whether all that lies between the first unsettled frame and the place is unsettled, too: then
 * the link's name says it all. */
static bool is_unbroken(const fsps_channel *channel, const struct fsi_view *view)
{
	const struct fsi_delivery *delivery =
		fsi_deliveries_at(&channel->deliveries, view->first_unsettled);
	struct fsi_view_frame frame = {.next = delivery->offset};

	while (delivery != NULL && delivery->offset == frame.next &&
	       fsi_view_frame_at(view, delivery->offset, &frame))
		delivery = fsi_deliveries_at(&channel->deliveries, delivery->next);
	return delivery == NULL && frame.next == view->at;
}

/* What was found of the segment of the delivery before: to walk its list for each that is in it
 * would take seconds for tens of thousands. */
struct going {
	const struct fsi_view *view;
	bool unbroken;
};

static bool stays_in_segment(const fsps_channel *channel, struct going *going,
			     const struct fsi_delivery *delivery)
{
	if (going->view != delivery->view)
		*going = (struct going){.view = delivery->view,
					.unbroken = is_unbroken(channel, delivery->view)};
	return going->unbroken;
}

/* An attempt that was not made to its end does not count. */
static void give_back_uncounted(fsps_channel *channel, struct going *going,
				struct fsi_delivery *delivery)
{
	const uint32_t made = delivery->state == FSI_DELIVERY_HELD ? 0 : 1;
	struct fsi_work_name name = {.kind = FSI_WORK_DELAYED,
				     .time_ms = fsi_claim_now_ms(),
				     .attempt = delivery->attempt - made,
				     .id = delivery->id};
	struct fsi_view_frame frame;

	if (delivery->state == FSI_DELIVERY_FILE)
		(void)fsi_claim_give_back(&channel->workplace, &delivery->claim, 0,
					  delivery->attempt - 1);
	else if (!stays_in_segment(channel, going, delivery) &&
		 fsi_view_frame_at(delivery->view, delivery->offset, &frame) &&
		 fsi_written_message(&channel->workplace, &name, frame.body, frame.body_len) == 0)
		fsi_deliveries_unlist(&channel->deliveries, delivery);
}

void fsi_work_give_all_back(fsps_channel *channel)
{
	struct fsi_deliveries *deliveries = &channel->deliveries;
	struct going going = {.view = NULL};

	fsi_held_leave(channel);
	for (uint32_t i = 0; i < deliveries->capacity; i++)
		if (deliveries->slots[i].state != FSI_DELIVERY_FREE)
			give_back_uncounted(channel, &going, &deliveries->slots[i]);
}

void fsi_work_ring_others(fsps_channel *channel)
{
	if (channel->shared)
		fsi_work_ring(channel, 0);
}

void fsi_work_ring(const fsps_channel *channel, uint64_t id)
{
	if (fsi_bell_ring(channel->bell_fd, true, id) >= 0)
		return;
	/* As publishers do it: somebody may have read the bell, and the flag, in between (R3). */
	atomic_store(&channel->control->dirty, 1);
	(void)fsi_bell_ring(channel->bell_fd, true, id);
}
