/* SPDX-License-Identifier: MIT */
/* Implements subscribe/held.h. */
#include "subscribe/held.h"

#include "base/error.h"
#include "base/sys.h"
#include "claim/written.h"
#include "store/message_file.h"
#include "subscribe/frame.h"
#include "subscribe/work.h"

/* How long after a try without space. */
enum { RETRY_MS = 1000 };

void fsi_held_keep(fsps_channel *channel, struct fsi_delivery *delivery, uint64_t delay_ms)
{
	fsi_deliveries_renew(&channel->deliveries, delivery);
	fsi_deliveries_set_held(&channel->deliveries, delivery, true);
	delivery->due_ms = fsi_sys_coarse_ms() + delay_ms;
}

/* ---- what is no message ---- */

/* Returns 0 or a failure. */
static int write_letter(const fsps_channel *channel, uint64_t id, uint32_t attempt,
			const char *word, const struct fsi_view_frame *frame)
{
	struct fsi_work_name name = {.kind = FSI_WORK_DEAD, .id = id, .attempt = attempt};

	fsi_work_name_set_reason(&name, word);
	return fsi_written_message(&channel->workplace, &name, frame->body, frame->body_len);
}

static int keep_refused(fsps_channel *channel, struct fsi_view *view, const char *word)
{
	struct fsi_deliveries *deliveries = &channel->deliveries;
	struct fsi_delivery *delivery;
	int r = fsi_deliveries_make_room(deliveries);

	if (r < 0)
		return r;
	delivery = fsi_deliveries_add(deliveries, FSI_DELIVERY_FRAME);
	delivery->view = view;
	delivery->offset = view->at;
	delivery->id = view->head_id;
	fsi_deliveries_append(deliveries, delivery);
	fsi_deliveries_refuse(deliveries, delivery, word);
	fsi_held_keep(channel, delivery, RETRY_MS);
	return 0;
}

int fsi_held_refuse(fsps_channel *channel, struct fsi_view *view, const char *word)
{
	struct fsi_view_frame frame;

	if (!fsi_view_frame_at(view, view->at, &frame) ||
	    write_letter(channel, view->head_id, 0, word, &frame) == 0)
		return 0;
	return keep_refused(channel, view, word);
}

/* Somebody has written into the segment: not even the bytes are there. */
static void give_up(fsps_channel *channel, struct fsi_delivery *delivery)
{
	fsi_log(&channel->bus->log, FSPS_LOG_WARNING,
		"message %llu of channel %s is lost: its segment was changed by somebody",
		(unsigned long long)delivery->id, channel->name);
	channel->set_aside++;
	atomic_fetch_add_explicit(&channel->control->set_aside, 1, memory_order_relaxed);
	fsi_work_end_written(channel, delivery);
}

static void try_letter(fsps_channel *channel, struct fsi_delivery *delivery)
{
	struct fsi_view_frame frame;

	if (!fsi_view_frame_at(delivery->view, delivery->offset, &frame))
		give_up(channel, delivery);
	else if (write_letter(channel, delivery->id, delivery->attempt, delivery->refusal,
			      &frame) == 0)
		fsi_work_end_written(channel, delivery);
	else
		delivery->due_ms = fsi_sys_coarse_ms() + RETRY_MS;
}

/* ---- what comes again ---- */

/* Returns 1, 0 if it turned out to be no message any more, or a failure. */
static int take_again(fsps_channel *channel, struct fsi_delivery *delivery,
		      fsps_message **ret_message)
{
	fsps_message *message = NULL;
	int r = fsi_frame_read_again(channel, delivery->view, delivery->offset, &message);

	if (r == FSPS_ERR_NO_MEMORY)
		return r;
	if (r < 0) {
		fsi_deliveries_refuse(&channel->deliveries, delivery, fsi_message_refusal(r));
		try_letter(channel, delivery);
		return 0;
	}
	fsi_deliveries_set_held(&channel->deliveries, delivery, false);
	fsi_work_note_again(channel, delivery, delivery->attempt + 1, message);
	*ret_message = message;
	return 1;
}

int fsi_held_take(fsps_channel *channel, fsps_message **ret_message)
{
	struct fsi_deliveries *deliveries = &channel->deliveries;
	uint64_t now_ms = fsi_sys_coarse_ms();
	int r = 0;

	for (uint32_t i = 0; r == 0 && deliveries->held > 0 && i < deliveries->capacity; i++) {
		struct fsi_delivery *delivery = &deliveries->slots[i];

		if (delivery->state != FSI_DELIVERY_HELD || delivery->due_ms > now_ms)
			continue;
		if (delivery->refusal != NULL)
			try_letter(channel, delivery);
		else
			r = take_again(channel, delivery, ret_message);
	}
	return r;
}

void fsi_held_leave(fsps_channel *channel)
{
	struct fsi_deliveries *deliveries = &channel->deliveries;

	for (uint32_t i = 0; deliveries->refused > 0 && i < deliveries->capacity; i++)
		if (deliveries->slots[i].state == FSI_DELIVERY_HELD &&
		    deliveries->slots[i].refusal != NULL)
			try_letter(channel, &deliveries->slots[i]);
}
