/* SPDX-License-Identifier: MIT */
/* Where the messages come from: the command line, a file, or standard input cut into pieces or
 * JSON lines. Sending them is not its business. */
#ifndef PUBLISH_SOURCE_H
#define PUBLISH_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fsps/topic.h>

#include "cli/jansson.h"
#include "cli/pieces.h"
#include "publish/json_line.h"
#include "publish/options.h"

/* A message to send; valid until the source is asked for the next one. */
struct publish_record {
	const char *topic;
	const fsps_headers *headers;
	const void *payload;
	size_t payload_len;
	/* "line" or "message", and which one of the input, from 1; 0 if it is the only one. */
	const char *unit;
	uint64_t number;
};

struct publish_source {
	const struct publish_options *options;
	struct cli_pieces pieces;
	/* A whole file's content; freed with the source. */
	char *content;
	size_t content_len;
	/* How often the one message is still to be sent. */
	int64_t left;
	struct cli_jansson jansson;
	struct publish_json_line line;
	/* What `number` counts, for complaints: lines or messages. */
	const char *unit;
	/* The topic of the piece at hand. */
	char topic[FSPS_TOPIC_MAX + 1];
};

/* What publish_source_next() answers; else an exit code after saying what is wrong. */
enum { PUBLISH_SOURCE_RECORD = -1, PUBLISH_SOURCE_END = -2 };

/* Reads what has to be read before the first message is sent. 0 or an exit code. */
int publish_source_open(struct publish_source *source, const struct publish_options *options);
void publish_source_close(struct publish_source *source);

/* Whether the next record is at hand, so that asking for it can't block. */
bool publish_source_ready(struct publish_source *source);

int publish_source_next(struct publish_source *source, struct publish_record *ret_record);

#endif
