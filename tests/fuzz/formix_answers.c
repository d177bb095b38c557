/* SPDX-License-Identifier: MIT */
/*
 * What libfsps, and formix-pubsub's rules as formix.h has them, make of messages: told line by line
 * to tests/fuzz/test_formix.py, which asks formix-pubsub itself.
 *
 * A request is a line of words, bytes in hexadecimal with a '-' before them:
 *   read -BYTES                             answers {"ours": CODE or MESSAGE, "rules": null or
 * MESSAGE} write ID TIME TOPIC -HEADERS -PAYLOAD   answers {"bytes": "..."}: our encoding A
 * message's headers are [KEY, TYPE, VALUE], all as text, bytes in hexadecimal.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fsps/error.h>
#include <fsps/headers.h>
#include <fsps/message.h>

#include "fuzz/formix.h"
#include "fuzz/require.h"
#include "message/codec.h"

/* ---- bytes as text ---- */

static uint8_t digit(char hex)
{
	return (uint8_t)(hex <= '9' ? hex - '0' : hex - 'a' + 10);
}

/* Of a word "-0a0b..." in place. */
static uint8_t *from_hex(char *word, size_t *ret_len)
{
	uint8_t *bytes = (uint8_t *)word;
	size_t len = strlen(word) / 2;

	fuzz_require(word[0] == '-', "a word of bytes begins with '-'");
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(digit(word[2 * i + 1]) << 4 | digit(word[2 * i + 2]));
	*ret_len = len;
	return bytes;
}

static void put_hex(const void *bytes, size_t len)
{
	putchar('"');
	for (size_t i = 0; i < len; i++)
		printf("%02x", ((const uint8_t *)bytes)[i]);
	putchar('"');
}

/* ---- messages ---- */

static void put_fields(uint64_t id, uint64_t time_us, const void *topic, size_t topic_len,
		       const void *payload, size_t payload_len)
{
	printf("{\"id\": %" PRIu64 ", \"time_us\": %" PRIu64 ", \"topic\": ", id, time_us);
	put_hex(topic, topic_len);
	printf(", \"payload\": ");
	put_hex(payload, payload_len);
	printf(", \"headers\": [");
}

static void put_double(double number)
{
	uint64_t bits;

	memcpy(&bits, &number, sizeof bits);
	printf("\"double\", \"%016" PRIx64 "\"", bits);
}

static void put_our_value(const struct fsps_header *header)
{
	switch (header->type) {
	case FSPS_HEADER_NULL:
		printf("\"null\", \"\"");
		break;
	case FSPS_HEADER_BOOL:
		printf("\"bool\", \"%d\"", header->boolean);
		break;
	case FSPS_HEADER_INT:
		printf("\"int\", \"%" PRId64 "\"", header->integer);
		break;
	case FSPS_HEADER_DOUBLE:
		put_double(header->number);
		break;
	case FSPS_HEADER_STRING:
		printf("\"string\", ");
		put_hex(header->string, header->string_len);
		break;
	}
}

static void put_ours(const fsps_message *message)
{
	const fsps_headers *headers = fsps_message_headers(message);
	size_t len;
	const void *payload = fsps_message_payload(message, &len);
	struct fsps_header header;

	put_fields(fsps_message_id(message), fsps_message_timestamp_us(message),
		   fsps_message_topic(message), strlen(fsps_message_topic(message)), payload, len);
	for (size_t i = 0; fsps_headers_at(headers, i, &header) == 0; i++) {
		printf("%s[", i == 0 ? "" : ", ");
		put_hex(header.key, strlen(header.key));
		printf(", ");
		put_our_value(&header);
		putchar(']');
	}
	printf("]}");
}

static void put_rules_value(const struct formix_header *header)
{
	switch (header->type) {
	case FORMIX_NULL:
		printf("\"null\", \"\"");
		break;
	case FORMIX_BOOL:
		printf("\"bool\", \"%d\"", header->boolean);
		break;
	case FORMIX_INT:
		printf("\"int\", \"%" PRId64 "\"", header->integer);
		break;
	case FORMIX_BIG:
		printf("\"int\", \"%s\"", header->text);
		break;
	case FORMIX_DOUBLE:
		put_double(header->number);
		break;
	case FORMIX_STRING:
		printf("\"string\", ");
		put_hex(header->text, header->text_len);
		break;
	case FORMIX_OTHER:
		printf("\"other\", \"\"");
		break;
	}
}

static void put_rules(const struct formix_message *message)
{
	put_fields(message->id, message->timestamp_us, message->topic, message->topic_len,
		   message->payload, message->payload_len);
	for (size_t i = 0; i < message->headers_count; i++) {
		printf("%s[", i == 0 ? "" : ", ");
		put_hex(message->headers[i].key, message->headers[i].key_len);
		printf(", ");
		put_rules_value(&message->headers[i]);
		putchar(']');
	}
	printf("], \"differences\": [");
	for (int bit = 0, count = 0; bit < FORMIX_DIFFERENCES; bit++)
		if ((message->differences >> bit & 1) != 0)
			printf("%s\"%s\"", count++ == 0 ? "" : ", ", formix_difference_names[bit]);
	printf("]}");
}

/* ---- requests ---- */

static void answer_read(char *word)
{
	size_t len;
	const uint8_t *bytes = from_hex(word, &len);
	struct formix_message rules;
	fsps_message *ours = NULL;
	int code = fsps_message_decode(bytes, len, &ours);
	bool taken = formix_read(bytes, len, &rules);

	printf("{\"undecided\": %s, \"ours\": ", rules.undecided ? "true" : "false");
	if (code == FSPS_OK)
		put_ours(ours);
	else
		printf("\"%s\"", fsps_error_name(code));
	printf(", \"rules\": ");
	if (taken)
		put_rules(&rules);
	else
		printf("null");
	printf("}\n");
	fsps_message_unref(ours);
	formix_release(&rules);
}

/* As a publisher of ours would write it. */
static void answer_write(char *words[6])
{
	size_t headers_len, payload_len, json_len, prefix_len;
	const uint8_t *text = from_hex(words[4], &headers_len);
	const uint8_t *payload = from_hex(words[5], &payload_len);
	fsps_headers *headers;
	unsigned char *prefix;
	char *json;

	fuzz_require(fsps_headers_from_json((const char *)text, headers_len, &headers) == 0,
		     "the headers are such as we take");
	fuzz_require(fsps_headers_to_json(headers, &json, &json_len) == 0, "they can be written");
	prefix_len = fsi_message_prefix_bytes(strlen(words[3]), json_len);
	prefix = malloc(prefix_len);
	fuzz_require(prefix != NULL, "there is memory");
	fsi_message_encode_prefix(prefix, strtoull(words[1], NULL, 10),
				  strtoull(words[2], NULL, 10), words[3], strlen(words[3]), json,
				  json_len, payload_len);
	printf("{\"prefix\": ");
	put_hex(prefix, prefix_len);
	printf(", \"payload\": ");
	put_hex(payload, payload_len);
	printf("}\n");
	free(prefix);
	free(json);
	fsps_headers_free(headers);
}

static void answer(char *line)
{
	char *words[6] = {NULL};
	size_t count = 0;
	char *rest = line;

	while (count < 6 && (words[count] = strtok_r(rest, " \n", &rest)) != NULL)
		count++;
	if (count == 2 && strcmp(words[0], "read") == 0)
		answer_read(words[1]);
	else if (count == 6 && strcmp(words[0], "write") == 0)
		answer_write(words);
	else
		fuzz_require(0, "a request is one");
	fflush(stdout);
}

int main(void)
{
	char *line = NULL;
	size_t capacity = 0;

	while (getline(&line, &capacity, stdin) > 0)
		answer(line);
	free(line);
	return 0;
}
