/* SPDX-License-Identifier: MIT */
/* The command line of pubsub-publish, read and checked; nothing of the bus is touched here. */
#ifndef PUBLISH_OPTIONS_H
#define PUBLISH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fsps/headers.h>

#include "cli/options.h"

enum publish_input {
	PUBLISH_INPUT_NONE,
	/* One message: the body as given, nothing, a whole file. */
	PUBLISH_INPUT_BODY,
	PUBLISH_INPUT_EMPTY,
	PUBLISH_INPUT_FILE,
	/* Many messages from standard input: between delimiters, or one a JSON line. */
	PUBLISH_INPUT_PIECES,
	PUBLISH_INPUT_JSON_LINES
};

enum { PUBLISH_NO_SEPARATOR = -1, PUBLISH_NO_LIMIT = -1, PUBLISH_QOS_DEFAULT = -1 };

struct publish_options {
	struct cli_common common;
	/* NULL: each piece or line names its own. */
	const char *topic;
	enum publish_input input;
	/* The option that said so, for complaints about a second one. */
	const char *input_option;
	const char *body;
	/* "-" is standard input. */
	const char *file;
	const char *delimiter;
	size_t delimiter_len;
	/* A byte between topic and body in each piece, or PUBLISH_NO_SEPARATOR. */
	int topic_separator;
	/* NULL: none. Owned. */
	fsps_headers *headers;
	int64_t repeat;
	int64_t repeat_delay_ns;
	/* 0: no limit. */
	int64_t rate_interval_ns;
	bool verbose;
	bool json;
	int64_t at_least;
	int64_t wait_subscribers;
	/* How long to wait, or PUBLISH_NO_LIMIT. */
	int64_t timeout_ns;
	int qos;
	/* 0: not given. */
	int64_t watermark_percent;
	/* What is sent is written through to the disk. */
	bool sync;

	/* What the parser keeps until it has seen everything. */
	const char *topic_option;
	const char *operands[2];
	int operands_count;
	bool repeat_given;
	bool delay_given;
	bool rate_given;
};

extern const struct cli_command publish_command;

/* What holds where nothing is said. To be freed in any case. */
void publish_options_init(struct publish_options *options);
void publish_options_deinit(struct publish_options *options);

/* Whether standard input brings any number of messages. */
bool publish_options_stream(const struct publish_options *options);

/* Whether messages that are at hand may go together. */
bool publish_options_batches(const struct publish_options *options);

/* How long a publish may wait, in milliseconds, as struct fsps_publisher_options has it. */
int64_t publish_options_wait_ms(const struct publish_options *options);

#endif
