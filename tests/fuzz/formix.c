/* SPDX-License-Identifier: MIT */
/* Implements tests/fuzz/formix.h: the fields; formix_json.c has the headers. */
#include "fuzz/formix.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/formix_json.h"

enum { MAGIC = 0x504d5347, VERSION = 1, TOPIC_MAX = 1024, HEADERS_MAX = 65536 };

const char *const formix_difference_names[FORMIX_DIFFERENCES] = {
	"ID 0",
	"topic",
	"headers are no object",
	"nested headers",
	"number that is not finite",
	"integer beyond 64 bits",
	"key twice",
	"key",
	"surrogate",
	"too many headers",
	"headers too long",
	"bytes behind the message",
};

struct rest {
	const uint8_t *at;
	size_t left;
};

static bool take_number(struct rest *rest, size_t bytes, uint64_t *ret_number)
{
	if (rest->left < bytes)
		return false;
	*ret_number = 0;
	for (size_t i = 0; i < bytes; i++)
		*ret_number = *ret_number * 256 + rest->at[i];
	rest->at += bytes;
	rest->left -= bytes;
	return true;
}

static bool take_block(struct rest *rest, const uint8_t **ret_block, size_t *ret_len)
{
	uint64_t len;

	if (!take_number(rest, 4, &len) || len > rest->left)
		return false;
	*ret_block = rest->at;
	*ret_len = (size_t)len;
	rest->at += *ret_len;
	rest->left -= *ret_len;
	return true;
}

static bool is_narrow_topic(const uint8_t *topic, size_t len)
{
	static const char bytes[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";

	for (size_t i = 0; i < len; i++)
		if (memchr(bytes, topic[i], sizeof bytes - 1) == NULL)
			return false;
	return len > 0 && len <= TOPIC_MAX;
}

static void note(struct formix_message *message, bool differs, enum formix_difference difference)
{
	if (differs)
		message->differences |= difference;
}

static bool read_rest(struct rest *rest, struct formix_message *message)
{
	const uint8_t *headers;
	size_t headers_len;

	if (!take_block(rest, &message->topic, &message->topic_len) ||
	    !formix_utf8(message->topic, message->topic_len) ||
	    !take_block(rest, &headers, &headers_len) ||
	    !formix_read_headers(headers, headers_len, message) ||
	    !take_block(rest, &message->payload, &message->payload_len))
		return false;
	note(message, headers_len > HEADERS_MAX, FORMIX_LONG);
	return true;
}

bool formix_read(const uint8_t *bytes, size_t len, struct formix_message *ret_message)
{
	struct rest rest = {.at = bytes, .left = len};
	uint64_t magic, version;

	*ret_message = (struct formix_message){.id = 0};
	if (!take_number(&rest, 4, &magic) || magic != MAGIC || !take_number(&rest, 1, &version) ||
	    version != VERSION || !take_number(&rest, 8, &ret_message->id) ||
	    !take_number(&rest, 8, &ret_message->timestamp_us) || !read_rest(&rest, ret_message))
		return false;
	note(ret_message, ret_message->id == 0, FORMIX_ID_ZERO);
	note(ret_message, !is_narrow_topic(ret_message->topic, ret_message->topic_len),
	     FORMIX_TOPIC);
	note(ret_message, rest.left > 0, FORMIX_TRAILING);
	return true;
}

void formix_release(struct formix_message *message)
{
	for (size_t i = 0; i < message->headers_count; i++) {
		free(message->headers[i].key);
		free(message->headers[i].text);
	}
	free(message->headers);
	*message = (struct formix_message){.id = 0};
}
