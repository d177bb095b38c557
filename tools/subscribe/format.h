/* SPDX-License-Identifier: MIT */
/*
 * The formats of -F, as mosquitto_sub(1) has them: % for the message, @ for its time by way of
 * strftime(3), \ for bytes that are hard to type. Width, maximum and the flags - and 0 may stand
 * between % and the letter. Reading a format is apart from writing messages with it.
 */
#ifndef SUBSCRIBE_FORMAT_H
#define SUBSCRIBE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include <fsps/message.h>

#include "cli/jansson.h"
#include "cli/output.h"

enum subscribe_item_kind {
	/* The text as it is. */
	SUBSCRIBE_ITEM_TEXT,
	/* A letter behind %. */
	SUBSCRIBE_ITEM_FIELD,
	/* A letter behind @. */
	SUBSCRIBE_ITEM_TIME
};

struct subscribe_item {
	enum subscribe_item_kind kind;
	char letter;
	bool left;
	bool zeros;
	/* Fewest and most bytes; 0 and SIZE_MAX: any. */
	size_t width;
	size_t max;
	/* SUBSCRIBE_ITEM_TEXT: the bytes. %H: the header's name, NUL-terminated. Owned. */
	char *text;
	size_t text_len;
};

struct subscribe_format {
	struct subscribe_item *items;
	size_t count;
	/* There is a %j or %J. */
	bool has_json;
	/* There is a %J: payloads have to be read as JSON. */
	bool reads_json;
	struct cli_jansson jansson;
};

/* How a message is shown. */
struct subscribe_style {
	/* Control bytes from messages are escaped. */
	bool escape;
	/* %j and %J on several lines. */
	bool pretty;
};

/* Reads a format. 0, or an exit code after saying what is wrong. To be freed in any case. */
int subscribe_format_read(struct subscribe_format *format, const char *text);
void subscribe_format_deinit(struct subscribe_format *format);

/* Writes a message. 0, or CLI_ERROR after saying why it can't be shown: then nothing of it is
 * written. */
int subscribe_format_write(const struct subscribe_format *format, struct cli_output *output,
			   const fsps_message *message, const struct subscribe_style *style);

#endif
