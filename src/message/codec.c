/* SPDX-License-Identifier: MIT */
/*
 * Implements message/codec.h.
 *
 * The bytes are hostile: every length is checked against what is left before it is used. Topic
 * and payload stay where they are. The topic's terminating NUL is the first byte of the headers'
 * length, which is 0 in every message whose headers are within their limit.
 */
#include "message/codec.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <fsps/error.h>
#include <fsps/topic.h>

#include "base/bytes.h"
#include "base/error.h"
#include "message/json.h"

_Static_assert(FSPS_HEADERS_BYTES_MAX < 1 << 24, "the length's first byte must end the topic");

static const char NO_HEADERS[] = "{}";

/* ---- encoding ---- */

size_t fsi_message_prefix_bytes(size_t topic_len, size_t headers_len)
{
	return FSI_MESSAGE_FIXED_BYTES + topic_len + headers_len;
}

static unsigned char *put_block(unsigned char *to, const char *bytes, size_t len)
{
	fsi_put_u32(to, (uint32_t)len);
	memcpy(to + FSI_MESSAGE_LENGTH_BYTES, bytes, len);
	return to + FSI_MESSAGE_LENGTH_BYTES + len;
}

void fsi_message_encode_prefix(unsigned char *to, uint64_t id, uint64_t timestamp_us,
			       const char *topic, size_t topic_len, const char *headers_json,
			       size_t headers_len, size_t payload_len)
{
	fsi_put_u32(to + FSI_MESSAGE_AT_MAGIC, FSI_MESSAGE_MAGIC);
	to[FSI_MESSAGE_AT_VERSION] = FSI_MESSAGE_VERSION;
	fsi_put_u64(to + FSI_MESSAGE_AT_ID, id);
	fsi_put_u64(to + FSI_MESSAGE_AT_TIMESTAMP, timestamp_us);
	to = put_block(to + FSI_MESSAGE_AT_TOPIC_LENGTH, topic, topic_len);
	to = put_block(to, headers_json, headers_len);
	fsi_put_u32(to, (uint32_t)payload_len);
}

void fsi_message_prefix_set_id(unsigned char *prefix, uint64_t id)
{
	fsi_put_u64(prefix + FSI_MESSAGE_AT_ID, id);
}

void fsi_message_prefix_set_rest(unsigned char *prefix, size_t prefix_len, uint64_t timestamp_us,
				 size_t payload_len)
{
	fsi_put_u64(prefix + FSI_MESSAGE_AT_TIMESTAMP, timestamp_us);
	fsi_put_u32(prefix + prefix_len - FSI_MESSAGE_LENGTH_BYTES, (uint32_t)payload_len);
}

bool fsi_message_prefix_is_of(const unsigned char *prefix, size_t prefix_len, const char *topic,
			      size_t topic_len)
{
	return prefix_len == fsi_message_prefix_bytes(topic_len, sizeof NO_HEADERS - 1) &&
	       fsi_get_u32(prefix + FSI_MESSAGE_AT_TOPIC_LENGTH) == topic_len &&
	       memcmp(prefix + FSI_MESSAGE_AT_TOPIC, topic, topic_len) == 0;
}

int fsi_message_encode(const fsps_message *message, unsigned char **ret_bytes, size_t *ret_len)
{
	unsigned char *bytes = malloc(message->bytes_len);

	if (bytes == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory for a message");
	memcpy(bytes, message->bytes, message->bytes_len);
	*ret_bytes = bytes;
	*ret_len = message->bytes_len;
	return FSPS_OK;
}

/* ---- decoding ---- */

/* What is still to be decoded. */
struct rest {
	const unsigned char *at;
	size_t len;
};

/* Takes a length and as many bytes. */
static int take_block(struct rest *rest, const char *what, const unsigned char **ret_bytes,
		      size_t *ret_len)
{
	uint32_t len;

	if (rest->len < FSI_MESSAGE_LENGTH_BYTES)
		return fsi_fail(FSPS_ERR_CORRUPT, NULL, "the message ends before its %s", what);
	len = fsi_get_u32(rest->at);
	rest->at += FSI_MESSAGE_LENGTH_BYTES;
	rest->len -= FSI_MESSAGE_LENGTH_BYTES;
	if (rest->len < len)
		return fsi_fail(FSPS_ERR_CORRUPT, NULL, "the message ends within its %s", what);
	*ret_bytes = rest->at;
	*ret_len = len;
	rest->at += len;
	rest->len -= len;
	return FSPS_OK;
}

static int check_topic(const unsigned char *topic, size_t len)
{
	if (len == 0 || len > FSPS_TOPIC_MAX)
		return fsi_fail(FSPS_ERR_TOPIC, NULL, "the message's topic has %zu bytes", len);
	for (size_t i = 0; i < len; i++)
		if (topic[i] <= ' ' || topic[i] > '~')
			return fsi_fail(FSPS_ERR_TOPIC, NULL,
					"byte %zu of the message's topic is 0x%02x", i + 1,
					topic[i]);
	return FSPS_OK;
}

static int decode_head(const unsigned char *bytes, size_t len, fsps_message *message)
{
	if (len <= FSI_MESSAGE_AT_VERSION)
		return fsi_fail(FSPS_ERR_CORRUPT, NULL, "the message has only %zu bytes", len);
	if (fsi_get_u32(bytes + FSI_MESSAGE_AT_MAGIC) != FSI_MESSAGE_MAGIC)
		return fsi_fail(FSPS_ERR_CORRUPT, NULL, "the bytes do not begin as a message");
	if (bytes[FSI_MESSAGE_AT_VERSION] != FSI_MESSAGE_VERSION)
		return fsi_fail(FSPS_ERR_VERSION, NULL,
				"the message's format is version %d, not %d",
				bytes[FSI_MESSAGE_AT_VERSION], FSI_MESSAGE_VERSION);
	if (len < FSI_MESSAGE_AT_TOPIC_LENGTH)
		return fsi_fail(FSPS_ERR_CORRUPT, NULL, "the message has only %zu bytes", len);
	message->id = fsi_get_u64(bytes + FSI_MESSAGE_AT_ID);
	message->timestamp_us = fsi_get_u64(bytes + FSI_MESSAGE_AT_TIMESTAMP);
	if (message->id == 0)
		return fsi_fail(FSPS_ERR_CORRUPT, NULL, "the message's ID is 0");
	return FSPS_OK;
}

static bool is_known(const struct fsi_known_topic *known, const unsigned char *topic, size_t len)
{
	return known != NULL && known->len == len && memcmp(known->text, topic, len) == 0;
}

static int decode_topic(struct rest *rest, const struct fsi_known_topic *known, bool *ret_known,
			fsps_message *message)
{
	const unsigned char *topic = NULL;
	int result = take_block(rest, "topic", &topic, &message->topic_len);

	if (result < 0)
		return result;
	message->topic = (const char *)topic;
	*ret_known = is_known(known, topic, message->topic_len);
	return *ret_known ? FSPS_OK : check_topic(topic, message->topic_len);
}

static int decode_headers(struct rest *rest, fsps_message *message)
{
	const unsigned char *json = NULL;
	size_t len = 0;
	int result = take_block(rest, "headers", &json, &len);

	if (result < 0)
		return result;
	/* What nearly every message has needs no parser. */
	if (len == sizeof NO_HEADERS - 1 && memcmp(json, NO_HEADERS, len) == 0)
		return FSPS_OK;
	return fsi_headers_read_json((const char *)json, len, &message->headers);
}

static int decode_payload(struct rest *rest, fsps_message *message)
{
	int result = take_block(rest, "payload", &message->payload, &message->payload_len);

	if (result < 0)
		return result;
	if (rest->len > 0)
		return fsi_fail(FSPS_ERR_CORRUPT, NULL, "%zu bytes follow the message", rest->len);
	return FSPS_OK;
}

static int decode(const unsigned char *bytes, size_t len, const struct fsi_known_topic *known,
		  bool *ret_known, fsps_message *message)
{
	struct rest rest;
	int result = decode_head(bytes, len, message);

	if (result < 0)
		return result;
	rest = (struct rest){.at = bytes + FSI_MESSAGE_AT_TOPIC_LENGTH,
			     .len = len - FSI_MESSAGE_AT_TOPIC_LENGTH};
	result = decode_topic(&rest, known, ret_known, message);
	if (result < 0)
		return result;
	result = decode_headers(&rest, message);
	if (result < 0)
		return result;
	return decode_payload(&rest, message);
}

static fsps_message *allocate(uint32_t sender_uid)
{
	/* Not calloc(), which in the C library of many a system is several times slower; nor all of
	 * it set to 0, of which the compiler would make just that. decode() sets the rest. */
	fsps_message *message = malloc(sizeof *message);

	if (message == NULL) {
		(void)fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory for a message");
		return NULL;
	}
	atomic_init(&message->references, 1);
	message->sender_uid = sender_uid;
	message->attempt = 0;
	message->reused = false;
	atomic_init(&message->delivery, 0);
	message->missed = 0;
	message->bytes = NULL;
	message->owner = NULL;
	message->headers = (struct fsps_headers){.count = 0};
	return message;
}

int fsi_message_decode(unsigned char *bytes, size_t len, uint32_t sender_uid,
		       fsps_message **ret_message)
{
	FSI_CLEANUP(fsi_cleanup_message) fsps_message *message = allocate(sender_uid);
	bool known;
	int result;

	if (message == NULL)
		return FSPS_ERR_NO_MEMORY;
	result = decode(bytes, len, NULL, &known, message);
	if (result < 0)
		return result;
	bytes[len] = '\0';
	message->bytes = bytes;
	message->bytes_len = len;
	*ret_message = fsi_steal(&message);
	return FSPS_OK;
}

int fsi_message_decode_lent(const unsigned char *bytes, size_t len, uint32_t sender_uid,
			    struct fsi_bytes_owner *owner, const struct fsi_known_topic *known,
			    bool *ret_known, fsps_message **ret_message)
{
	FSI_CLEANUP(fsi_cleanup_message) fsps_message *message = allocate(sender_uid);
	int result;

	if (message == NULL)
		return FSPS_ERR_NO_MEMORY;
	result = decode(bytes, len, known, ret_known, message);
	if (result < 0)
		return result;
	message->bytes = bytes;
	message->bytes_len = len;
	message->owner = owner;
	*ret_message = fsi_steal(&message);
	return FSPS_OK;
}

int fsi_message_copy(const fsps_message *message, fsps_message **ret_message)
{
	FSI_CLEANUP(fsi_cleanup_free) unsigned char *bytes = malloc(message->bytes_len + 1);
	int result;

	if (bytes == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory for a message");
	memcpy(bytes, message->bytes, message->bytes_len);
	result = fsi_message_decode(bytes, message->bytes_len, message->sender_uid, ret_message);
	if (result < 0)
		return result;
	(void)fsi_steal(&bytes);
	(*ret_message)->attempt = message->attempt;
	(*ret_message)->missed = message->missed;
	atomic_store_explicit(&(*ret_message)->delivery,
			      atomic_load_explicit(&message->delivery, memory_order_relaxed),
			      memory_order_relaxed);
	return result;
}

/* ---- references ---- */

fsps_message *fsi_message_ref(fsps_message *message)
{
	atomic_fetch_add_explicit(&message->references, 1, memory_order_relaxed);
	return message;
}

/* They are const for those who read them; free() takes what malloc() gave. */
static void release_bytes(const fsps_message *message)
{
	void *bytes;

	memcpy(&bytes, &message->bytes, sizeof bytes);
	free(bytes);
}

/* Release: what this thread read comes before; acquire: the last one frees after that. Who has the
 * only reference needs no atomic change to know that nobody takes another. */
static bool is_last(fsps_message *message)
{
	return atomic_load_explicit(&message->references, memory_order_acquire) == 1 ||
	       atomic_fetch_sub_explicit(&message->references, 1, memory_order_acq_rel) == 1;
}

/* It is idle before its lender hears of it: that may be all that keeps its memory. */
static void give_back_reused(fsps_message *message)
{
	struct fsi_bytes_owner *owner = message->owner;

	atomic_store_explicit(&message->references, FSI_MESSAGE_IDLE, memory_order_release);
	owner->give_back(owner);
}

void fsi_message_unref(fsps_message *message)
{
	if (message == NULL || !is_last(message))
		return;
	if (message->reused) {
		give_back_reused(message);
		return;
	}
	if (message->headers.entries != NULL || message->headers.shared != NULL)
		fsi_headers_clear(&message->headers);
	if (message->owner != NULL)
		message->owner->give_back(message->owner);
	else
		release_bytes(message);
	free(message);
}
