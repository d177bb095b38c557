/* SPDX-License-Identifier: MIT */
/* The option table of pubsub-publish: what the parser, --help and completion are made of. */
#ifndef PUBLISH_TABLE_H
#define PUBLISH_TABLE_H

#include "cli/options.h"

enum {
	PUBLISH_TOPIC = CLI_OPTION_FIRST,
	PUBLISH_MESSAGE,
	PUBLISH_FILE,
	PUBLISH_STDIN,
	PUBLISH_EMPTY,
	PUBLISH_LINES,
	PUBLISH_NUL,
	PUBLISH_DELIMITER,
	PUBLISH_JSON_LINES,
	PUBLISH_TOPIC_SEPARATOR,
	PUBLISH_HEADER,
	PUBLISH_TTL,
	PUBLISH_REPEAT,
	PUBLISH_REPEAT_DELAY,
	PUBLISH_RATE,
	PUBLISH_QOS,
	PUBLISH_TIMEOUT,
	PUBLISH_WAIT_SUBSCRIBERS,
	PUBLISH_AT_LEAST,
	PUBLISH_WATERMARK
};

/* Ends with an empty row. */
extern const struct cli_option publish_table[];

#endif
