/* SPDX-License-Identifier: MIT */
/*
 * A message's bytes, read by libfsps and by formix-pubsub's rules (formix.h): both refuse them, or
 * both take them and see the same, or formix-pubsub takes what libfsps refuses for a reason that
 * docs/interop.md has.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <fsps/error.h>
#include <fsps/message.h>

#include "fuzz/formix.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_bytes(const void *ours, size_t our_len, const void *theirs, size_t their_len,
			const char *what)
{
	fuzz_require(our_len == their_len && (our_len == 0 || memcmp(ours, theirs, our_len) == 0),
		     what);
}

static void check_header(const struct fsps_header *ours, const struct formix_header *theirs)
{
	static const enum formix_type types[] = {
		[FSPS_HEADER_NULL] = FORMIX_NULL,     [FSPS_HEADER_BOOL] = FORMIX_BOOL,
		[FSPS_HEADER_INT] = FORMIX_INT,       [FSPS_HEADER_DOUBLE] = FORMIX_DOUBLE,
		[FSPS_HEADER_STRING] = FORMIX_STRING,
	};

	check_bytes(ours->key, strlen(ours->key), theirs->key, theirs->key_len, "keys agree");
	fuzz_require(types[ours->type] == theirs->type, "types agree");
	if (ours->type == FSPS_HEADER_BOOL)
		fuzz_require(ours->boolean == theirs->boolean, "booleans agree");
	if (ours->type == FSPS_HEADER_INT)
		fuzz_require(ours->integer == theirs->integer, "integers agree");
	if (ours->type == FSPS_HEADER_DOUBLE)
		fuzz_require(memcmp(&ours->number, &theirs->number, sizeof ours->number) == 0,
			     "numbers agree");
	if (ours->type == FSPS_HEADER_STRING)
		check_bytes(ours->string, ours->string_len, theirs->text, theirs->text_len,
			    "strings agree");
}

static void check_fields(const fsps_message *ours, const struct formix_message *theirs)
{
	const char *topic = fsps_message_topic(ours);
	size_t payload_len;
	const void *payload = fsps_message_payload(ours, &payload_len);
	struct fsps_header header;

	fuzz_require(fsps_message_id(ours) == theirs->id &&
			     fsps_message_timestamp_us(ours) == theirs->timestamp_us,
		     "ID and time agree");
	check_bytes(topic, strlen(topic), theirs->topic, theirs->topic_len, "topics agree");
	check_bytes(payload, payload_len, theirs->payload, theirs->payload_len, "payloads agree");
	fuzz_require(fsps_headers_count(fsps_message_headers(ours)) == theirs->headers_count,
		     "there are as many headers");
	for (size_t i = 0; i < theirs->headers_count; i++) {
		fuzz_require(fsps_headers_at(fsps_message_headers(ours), i, &header) == 0,
			     "a header is there");
		check_header(&header, &theirs->headers[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* libFuzzer may hand over no data at all. */
	const uint8_t *bytes = size == 0 ? (const uint8_t *)"" : data;
	struct formix_message theirs;
	fsps_message *ours = NULL;
	bool we_take = fsps_message_decode(bytes, size, &ours) == FSPS_OK;
	bool they_take = formix_read(bytes, size, &theirs);

	if (we_take) {
		fuzz_require(they_take, "it takes what we take");
		fuzz_require(theirs.differences == 0, "we refuse what we say that we refuse");
		check_fields(ours, &theirs);
	} else {
		fuzz_require(!they_take || theirs.differences != 0,
			     "we refuse what it takes for a reason that is known");
	}
	fsps_message_unref(ours);
	formix_release(&theirs);
	return 0;
}
