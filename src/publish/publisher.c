/* SPDX-License-Identifier: MIT */
/* Implements publish/publisher.h: a publish from its topic to its receipt. */
#include "publish/publisher.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/sys.h"
#include "message/headers.h"
#include "publish/send.h"
#include "publish/surroundings.h"

static void child_after_fork(struct fsi_fork_entry *entry)
{
	fsps_publisher *publisher =
		(fsps_publisher *)((char *)entry - offsetof(struct fsps_publisher, fork_entry));

	uint64_t stamp = publisher->fast.stamp;

	publisher->forked = true;
	/* What was reserved is in the parent's segment. */
	memset(&publisher->reservation, 0, sizeof publisher->reservation);
	if (fsi_fork_renew_mutex(&publisher->lock)) {
		fsi_fast_forget(&publisher->fast);
		return;
	}
	/* A thread that is gone was in the middle of a publish: leave its memory where it is. */
	fsi_channel_set_init(&publisher->set);
	fsi_fast_init(&publisher->fast, publisher->sync);
	/* A prepared topic may remember a fan: never the same stamp again. */
	publisher->fast.stamp = stamp + 1;
	publisher->fast.pool.watermark = &publisher->watermark;
	memset(&publisher->prefix, 0, sizeof publisher->prefix);
	/* Its intent is the parent's: it must not be removed here. */
	fsi_staged_init(&publisher->staged);
	publisher->home = NULL;
	publisher->legs = NULL;
	publisher->leg_capacity = 0;
	memset(&publisher->receipt, 0, sizeof publisher->receipt);
}

int fsi_publisher_new(fsps_bus *bus, const struct fsps_publisher_options *options,
		      fsps_publisher **ret_publisher)
{
	fsps_publisher *publisher = calloc(1, sizeof *publisher);

	if (publisher == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory for a publisher");
	publisher->bus = fsi_bus_ref(bus);
	publisher->wait_ms = options->wait_ms;
	publisher->sync = options->sync != 0;
	(void)pthread_mutex_init(&publisher->lock, NULL);
	fsi_clock_init(&publisher->clock);
	fsi_channel_set_init(&publisher->set);
	fsi_fast_init(&publisher->fast, publisher->sync);
	fsi_staged_init(&publisher->staged);
	publisher->watermark.percent = bus->watermark_percent;
	publisher->fast.pool.watermark = &publisher->watermark;
	publisher->bell_limit = fsi_channel_set_bell_limit();
	publisher->fork_entry.in_child = child_after_fork;
	fsi_fork_enlist(&publisher->fork_entry);
	*ret_publisher = publisher;
	return 0;
}

void fsi_publisher_free(fsps_publisher *publisher)
{
	if (publisher == NULL)
		return;
	fsi_fork_delist(&publisher->fork_entry);
	fsi_reservation_deinit(publisher);
	fsi_publisher_forget_home(publisher);
	fsi_channel_set_deinit(&publisher->set);
	fsi_receipt_deinit(&publisher->receipt);
	fsi_prefix_deinit(&publisher->prefix);
	free(publisher->legs);
	(void)pthread_mutex_destroy(&publisher->lock);
	fsi_bus_unref(publisher->bus);
	free(publisher);
}

/* ---- one message ---- */

/* When a message is published, and what of it is settled before. */
struct moment {
	uint64_t now_us;
	/* 0: it takes the next one. */
	uint64_t id;
	bool wake_later;
};

static int publish(fsps_publisher *publisher, const struct fsi_outgoing *message,
		   const struct moment *at)
{
	const struct fsi_sending sending = {.topic = message->topic,
					    .topic_len = message->topic_len,
					    .prefix = message->prefix != NULL ? message->prefix
									      : &publisher->prefix,
					    .payload = message->payload,
					    .payload_len = message->payload_len,
					    .now_us = at->now_us,
					    .id = at->id,
					    .wake_later = at->wake_later};
	int r = message->prefix != NULL ? 0
					: fsi_prefix_encode(&publisher->prefix, message->topic,
							    message->topic_len, message->headers);

	return r < 0 ? r : fsi_send(publisher, &sending);
}

static int publish_with_hooks(fsps_publisher *publisher, const struct fsi_outgoing *message,
			      const struct moment *at)
{
	FSI_CLEANUP(fsi_cleanup_headers) fsps_headers *headers = NULL;
	struct fsi_outgoing hooked = *message;
	struct fsps_publish_event event = {.size = sizeof event,
					   .stage = FSPS_PUBLISH_BEFORE,
					   .topic = message->topic,
					   .payload = message->payload,
					   .payload_len = message->payload_len};
	int r = fsi_headers_copy(message->headers != NULL ? message->headers : fsi_headers_empty(),
				 &headers);

	if (r < 0)
		return r;
	event.headers = headers;
	r = fsi_hooks_run_publish(&publisher->bus->publish_hooks, &event);
	if (r < 0) {
		r = fsi_fail(FSPS_ERR_HOOK, message->topic, "a hook refused (%d) a message on %s",
			     r, message->topic);
	} else {
		hooked.headers = headers;
		/* They may have changed what was prepared. */
		hooked.prefix = NULL;
		r = publish(publisher, &hooked, at);
	}
	event.stage = FSPS_PUBLISH_AFTER;
	event.headers = NULL;
	event.receipt = &publisher->receipt;
	event.result = r;
	(void)fsi_hooks_run_publish(&publisher->bus->publish_hooks, &event);
	return r;
}

static bool has_hooks(const fsps_publisher *publisher)
{
	return atomic_load_explicit(&publisher->bus->publish_hooks, memory_order_acquire) != NULL;
}

static int publish_at(fsps_publisher *publisher, const struct fsi_outgoing *message,
		      const struct moment *at)
{
	return has_hooks(publisher) ? publish_with_hooks(publisher, message, at)
				    : publish(publisher, message, at);
}

int fsi_publisher_publish_locked(fsps_publisher *publisher, const struct fsi_outgoing *message)
{
	const struct moment at = {.now_us = fsi_clock_us(&publisher->clock)};

	return publish_at(publisher, message, &at);
}

int fsi_publisher_publish(fsps_publisher *publisher, const struct fsi_outgoing *message,
			  fsps_receipt *receipt)
{
	int r;

	pthread_mutex_lock(&publisher->lock);
	fsi_receipt_reset(&publisher->receipt);
	r = fsi_publisher_publish_locked(publisher, message);
	if (receipt != NULL)
		fsi_receipt_copy(receipt, &publisher->receipt);
	pthread_mutex_unlock(&publisher->lock);
	return r;
}

/* ---- many messages ---- */

/* The IDs of a batch follow one another. Without a home there is no counter, and nobody listens. */
static uint64_t take_ids(fsps_publisher *publisher, uint64_t now_us, size_t count)
{
	if (publisher->home == NULL || publisher->forked)
		return 0;
	return fsi_counter_take(&publisher->home->counter, now_us, count);
}

static int publish_all(fsps_publisher *publisher, struct fsps_outgoing *messages, size_t count)
{
	struct moment at = {.now_us = fsi_clock_us(&publisher->clock), .wake_later = true};
	uint64_t first_id = take_ids(publisher, at.now_us, count);
	size_t done = 0;
	int r = 0;

	for (; done < count; done++) {
		const struct fsi_outgoing message = {.topic = messages[done].topic,
						     .topic_len = strlen(messages[done].topic),
						     .headers = messages[done].headers,
						     .payload = messages[done].payload,
						     .payload_len = messages[done].payload_len};

		at.id = first_id == 0 ? 0 : first_id + done;
		fsi_receipt_reset(&publisher->receipt);
		r = publish_at(publisher, &message, &at);
		messages[done].id = publisher->receipt.id;
		messages[done].dropped = publisher->receipt.dropped;
		if (r < 0)
			break;
	}
	/* Those that were not tried may be left from an earlier batch. */
	for (size_t i = done + 1; i < count; i++) {
		messages[i].id = 0;
		messages[i].dropped = 0;
	}
	fsi_send_wake(publisher);
	return done == 0 && r < 0 ? r : (int)done;
}

int fsi_publisher_publish_batch(fsps_publisher *publisher, struct fsps_outgoing *messages,
				size_t count, fsps_receipt *receipt)
{
	int r;

	pthread_mutex_lock(&publisher->lock);
	fsi_receipt_reset(&publisher->receipt);
	/* Many at once are worth a segment. */
	if (count > 1)
		fsi_fast_expect(&publisher->fast, count);
	r = publish_all(publisher, messages, count);
	if (receipt != NULL)
		fsi_receipt_copy(receipt, &publisher->receipt);
	pthread_mutex_unlock(&publisher->lock);
	return r;
}

/* ---- prepared topics ---- */

int fsi_prepared_new(fsps_publisher *publisher, const char *topic, const fsps_headers *headers,
		     fsps_prepared **ret_prepared)
{
	fsps_prepared *prepared = calloc(1, sizeof *prepared);
	int r = 0;

	if (prepared == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, topic, "no memory for a prepared topic");
	prepared->publisher = publisher;
	prepared->topic = strdup(topic);
	prepared->topic_len = strlen(topic);
	if (prepared->topic == NULL)
		r = fsi_fail(FSPS_ERR_NO_MEMORY, topic, "no memory for a prepared topic");
	if (r == 0 && headers != NULL)
		r = fsi_headers_copy(headers, &prepared->headers);
	if (r == 0)
		r = fsi_prefix_encode(&prepared->prefix, topic, prepared->topic_len, headers);
	if (r < 0) {
		fsi_prepared_free(prepared);
		return r;
	}
	*ret_prepared = prepared;
	return 0;
}

void fsi_prepared_free(fsps_prepared *prepared)
{
	if (prepared == NULL)
		return;
	fsi_prefix_deinit(&prepared->prefix);
	fsi_headers_free(prepared->headers);
	free(prepared->topic);
	free(prepared);
}
