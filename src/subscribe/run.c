/* SPDX-License-Identifier: MIT */
/* Implements subscribe/run.h. */
#include "subscribe/run.h"

#include <string.h>

#include "base/bytes.h"
#include "subscribe/account.h"
#include "subscribe/gap.h"

/* How far ahead of what is read the processor is told to fetch. */
enum { PREFETCH_BYTES = 512 };

static void set_left(struct fsi_run *run, unsigned left)
{
	atomic_store_explicit(&run->left, left, memory_order_relaxed);
}

static size_t encoded_topic_bytes(const fsps_message *message)
{
	return (size_t)(message->payload - message->bytes) - FSI_MESSAGE_AT_TOPIC_LENGTH -
	       FSI_MESSAGE_LENGTH_BYTES;
}

static bool may_have_runs(const fsps_channel *channel, const struct fsi_view *view,
			  const fsps_message *message)
{
	return !channel->works && channel->durable[0] == '\0' && view->locked && !view->checksums &&
	       message->owner == &view->owner &&
	       encoded_topic_bytes(message) == message->topic_len + FSI_RUN_HEAD_BYTES;
}

void fsi_run_begin(fsps_channel *channel, const struct fsi_source *source, struct fsi_view *view,
		   const fsps_message *message)
{
	struct fsi_lane *lane = &channel->lane;
	struct fsi_run *run = &lane->run;
	unsigned left;

	if (source->current != view || !may_have_runs(channel, view, message))
		return;
	if (lane->handles == NULL)
		lane->handles = fsi_handles_new();
	if (lane->handles == NULL || !fsi_view_lend_to(view, lane->handles))
		return;
	run->view = view;
	run->epoch = source->epoch;
	run->id_limit =
		source->lowest_of_others < FSI_ID_LIMIT ? source->lowest_of_others : FSI_ID_LIMIT;
	run->topic_len = message->topic_len;
	run->head_len = encoded_topic_bytes(message);
	memcpy(run->head, message->bytes + FSI_MESSAGE_AT_TOPIC_LENGTH, run->head_len);
	left = lane->turn_left < lane->round_left ? lane->turn_left : lane->round_left;
	lane->turn_left -= left;
	lane->round_left -= left;
	set_left(run, left);
}

void fsi_run_end(fsps_channel *channel)
{
	struct fsi_lane *lane = &channel->lane;

	unsigned left = fsi_run_left(channel);

	lane->turn_left += left;
	lane->round_left += left;
	set_left(&lane->run, 0);
}

/* What others may have changed since the run began. */
static bool has_changed(const fsps_channel *channel)
{
	const struct fsi_control *control = channel->control;

	return atomic_load_explicit(&channel->bus->deliver_hooks, memory_order_acquire) != NULL ||
	       atomic_load_explicit(&control->ttl_ms, memory_order_relaxed) != 0 ||
	       atomic_load_explicit(&control->when_full, memory_order_relaxed) ==
		       FSPS_FULL_DROP_OLDEST ||
	       atomic_load_explicit(&control->drops, memory_order_relaxed) != 0 ||
	       fsi_gap_untold(channel) != 0;
}

/* Whether it begins as the message before it did, but for ID and time, and its payload is the rest
 * of it. */
static bool is_alike(const struct fsi_run *run, const unsigned char *body, size_t len)
{
	size_t prefix_len = FSI_MESSAGE_AT_TOPIC_LENGTH + run->head_len + FSI_MESSAGE_LENGTH_BYTES;

	return len >= prefix_len && fsi_get_u32(body + FSI_MESSAGE_AT_MAGIC) == FSI_MESSAGE_MAGIC &&
	       body[FSI_MESSAGE_AT_VERSION] == FSI_MESSAGE_VERSION &&
	       memcmp(body + FSI_MESSAGE_AT_TOPIC_LENGTH, run->head, run->head_len) == 0 &&
	       fsi_get_u32(body + prefix_len - FSI_MESSAGE_LENGTH_BYTES) == len - prefix_len;
}

static void fill(const struct fsi_run *run, const unsigned char *body, size_t len,
		 fsps_message *message)
{
	size_t prefix_len = FSI_MESSAGE_AT_TOPIC_LENGTH + run->head_len + FSI_MESSAGE_LENGTH_BYTES;

	message->sender_uid = run->view->owner_uid;
	message->id = fsi_get_u64(body + FSI_MESSAGE_AT_ID);
	message->timestamp_us = fsi_get_u64(body + FSI_MESSAGE_AT_TIMESTAMP);
	message->bytes = body;
	message->bytes_len = len;
	message->owner = fsi_view_lend(run->view);
	message->topic = (const char *)body + FSI_MESSAGE_AT_TOPIC;
	message->topic_len = run->topic_len;
	message->payload = body + prefix_len;
	message->payload_len = len - prefix_len;
}

/* As for any frame that is read and handed out. */
static void count(fsps_channel *channel, struct fsi_run *run)
{
	set_left(run, fsi_run_left(channel) - 1);
	fsi_account_note_place(channel, run->view);
	fsi_count_frame_read(channel->control);
	channel->fetches++;
	channel->frames++;
	channel->delivered++;
	channel->from_segments++;
	channel->streak++;
	fsi_channel_count(channel, &channel->control->frames);
	fsi_channel_count(channel, &channel->control->delivered);
}

bool fsi_run_take(fsps_channel *channel, fsps_message **ret_message)
{
	struct fsi_run *run = &channel->lane.run;
	const unsigned char *body;
	fsps_message *message;
	uint32_t len = 0;
	uint64_t id;

	if (fsi_run_left(channel) == 0 || has_changed(channel))
		return false;
	body = fsi_view_peek(run->view, run->epoch, &len);
	if (body == NULL || len > channel->bus->message_bytes_max || !is_alike(run, body, len))
		return false;
	id = fsi_get_u64(body + FSI_MESSAGE_AT_ID);
	message = id != 0 && id < run->id_limit ? fsi_handles_take(channel->lane.handles) : NULL;
	if (message == NULL)
		return false;
	__builtin_prefetch(body + PREFETCH_BYTES);
	fill(run, body, len, message);
	fsi_view_pass(run->view, len);
	count(channel, run);
	*ret_message = message;
	return true;
}
