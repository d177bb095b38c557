/* SPDX-License-Identifier: MIT */
/*
 * interop_publish HOME: publishes as it is told (see line.h).
 *
 *   {"topic": T, "headers": JSON, "payload": HEX}   publishes once and answers
 *       {"result": N or code's name, "id": I, "matched": N, "reached": N, "refusals": [[C, E]...]}
 *   {"topic": T, "payload": HEX, "count": N}        publishes N times, the number (u32, big-endian)
 *       behind the payload, and answers
 *       {"acknowledged": [numbers...], "full": N, "other": N}
 *   {"encode": HEX}                                 decodes a message and answers
 *       {"bytes": HEX} of what it is encoded to, or {"result": code's name}
 *   {"match": PATTERN, "topic": T}                  answers {"result": 0 or 1}
 */
#include <endian.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"

static fsps_publisher *publisher;
static fsps_receipt *receipt;

static json_t *result_of(int result)
{
	return result >= 0 ? json_integer(result) : json_string(fsps_error_name(result));
}

static json_t *refusals(void)
{
	json_t *list = json_array();

	for (int i = 0; i < fsps_receipt_refused(receipt); i++) {
		const char *channel = "";
		int code = 0;

		line_require(fsps_receipt_refusal(receipt, i, &channel, &code) == FSPS_OK,
			     "a refusal is missing");
		json_array_append_new(list, json_pack("[ss]", channel, fsps_error_name(code)));
	}
	return list;
}

static fsps_headers *headers_of(const json_t *request)
{
	const char *json = line_string(request, "headers");
	fsps_headers *headers = NULL;

	if (json != NULL)
		line_require(fsps_headers_from_json(json, strlen(json), &headers) == FSPS_OK,
			     "the headers are none");
	return headers;
}

static json_t *publish_once(const json_t *request)
{
	fsps_headers *headers = headers_of(request);
	size_t len;
	unsigned char *payload = line_bytes(line_string(request, "payload"), &len);
	int result = fsps_publish(publisher, line_string(request, "topic"), headers, payload, len,
				  receipt);

	free(payload);
	fsps_headers_free(headers);
	return json_pack("{so, sI, si, si, so}", "result", result_of(result), "id",
			 (json_int_t)fsps_receipt_id(receipt), "matched",
			 fsps_receipt_matched(receipt), "reached", fsps_receipt_reached(receipt),
			 "refusals", refusals());
}

/* Whether all who refused were full. */
static int was_full(void)
{
	for (int i = 0; i < fsps_receipt_refused(receipt); i++) {
		int code = 0;

		if (fsps_receipt_refusal(receipt, i, NULL, &code) != FSPS_OK ||
		    code != FSPS_ERR_FULL)
			return 0;
	}
	return fsps_receipt_refused(receipt) > 0;
}

static json_t *publish_many(const json_t *request, uint32_t count)
{
	json_t *acknowledged = json_array();
	json_int_t other = 0;
	json_int_t full = 0;
	size_t len;
	unsigned char *payload = line_bytes(line_string(request, "payload"), &len);
	unsigned char *numbered = malloc(len + sizeof(uint32_t));

	line_require(numbered != NULL, "no memory");
	memcpy(numbered, payload, len);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t number = htobe32(i);
		int result;

		memcpy(numbered + len, &number, sizeof number);
		result = fsps_publish(publisher, line_string(request, "topic"), NULL, numbered,
				      len + sizeof number, receipt);
		if (result > 0)
			json_array_append_new(acknowledged, json_integer(i));
		else if (result == FSPS_ERR_REFUSED && was_full())
			full++;
		else
			other++;
	}
	free(numbered);
	free(payload);
	return json_pack("{so, sI, sI}", "acknowledged", acknowledged, "full", full, "other",
			 other);
}

static json_t *encode_again(const char *hex)
{
	fsps_message *message = NULL;
	size_t len;
	unsigned char *bytes = line_bytes(hex, &len);
	int result = fsps_message_decode(bytes, len, &message);
	void *again = NULL;
	json_t *answer;

	free(bytes);
	if (result < 0)
		return json_pack("{so}", "result", result_of(result));
	line_require(fsps_message_encode(message, &again, &len) == FSPS_OK, "can't encode");
	answer = json_pack("{so}", "bytes", line_hex(again, len));
	free(again);
	fsps_message_unref(message);
	return answer;
}

static json_t *answer_to(const json_t *request)
{
	json_int_t count = line_integer(request, "count", 0);

	if (line_string(request, "encode") != NULL)
		return encode_again(line_string(request, "encode"));
	if (line_string(request, "match") != NULL)
		return json_pack("{so}", "result",
				 result_of(fsps_match(line_string(request, "match"),
						      line_string(request, "topic"))));
	return count > 0 ? publish_many(request, (uint32_t)count) : publish_once(request);
}

int main(int argc, char **argv)
{
	struct fsps_bus_options options = {.size = sizeof options};
	fsps_bus *bus = NULL;
	json_t *request;

	line_require(argc == 2, "usage: interop_publish HOME");
	options.home = argv[1];
	line_require(fsps_bus_open(&options, &bus) == FSPS_OK &&
			     fsps_publisher_open(bus, NULL, &publisher) == FSPS_OK &&
			     fsps_receipt_new(&receipt) == FSPS_OK,
		     "no publisher");
	while ((request = line_read()) != NULL) {
		line_write(answer_to(request));
		json_decref(request);
	}
	fsps_receipt_free(receipt);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	return EXIT_SUCCESS;
}
