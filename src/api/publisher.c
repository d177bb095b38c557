/* SPDX-License-Identifier: MIT */
/* The API of <fsps/publisher.h>: checks arguments. */
#include <fsps/publisher.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "api/argument.h"
#include "base/error.h"
#include "publish/publisher.h"
#include "topic/name.h"

/* What version 0.1 had. */
enum {
	PUBLISHER_OPTIONS_BYTES_LEAST =
		offsetof(struct fsps_publisher_options, wait_ms) + sizeof(int64_t)
};

int fsps_publisher_open(fsps_bus *bus, const struct fsps_publisher_options *options,
			fsps_publisher **ret_publisher)
{
	struct fsps_publisher_options known = {.size = sizeof known};
	int r = 0;

	if (bus == NULL || ret_publisher == NULL)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL,
				"fsps_publisher_open: bus or ret_publisher is NULL");
	if (options != NULL)
		r = fsi_take_options("fsps_publisher_options", &known, sizeof known,
				     PUBLISHER_OPTIONS_BYTES_LEAST, options);
	if (r < 0)
		return r;
	if (known.wait_ms < FSPS_FOREVER)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL, "wait_ms is %lld, below FSPS_FOREVER",
				(long long)known.wait_ms);
	if (known.sync != 0 && known.sync != 1)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL, "sync is %d, neither 0 nor 1", known.sync);
	return fsi_publisher_new(bus, &known, ret_publisher);
}

void fsps_publisher_close(fsps_publisher *publisher)
{
	fsi_publisher_free(publisher);
}

int fsps_publish(fsps_publisher *publisher, const char *topic, const fsps_headers *headers,
		 const void *payload, size_t payload_len, fsps_receipt *receipt)
{
	struct fsi_outgoing message = {
		.topic = topic, .headers = headers, .payload = payload, .payload_len = payload_len};

	if (receipt != NULL)
		fsi_receipt_reset(receipt);
	if (publisher == NULL || topic == NULL || (payload == NULL && payload_len > 0))
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL,
				"fsps_publish: publisher, topic or payload is NULL");
	message.topic_len = strlen(topic);
	return fsi_publisher_publish(publisher, &message, receipt);
}

/* ---- many messages, hot loops, payloads built in place ---- */

static int check_batch(const struct fsps_outgoing *messages, size_t count)
{
	if (count > INT_MAX)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL, "fsps_publish_batch: %zu messages", count);
	for (size_t i = 0; i < count; i++)
		if (messages[i].topic == NULL ||
		    (messages[i].payload == NULL && messages[i].payload_len > 0))
			return fsi_fail(FSPS_ERR_ARGUMENT, NULL,
					"fsps_publish_batch: message %zu has NULL as its topic or "
					"payload",
					i);
	return 0;
}

int fsps_publish_batch(fsps_publisher *publisher, struct fsps_outgoing *messages, size_t count,
		       fsps_receipt *receipt)
{
	int r;

	if (receipt != NULL)
		fsi_receipt_reset(receipt);
	if (publisher == NULL || (messages == NULL && count > 0))
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL,
				"fsps_publish_batch: publisher or messages is NULL");
	r = check_batch(messages, count);
	return r < 0 ? r : fsi_publisher_publish_batch(publisher, messages, count, receipt);
}

int fsps_prepare(fsps_publisher *publisher, const char *topic, const fsps_headers *headers,
		 fsps_prepared **ret_prepared)
{
	if (publisher == NULL || topic == NULL || ret_prepared == NULL)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL,
				"fsps_prepare: publisher, topic or ret_prepared is NULL");
	return fsi_prepared_new(publisher, topic, headers, ret_prepared);
}

void fsps_prepared_free(fsps_prepared *prepared)
{
	fsi_prepared_free(prepared);
}

int fsps_publish_prepared(fsps_prepared *prepared, const void *payload, size_t payload_len,
			  fsps_receipt *receipt)
{
	struct fsi_outgoing message = {.payload = payload, .payload_len = payload_len};

	if (receipt != NULL)
		fsi_receipt_reset(receipt);
	if (prepared == NULL || (payload == NULL && payload_len > 0))
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL,
				"fsps_publish_prepared: prepared or payload is NULL");
	message.topic = prepared->topic;
	message.topic_len = prepared->topic_len;
	message.headers = prepared->headers;
	message.prefix = &prepared->prefix;
	return fsi_publisher_publish(prepared->publisher, &message, receipt);
}

int fsps_reserve(fsps_publisher *publisher, const char *topic, const fsps_headers *headers,
		 size_t payload_len_max, void **ret_payload)
{
	struct fsi_outgoing message = {.topic = topic, .headers = headers};

	if (publisher == NULL || topic == NULL || ret_payload == NULL)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL,
				"fsps_reserve: publisher, topic or ret_payload is NULL");
	message.topic_len = strlen(topic);
	return fsi_publisher_reserve(publisher, &message, payload_len_max, ret_payload);
}

int fsps_commit(fsps_publisher *publisher, size_t payload_len, fsps_receipt *receipt)
{
	if (receipt != NULL)
		fsi_receipt_reset(receipt);
	if (publisher == NULL)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL, "fsps_commit: publisher is NULL");
	return fsi_publisher_commit(publisher, payload_len, receipt);
}

void fsps_abort(fsps_publisher *publisher)
{
	if (publisher != NULL)
		fsi_publisher_abort(publisher);
}

/* ---- who listens ---- */

int fsps_publisher_matched(fsps_publisher *publisher, const char *topic)
{
	int r;

	if (publisher == NULL || topic == NULL)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL,
				"fsps_publisher_matched: publisher or topic is NULL");
	r = fsi_topic_check(topic);
	return r < 0 ? r : fsi_publisher_matched(publisher, topic, strlen(topic));
}

int fsps_publisher_wait_subscribers(fsps_publisher *publisher, const char *topic, int count,
				    int64_t timeout_ms)
{
	int r;

	if (publisher == NULL || topic == NULL)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL,
				"fsps_publisher_wait_subscribers: publisher or topic is NULL");
	if (count < 0 || timeout_ms < FSPS_FOREVER)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL,
				"fsps_publisher_wait_subscribers: count or timeout_ms is negative");
	r = fsi_topic_check(topic);
	return r < 0 ? r : fsi_publisher_wait(publisher, topic, strlen(topic), count, timeout_ms);
}

int fsps_receipt_new(fsps_receipt **ret_receipt)
{
	fsps_receipt *receipt;

	if (ret_receipt == NULL)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL, "fsps_receipt_new: ret_receipt is NULL");
	receipt = calloc(1, sizeof *receipt);
	if (receipt == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory for a receipt");
	*ret_receipt = receipt;
	return 0;
}

void fsps_receipt_free(fsps_receipt *receipt)
{
	if (receipt == NULL)
		return;
	fsi_receipt_deinit(receipt);
	free(receipt);
}

uint64_t fsps_receipt_id(const fsps_receipt *receipt)
{
	return receipt == NULL ? 0 : receipt->id;
}

int fsps_receipt_matched(const fsps_receipt *receipt)
{
	return receipt == NULL ? 0 : receipt->matched;
}

int fsps_receipt_reached(const fsps_receipt *receipt)
{
	return receipt == NULL ? 0 : receipt->reached;
}

int fsps_receipt_refused(const fsps_receipt *receipt)
{
	return receipt == NULL ? 0 : receipt->refused;
}

int fsps_receipt_dropped(const fsps_receipt *receipt)
{
	return receipt == NULL ? 0 : receipt->dropped;
}

int fsps_receipt_forbidden(const fsps_receipt *receipt)
{
	return receipt == NULL ? 0 : receipt->forbidden;
}

int fsps_receipt_refusal(const fsps_receipt *receipt, int index, const char **ret_channel,
			 int *ret_code)
{
	if (receipt == NULL)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL, "fsps_receipt_refusal: receipt is NULL");
	if (index < 0 || index >= receipt->noted)
		return fsi_fail(FSPS_ERR_NOT_FOUND, NULL, "there is no refusal %d of %d", index,
				receipt->noted);
	if (ret_channel != NULL)
		*ret_channel = receipt->refusals[index].channel;
	if (ret_code != NULL)
		*ret_code = receipt->refusals[index].code;
	return 0;
}
