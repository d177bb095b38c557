/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the PMSG codec: bytes are refused, or they are a message whose parts lie where they may
 * lie and which encodes to the very same bytes.
 */
#include <fsps/message.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <fsps/headers.h>
#include <fsps/topic.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* Reads every byte that a user may read. */
static void check_parts(const fsps_message *message, size_t len)
{
	size_t payload_len;
	const char *payload = fsps_message_payload(message, &payload_len);

	require(fsps_message_id(message) != 0);
	require(fsps_topic_check(fsps_message_topic(message)) == 0);
	require(payload_len < len && payload[payload_len] == '\0');
	require(fsps_headers_count(fsps_message_headers(message)) <= FSPS_HEADERS_MAX);
}

static void check_encoded(const fsps_message *message, const uint8_t *data, size_t len)
{
	size_t encoded_len;
	void *encoded;

	require(fsps_message_encode(message, &encoded, &encoded_len) == 0);
	require(encoded_len == len && memcmp(encoded, data, len) == 0);
	free(encoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fsps_message *message;

	/* libFuzzer may hand over no data at all. */
	if (fsps_message_decode(len == 0 ? (const uint8_t *)"" : data, len, &message) < 0)
		return 0;
	check_parts(message, len);
	check_encoded(message, data, len);
	fsps_message_unref(message);
	return 0;
}
