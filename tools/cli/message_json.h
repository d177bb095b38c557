/* SPDX-License-Identifier: MIT */
/*
 * A message as a JSON object, version 1: frozen, so fields are never removed, retyped or put in
 * another order; more may be added at the end.
 *
 *   {"id":"1795188226178418","topic":"a.b","time":"2026-11-20T15:24:49.979270Z",
 *    "headers":{"k":"v"},"len":3,"payload":"abc"}
 *
 * on one line. A payload that is no UTF-8 stands as "payload_base64" instead.
 */
#ifndef CLI_MESSAGE_JSON_H
#define CLI_MESSAGE_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include <fsps/message.h>

#include "cli/output.h"

struct cli_message_style {
	/* On several lines, indented. */
	bool pretty;
	/* No payload, but its length. */
	bool without_payload;
	/* The payload as the JSON value that it is: JSON text without line breaks, or NULL. */
	const char *payload_json;
	size_t payload_json_len;
};

/* Writes the object, without a line end. */
void cli_message_json(struct cli_output *output, const fsps_message *message,
		      const struct cli_message_style *style);

/* The same on one line and without the brace that ends it: more fields can follow. style may be
 * NULL. */
void cli_message_json_begin(struct cli_output *output, const fsps_message *message,
			    const struct cli_message_style *style);

#endif
