/* SPDX-License-Identifier: MIT */
/* Implements publish/publisher.h: a publish from its topic to its receipt. */
#include "publish/publisher.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/sys.h"
#include "message/codec.h"
#include "message/headers.h"
#include "message/json.h"
#include "publish/delivery.h"
#include "publish/surroundings.h"
#include "recover/sweep.h"

static const char NO_HEADERS[] = "{}";

static void child_after_fork(struct fsi_fork_entry *entry)
{
	fsps_publisher *publisher =
		(fsps_publisher *)((char *)entry - offsetof(struct fsps_publisher, fork_entry));

	publisher->forked = true;
	if (fsi_fork_renew_mutex(&publisher->lock))
		return;
	/* A thread that is gone was in the middle of a publish: leave its memory where it is. */
	fsi_channel_set_init(&publisher->set);
	/* Its intent is the parent's: it must not be removed here. */
	fsi_staged_init(&publisher->staged);
	publisher->home = NULL;
	publisher->prefix = NULL;
	publisher->prefix_capacity = 0;
	publisher->legs = NULL;
	publisher->leg_capacity = 0;
	memset(&publisher->receipt, 0, sizeof publisher->receipt);
}

int fsi_publisher_new(fsps_bus *bus, int64_t wait_ms, fsps_publisher **ret_publisher)
{
	fsps_publisher *publisher = calloc(1, sizeof *publisher);

	if (publisher == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory for a publisher");
	publisher->bus = fsi_bus_ref(bus);
	publisher->wait_ms = wait_ms;
	(void)pthread_mutex_init(&publisher->lock, NULL);
	fsi_channel_set_init(&publisher->set);
	fsi_staged_init(&publisher->staged);
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
	fsi_publisher_forget_home(publisher);
	fsi_channel_set_deinit(&publisher->set);
	fsi_receipt_deinit(&publisher->receipt);
	free(publisher->prefix);
	free(publisher->legs);
	(void)pthread_mutex_destroy(&publisher->lock);
	fsi_bus_unref(publisher->bus);
	free(publisher);
}

/* ---- one message ---- */

/* Writes all that stands before the payload; the ID is set when it is known. */
static int encode(fsps_publisher *publisher, const struct fsi_outgoing *message)
{
	FSI_CLEANUP(fsi_cleanup_free) char *json = NULL;
	const char *text = NO_HEADERS;
	size_t json_len = sizeof NO_HEADERS - 1;
	size_t bytes;

	if (message->headers != NULL && message->headers->count > 0) {
		int r = fsi_headers_write_json(message->headers, &json, &json_len);

		if (r < 0)
			return r;
		text = json;
	}
	bytes = fsi_message_prefix_bytes(message->topic_len, json_len);
	if (message->payload_len > publisher->bus->message_bytes_max ||
	    bytes + message->payload_len > publisher->bus->message_bytes_max)
		return fsi_fail(FSPS_ERR_TOO_LARGE, message->topic,
				"message for topic %s is %zu bytes, more than the limit of %llu",
				message->topic, bytes + message->payload_len,
				(unsigned long long)publisher->bus->message_bytes_max);
	if (bytes > publisher->prefix_capacity) {
		unsigned char *prefix = realloc(publisher->prefix, bytes);

		if (prefix == NULL)
			return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory for a message");
		publisher->prefix = prefix;
		publisher->prefix_capacity = bytes;
	}
	fsi_message_encode_prefix(publisher->prefix, 0, fsi_sys_realtime_us(), message->topic,
				  message->topic_len, text, json_len, message->payload_len);
	publisher->staged.parts[0] =
		(struct iovec){.iov_base = publisher->prefix, .iov_len = bytes};
	/* iovec has no const; the payload is only read. */
	publisher->staged.parts[1] = (struct iovec){.iov_len = message->payload_len};
	memcpy(&publisher->staged.parts[1].iov_base, &message->payload, sizeof(void *));
	return 0;
}

static int number(fsps_publisher *publisher)
{
	uint64_t id = fsi_counter_next(&publisher->home->counter);

	if (id == 0)
		return fsi_fail(FSPS_ERR_IO, publisher->home->path, "home %s has used up all IDs",
				publisher->home->path);
	publisher->staged.id = id;
	publisher->receipt.id = id;
	fsi_message_prefix_set_id(publisher->prefix, id);
	return 0;
}

static uint64_t deadline_of(int64_t wait_ms)
{
	if (wait_ms == 0)
		return 0;
	return wait_ms < 0 ? UINT64_MAX : fsi_sys_monotonic_ms() + (uint64_t)wait_ms;
}

/* Writes the file, waiting for space if the options say so. */
static int stage(fsps_publisher *publisher, uint64_t deadline_ms)
{
	unsigned pause_ms = 1;
	int r;

	while ((r = fsi_staged_write(&publisher->staged)) == FSPS_ERR_NO_SPACE && deadline_ms > 0) {
		if (!fsi_delivery_pause(&pause_ms, deadline_ms))
			return fsi_fail(FSPS_ERR_TIMEOUT, publisher->home->path,
					"home %s had no space in the time given",
					publisher->home->path);
		/* What the dead left may be what takes the space, and nobody else may come by. */
		fsi_recover_sweep(publisher->home);
	}
	return r;
}

static int result_of(const struct fsps_receipt *receipt)
{
	if (receipt->refused == 0)
		return receipt->reached;
	return fsi_fail(
		FSPS_ERR_REFUSED, receipt->noted > 0 ? receipt->refusals[0].channel : NULL,
		"%d of %d channels refused the message, first %s (%s)", receipt->refused,
		receipt->matched, receipt->noted > 0 ? receipt->refusals[0].channel : "one",
		fsi_error_words(receipt->noted > 0 ? receipt->refusals[0].code : FSPS_ERR_NO_MEMORY)
			->sentence);
}

static int publish(fsps_publisher *publisher, const struct fsi_outgoing *message)
{
	const struct fsi_route *route = NULL;
	uint64_t deadline_ms;
	int r = encode(publisher, message);

	if (r < 0)
		return r;
	r = fsi_publisher_route(publisher, message->topic, message->topic_len, &route);
	if (r <= 0)
		return r;
	if (route->count == 0) {
		/* Nobody listens, but perhaps somebody died here. */
		fsi_home_look_at_state(publisher->home);
		fsi_publisher_keep_up(publisher);
		return 0;
	}
	/* Without ".fsps" (a home of somebody else's) IDs and intents go by other rules. */
	r = fsi_home_open_state(publisher->home);
	if (r == FSPS_ERR_VERSION)
		return r;
	fsi_publisher_keep_up(publisher);
	r = number(publisher);
	if (r < 0)
		return r;
	deadline_ms = deadline_of(publisher->wait_ms);
	r = stage(publisher, deadline_ms);
	if (r < 0)
		return r;
	r = fsi_delivery_run(publisher, route, deadline_ms);
	fsi_staged_drop(&publisher->staged);
	return r < 0 ? r : result_of(&publisher->receipt);
}

static int publish_with_hooks(fsps_publisher *publisher, const struct fsi_outgoing *message)
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
		r = publish(publisher, &hooked);
	}
	event.stage = FSPS_PUBLISH_AFTER;
	event.headers = NULL;
	event.receipt = &publisher->receipt;
	event.result = r;
	(void)fsi_hooks_run_publish(&publisher->bus->publish_hooks, &event);
	return r;
}

int fsi_publisher_publish(fsps_publisher *publisher, const struct fsi_outgoing *message,
			  fsps_receipt *receipt)
{
	int r;

	pthread_mutex_lock(&publisher->lock);
	fsi_receipt_reset(&publisher->receipt);
	if (atomic_load_explicit(&publisher->bus->publish_hooks, memory_order_acquire) == NULL)
		r = publish(publisher, message);
	else
		r = publish_with_hooks(publisher, message);
	if (receipt != NULL)
		fsi_receipt_copy(receipt, &publisher->receipt);
	pthread_mutex_unlock(&publisher->lock);
	return r;
}
