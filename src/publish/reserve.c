/* SPDX-License-Identifier: MIT */
/* Implements publish/reserve.h. */
#include "publish/reserve.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "message/headers.h"
#include "publish/publisher.h"
#include "publish/send.h"

enum { ALIGNMENT = 8 };

/* Whether the segment is written by a fan still; then it is that fan's to free. */
static bool is_in_use(const fsps_publisher *publisher, const struct fsi_segment *segment)
{
	for (size_t i = 0; i < publisher->fast.count; i++)
		if (publisher->fast.fans[i]->segment == segment)
			return true;
	return false;
}

/* Lets go of its payload and headers. */
static void end(fsps_publisher *publisher)
{
	struct fsi_reservation *reservation = &publisher->reservation;

	if (reservation->segment == NULL)
		free(reservation->payload);
	else if (!is_in_use(publisher, reservation->segment))
		fsi_segment_forget(reservation->segment);
	fsi_headers_free(reservation->headers);
	reservation->segment = NULL;
	reservation->payload = NULL;
	reservation->headers = NULL;
	reservation->open = false;
}

static int note_topic(struct fsi_reservation *reservation, const struct fsi_outgoing *message)
{
	char *topic = reservation->topic;

	if (topic != NULL && strcmp(topic, message->topic) == 0)
		return 0;
	topic = strdup(message->topic);
	if (topic == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory for a reservation");
	free(reservation->topic);
	reservation->topic = topic;
	reservation->topic_len = message->topic_len;
	return 0;
}

static int note_message(struct fsi_reservation *reservation, const struct fsi_outgoing *message)
{
	int r = fsi_prefix_encode(&reservation->prefix, message->topic, message->topic_len,
				  message->headers);

	if (r == 0)
		r = note_topic(reservation, message);
	/* Hooks may change them at the commit. */
	return r < 0 || message->headers == NULL
		       ? r
		       : fsi_headers_copy(message->headers, &reservation->headers);
}

/* In the segment that the message would go into now. Returns 1, 0 if there is none that has all its
 * channels, or a failure. */
static int place_in_segment(fsps_publisher *publisher)
{
	struct fsi_reservation *reservation = &publisher->reservation;
	const struct fsi_sending sending = {.topic = reservation->topic,
					    .topic_len = reservation->topic_len,
					    .prefix = &reservation->prefix,
					    .payload_len = reservation->payload_len_max,
					    .now_us = fsi_clock_us(&publisher->clock),
					    .in_place = true};
	struct fsi_fan *fan = NULL;
	int r;

	/* The frame's header ends aligned. */
	reservation->padding = (ALIGNMENT - reservation->prefix.len % ALIGNMENT) % ALIGNMENT;
	r = fsi_send_find_room(publisher, &sending, &fan);
	if (r <= 0)
		return r;
	reservation->segment = fan->segment;
	reservation->at = fan->segment->at;
	reservation->payload =
		fsi_segment_body(fan->segment, reservation->padding) + reservation->prefix.len;
	return 1;
}

static int reserve(fsps_publisher *publisher, const struct fsi_outgoing *message)
{
	struct fsi_reservation *reservation = &publisher->reservation;
	int r = note_message(reservation, message);

	if (r == 0)
		r = fsi_send_check_size(publisher, message->topic, reservation->prefix.len,
					reservation->payload_len_max);
	if (r == 0)
		r = place_in_segment(publisher);
	/* No space for a segment now is no reason why there should be none at the commit. */
	if (r == FSPS_ERR_NO_SPACE)
		r = 0;
	if (r != 0)
		return r;
	reservation->payload = malloc(reservation->payload_len_max + 1);
	if (reservation->payload == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory for a payload of %zu bytes",
				reservation->payload_len_max);
	return 0;
}

int fsi_publisher_reserve(fsps_publisher *publisher, const struct fsi_outgoing *message,
			  size_t payload_len_max, void **ret_payload)
{
	struct fsi_reservation *reservation = &publisher->reservation;
	int r;

	pthread_mutex_lock(&publisher->lock);
	if (reservation->open) {
		r = fsi_fail(FSPS_ERR_BUSY, message->topic,
			     "this publisher has a reservation already, for topic %s",
			     reservation->topic);
	} else {
		reservation->payload_len_max = payload_len_max;
		r = reserve(publisher, message);
		if (r < 0)
			end(publisher);
		else
			*ret_payload = reservation->payload;
		reservation->open = r >= 0;
	}
	pthread_mutex_unlock(&publisher->lock);
	return r < 0 ? r : 0;
}

/* Whether the payload lies where the next frame goes: nothing came in between. */
static bool is_next(const fsps_publisher *publisher)
{
	const struct fsi_reservation *reservation = &publisher->reservation;

	return reservation->segment != NULL && is_in_use(publisher, reservation->segment) &&
	       reservation->segment->at == reservation->at;
}

/* Finds out where the message goes now; it is only in place if that is where it lies. */
static bool may_stay(fsps_publisher *publisher, struct fsi_sending *sending)
{
	struct fsi_reservation *reservation = &publisher->reservation;
	struct fsi_fan *fan = NULL;

	if (!is_next(publisher) ||
	    atomic_load_explicit(&publisher->bus->publish_hooks, memory_order_acquire) != NULL)
		return false;
	sending->in_place = true;
	return fsi_send_find_room(publisher, sending, &fan) == 1 &&
	       fan->segment == reservation->segment && is_next(publisher);
}

static int commit(fsps_publisher *publisher, size_t payload_len)
{
	struct fsi_reservation *reservation = &publisher->reservation;
	struct fsi_sending sending = {.topic = reservation->topic,
				      .topic_len = reservation->topic_len,
				      .prefix = &reservation->prefix,
				      .payload = reservation->payload,
				      .payload_len = payload_len,
				      .now_us = fsi_clock_us(&publisher->clock)};
	const struct fsi_outgoing message = {.topic = reservation->topic,
					     .topic_len = reservation->topic_len,
					     .headers = reservation->headers,
					     .payload = reservation->payload,
					     .payload_len = payload_len};

	sending.in_place = may_stay(publisher, &sending);
	if (sending.in_place)
		return fsi_send(publisher, &sending);
	return fsi_publisher_publish_locked(publisher, &message);
}

int fsi_publisher_commit(fsps_publisher *publisher, size_t payload_len, fsps_receipt *receipt)
{
	struct fsi_reservation *reservation = &publisher->reservation;
	int r;

	pthread_mutex_lock(&publisher->lock);
	fsi_receipt_reset(&publisher->receipt);
	if (!reservation->open)
		r = fsi_fail(FSPS_ERR_ARGUMENT, NULL, "fsps_commit: nothing is reserved");
	else if (payload_len > reservation->payload_len_max)
		r = fsi_fail(FSPS_ERR_ARGUMENT, reservation->topic,
			     "fsps_commit: %zu bytes, but %zu were reserved", payload_len,
			     reservation->payload_len_max);
	else
		r = commit(publisher, payload_len);
	end(publisher);
	if (receipt != NULL)
		fsi_receipt_copy(receipt, &publisher->receipt);
	pthread_mutex_unlock(&publisher->lock);
	return r;
}

void fsi_reservation_deinit(fsps_publisher *publisher)
{
	end(publisher);
	free(publisher->reservation.topic);
	fsi_prefix_deinit(&publisher->reservation.prefix);
	publisher->reservation.topic = NULL;
}

void fsi_publisher_abort(fsps_publisher *publisher)
{
	pthread_mutex_lock(&publisher->lock);
	end(publisher);
	pthread_mutex_unlock(&publisher->lock);
}
