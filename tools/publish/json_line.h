/* SPDX-License-Identifier: MIT */
/* One line of pubsub-subscribe --json read back: topic, headers with their types, and payload.
 * The other fields are ignored: a message that is sent again gets an ID and a time of its own. */
#ifndef PUBLISH_JSON_LINE_H
#define PUBLISH_JSON_LINE_H

#include <stddef.h>

#include <fsps/headers.h>

#include "cli/jansson.h"

struct publish_json_line {
	/* NULL if the line has none. */
	const char *topic;
	/* NULL if it has none. */
	fsps_headers *headers;
	const char *payload;
	size_t payload_len;

	/* What the above points into. */
	json_t *root;
	unsigned char *decoded;
};

enum { PUBLISH_JSON_REASON_BYTES = 256 };

/* Reads a line into an empty ret_line. 0, or -1 with the reason as text. To be released in any
 * case. */
int publish_json_line_read(const struct cli_jansson *jansson, const char *text, size_t len,
			   struct publish_json_line *ret_line, char *ret_reason);

/* Frees what the line holds and leaves it empty. */
void publish_json_line_release(const struct cli_jansson *jansson, struct publish_json_line *line);

#endif
