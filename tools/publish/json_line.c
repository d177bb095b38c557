/* SPDX-License-Identifier: MIT */
/* Implements publish/json_line.h. */
#include "publish/json_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fsps/error.h>

#include "cli/base64.h"
#include "cli/cleanup.h"

static int refuse(char *ret_reason, const char *reason)
{
	snprintf(ret_reason, PUBLISH_JSON_REASON_BYTES, "%s", reason);
	return -1;
}

static int read_topic(const struct cli_jansson *jansson, struct publish_json_line *line,
		      char *ret_reason)
{
	const json_t *topic = jansson->object_get(line->root, "topic");

	if (topic == NULL)
		return 0;
	if (!json_is_string(topic))
		return refuse(ret_reason, "\"topic\" is no string");
	line->topic = jansson->string_value(topic);
	if (strlen(line->topic) != jansson->string_length(topic))
		return refuse(ret_reason, "\"topic\" contains a NUL byte");
	return 0;
}

/* The headers go through their JSON text, which is the form that libfsps reads. */
static int read_headers(const struct cli_jansson *jansson, struct publish_json_line *line,
			char *ret_reason)
{
	const json_t *headers = jansson->object_get(line->root, "headers");
	CLI_CLEANUP(cli_cleanup_free) char *text = NULL;

	if (headers == NULL)
		return 0;
	if (!json_is_object(headers))
		return refuse(ret_reason, "\"headers\" is no object");
	text = jansson->dumps(headers, JSON_COMPACT | JSON_REAL_PRECISION(17));
	if (text == NULL)
		return refuse(ret_reason, "no memory for the headers");
	if (fsps_headers_from_json(text, strlen(text), &line->headers) < 0)
		return refuse(ret_reason, fsps_last_error()->text);
	return 0;
}

static int decode_payload(struct publish_json_line *line, const char *text, size_t len,
			  char *ret_reason)
{
	/* One byte more, so that an empty payload is not NULL. */
	line->decoded = malloc(cli_base64_decoded_max(len) + 1);
	if (line->decoded == NULL)
		return refuse(ret_reason, "no memory for the payload");
	if (!cli_base64_decode(text, len, line->decoded, &line->payload_len))
		return refuse(ret_reason, "\"payload_base64\" is no base64");
	line->payload = (const char *)line->decoded;
	return 0;
}

static int read_payload(const struct cli_jansson *jansson, struct publish_json_line *line,
			char *ret_reason)
{
	const json_t *plain = jansson->object_get(line->root, "payload");
	const json_t *encoded = jansson->object_get(line->root, "payload_base64");
	const json_t *value = plain != NULL ? plain : encoded;

	if (value == NULL)
		return refuse(ret_reason, "neither \"payload\" nor \"payload_base64\" is there");
	if (plain != NULL && encoded != NULL)
		return refuse(ret_reason, "\"payload\" and \"payload_base64\" are both there");
	if (!json_is_string(value))
		return refuse(ret_reason, "the payload is no string");
	line->payload = jansson->string_value(value);
	line->payload_len = jansson->string_length(value);
	if (value == encoded)
		return decode_payload(line, line->payload, line->payload_len, ret_reason);
	return 0;
}

int publish_json_line_read(const struct cli_jansson *jansson, const char *text, size_t len,
			   struct publish_json_line *ret_line, char *ret_reason)
{
	json_error_t error;

	ret_line->root = jansson->loadb(text, len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
	if (ret_line->root == NULL)
		return refuse(ret_reason, error.text);
	if (!json_is_object(ret_line->root))
		return refuse(ret_reason, "the line is no JSON object");
	if (read_topic(jansson, ret_line, ret_reason) < 0 ||
	    read_headers(jansson, ret_line, ret_reason) < 0)
		return -1;
	return read_payload(jansson, ret_line, ret_reason);
}

void publish_json_line_release(const struct cli_jansson *jansson, struct publish_json_line *line)
{
	fsps_headers_free(line->headers);
	free(line->decoded);
	/* Nobody else holds a reference to the root. */
	if (line->root != NULL)
		jansson->destroy(line->root);
	*line = (struct publish_json_line){0};
}
