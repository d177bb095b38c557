/* SPDX-License-Identifier: MIT */
/*
 * Lines of pubsub-publish --json-lines: a line is refused with a reason, or is a message whose
 * parts can be read and whose headers can be written.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <fsps/error.h>
#include <fsps/topic.h>

#include "cli/jansson.h"
#include "fuzz/require.h"
#include "publish/json_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct cli_jansson jansson;

static void check_headers(const fsps_headers *headers)
{
	fsps_headers *back;
	char *json;
	size_t len;

	if (headers == NULL)
		return;
	fuzz_require(fsps_headers_count(headers) <= FSPS_HEADERS_MAX, "headers are few");
	/* What was read without spaces and escapes may be too long with them. */
	if (fsps_headers_to_json(headers, &json, &len) < 0)
		return;
	fuzz_require(fsps_headers_from_json(json, len, &back) == 0, "they are read again");
	fsps_headers_free(back);
	free(json);
}

static void check_line(const struct publish_json_line *line)
{
	size_t sum = 0;

	fuzz_require(line->topic == NULL || strlen(line->topic) < SIZE_MAX, "a topic is a string");
	fuzz_require(line->payload != NULL, "there is a payload");
	/* A sanitizer sees it if one of them is not there. */
	for (size_t i = 0; i < line->payload_len; i++)
		sum += (unsigned char)line->payload[i];
	fuzz_require(sum <= 255 * line->payload_len, "the payload can be read");
	check_headers(line->headers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char reason[PUBLISH_JSON_REASON_BYTES] = "";
	struct publish_json_line line = {.topic = NULL};
	const char *text = size == 0 ? "" : (const char *)data;
	int r;

	if (jansson.loadb == NULL)
		fuzz_require(cli_jansson_load(&jansson) == 0, "jansson is there");
	r = publish_json_line_read(&jansson, text, size, &line, reason);
	fuzz_require(r == 0 || r == -1, "a line is read or not");
	if (r == 0)
		check_line(&line);
	else
		fuzz_require(reason[0] != '\0' && memchr(reason, '\0', sizeof reason) != NULL,
			     "a line that is refused has a reason");
	publish_json_line_release(&jansson, &line);
	fuzz_require(line.root == NULL && line.headers == NULL, "it is empty then");
	return 0;
}
