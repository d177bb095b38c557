/* SPDX-License-Identifier: MIT */
/* Where the messages come from: the command line, a file, or standard input cut into pieces or
 * JSON lines. Sending them is not its business. */
#ifndef PUBLISH_SOURCE_H
#define PUBLISH_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/jansson.h"
#include "cli/pieces.h"
#include "publish/json_line.h"
#include "publish/options.h"

/* A message to send. It points into what the source has read: valid until the source is asked for
 * another one while publish_source_ready() is false. To be released. */
struct publish_record {
	const char *topic;
	const fsps_headers *headers;
	const void *payload;
	size_t payload_len;
	/* "line" or "message", and which one of the input, from 1; 0 if it is the only one. */
	const char *unit;
	uint64_t number;
	/* What it points into, if it came from JSON. */
	struct publish_json_line line;
};

enum { PUBLISH_COMPLAINT_BYTES = 640 };

struct publish_source {
	const struct publish_options *options;
	struct cli_pieces pieces;
	/* A whole file's content; freed with the source. */
	char *content;
	size_t content_len;
	/* How often the one message is still to be sent. */
	int64_t left;
	struct cli_jansson jansson;
	/* What `number` counts, for complaints: lines or messages. */
	const char *unit;
	/* Why the input can't be followed any further. */
	char complaint[PUBLISH_COMPLAINT_BYTES];
};

/* What publish_source_next() answers. */
enum publish_source_result {
	PUBLISH_SOURCE_RECORD,
	/* What was at hand is no message: ask again. */
	PUBLISH_SOURCE_NOTHING,
	PUBLISH_SOURCE_END,
	/* A stop signal came. */
	PUBLISH_SOURCE_STOPPED,
	/* The input can't be read, or what comes next can't be sent for what it is. Nothing is said
	 * yet: what came before it is sent first, and may have something to tell. */
	PUBLISH_SOURCE_FAILED
};

/* Reads what has to be read before the first message is sent. 0 or an exit code. */
int publish_source_open(struct publish_source *source, const struct publish_options *options);
void publish_source_close(struct publish_source *source);

/* Whether the next record is at hand, so that asking for it can't block. */
bool publish_source_ready(struct publish_source *source);

/* One of enum publish_source_result. ret_record is set for a record only. */
int publish_source_next(struct publish_source *source, struct publish_record *ret_record);

/* Frees what a record holds; it may point to nothing any more. */
void publish_source_release(const struct publish_source *source, struct publish_record *record);

/* Says why it failed and returns the exit code for it. */
int publish_source_complain(const struct publish_source *source);

#endif
