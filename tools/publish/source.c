/* SPDX-License-Identifier: MIT */
/* Implements publish/source.h. */
#include "publish/source.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fsps/error.h>
#include <fsps/message.h>
#include <fsps/topic.h>

#include "cli/cleanup.h"
#include "cli/fail.h"
#include "cli/signals.h"
#include "cli/status.h"

/* A payload is never longer than an encoded message may be. */
enum { PAYLOAD_BYTES_MAX = FSPS_MESSAGE_BYTES_DEFAULT };

/* In JSON a byte takes six at most (\u0000); and some more for the other fields. */
#define JSON_LINE_BYTES_MAX (6 * (size_t)FSPS_MESSAGE_BYTES_DEFAULT + 1048576)

/* Remembers what is wrong with the piece at hand. */
__attribute__((format(printf, 2, 3))) static int fail_here(struct publish_source *source,
							   const char *format, ...)
{
	char text[512];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof text, format, list);
	va_end(list);
	snprintf(source->complaint, sizeof source->complaint, "%s %" PRIu64 ": %s", source->unit,
		 source->pieces.number, text);
	return PUBLISH_SOURCE_FAILED;
}

static int fail_reading(struct publish_source *source)
{
	snprintf(source->complaint, sizeof source->complaint, "cannot read standard input: %s",
		 strerror(errno));
	return PUBLISH_SOURCE_FAILED;
}

int publish_source_complain(const struct publish_source *source)
{
	return cli_fail(CLI_ERROR, "%s", source->complaint);
}

static int open_file(struct publish_source *source, const char *path)
{
	bool is_stdin = strcmp(path, "-") == 0;
	const char *name = is_stdin ? "standard input" : path;
	CLI_CLEANUP(cli_cleanup_fd) int opened = -1;
	int fd = STDIN_FILENO;

	if (!is_stdin) {
		fd = opened = open(path, O_RDONLY | O_CLOEXEC);
		/* A FIFO is waited for until somebody writes to it. */
		if (fd < 0 && cli_stop_signal() != 0)
			return CLI_SIGNAL + cli_stop_signal();
		if (fd < 0)
			return cli_fail(CLI_ERROR, "cannot open '%s': %s", path, strerror(errno));
	}
	switch (cli_read_all(fd, PAYLOAD_BYTES_MAX, &source->content, &source->content_len)) {
	case CLI_PIECE_FAILED:
		return cli_fail(CLI_ERROR, "cannot read %s: %s", name, strerror(errno));
	case CLI_PIECE_TOO_LONG:
		return cli_fail(CLI_ERROR,
				"%s is larger than a message may be, %d bytes; send it in parts",
				name, PAYLOAD_BYTES_MAX);
	case CLI_PIECE_STOPPED:
		return CLI_SIGNAL + cli_stop_signal();
	case CLI_PIECE_END:
	case CLI_PIECE_READY:
		break;
	}
	return 0;
}

int publish_source_open(struct publish_source *source, const struct publish_options *options)
{
	*source = (struct publish_source){
		.options = options, .left = options->repeat, .unit = "line"};
	switch (options->input) {
	case PUBLISH_INPUT_FILE:
		return open_file(source, options->file);
	case PUBLISH_INPUT_PIECES:
		if (options->delimiter_len != 1 || options->delimiter[0] != '\n')
			source->unit = "message";
		cli_pieces_init(&source->pieces, STDIN_FILENO, options->delimiter,
				options->delimiter_len, PAYLOAD_BYTES_MAX);
		return 0;
	case PUBLISH_INPUT_JSON_LINES:
		cli_pieces_init(&source->pieces, STDIN_FILENO, "\n", 1, JSON_LINE_BYTES_MAX);
		return cli_jansson_load(&source->jansson);
	case PUBLISH_INPUT_NONE:
	case PUBLISH_INPUT_BODY:
	case PUBLISH_INPUT_EMPTY:
		break;
	}
	return 0;
}

void publish_source_close(struct publish_source *source)
{
	cli_pieces_deinit(&source->pieces);
	free(source->content);
}

bool publish_source_ready(struct publish_source *source)
{
	return !publish_options_stream(source->options) || cli_pieces_ready(&source->pieces);
}

/* The one message of the command line or of a file, as often as it is to be sent. */
static int next_single(struct publish_source *source, struct publish_record *ret_record)
{
	const struct publish_options *options = source->options;
	const char *payload =
		options->input == PUBLISH_INPUT_FILE ? source->content : options->body;
	size_t len = source->content_len;

	if (source->left == 0)
		return PUBLISH_SOURCE_END;
	source->left--;
	if (options->input == PUBLISH_INPUT_BODY)
		len = strlen(options->body);
	*ret_record = (struct publish_record){.topic = options->topic,
					      .headers = options->headers,
					      .payload = payload,
					      .payload_len = len};
	return PUBLISH_SOURCE_RECORD;
}

static int next_piece(struct publish_source *source, char **ret_piece, size_t *ret_len)
{
	switch (cli_pieces_next(&source->pieces, ret_piece, ret_len)) {
	case CLI_PIECE_READY:
		return PUBLISH_SOURCE_RECORD;
	case CLI_PIECE_STOPPED:
		return PUBLISH_SOURCE_STOPPED;
	case CLI_PIECE_TOO_LONG:
		return fail_here(source, "longer than %zu bytes; split it up",
				 source->pieces.piece_bytes_max);
	case CLI_PIECE_FAILED:
		return fail_reading(source);
	case CLI_PIECE_END:
		break;
	}
	return PUBLISH_SOURCE_END;
}

/* Checks a topic that came from the input. */
static int check_topic(struct publish_source *source, const char *topic)
{
	if (fsps_topic_check(topic) == FSPS_OK)
		return PUBLISH_SOURCE_RECORD;
	return fail_here(source, "%s", fsps_last_error()->text);
}

/* Cuts "TOPIC C BODY" in place: the separator makes room for the topic's end. */
static int split_topic(struct publish_source *source, char *piece, struct publish_record *record)
{
	int separator = source->options->topic_separator;
	char *found = memchr(piece, separator, record->payload_len);
	size_t len = found == NULL ? 0 : (size_t)(found - piece);

	if (found == NULL)
		return fail_here(source, "no --topic-sep between topic and body");
	if (len > FSPS_TOPIC_MAX)
		return fail_here(source, "a topic of %zu bytes; at most %d are allowed", len,
				 FSPS_TOPIC_MAX);
	if (memchr(piece, '\0', len) != NULL)
		return fail_here(source, "a NUL byte in the topic");
	*found = '\0';
	record->topic = piece;
	record->payload = found + 1;
	record->payload_len -= len + 1;
	return check_topic(source, record->topic);
}

static int next_cut(struct publish_source *source, struct publish_record *ret_record)
{
	char *piece;
	size_t len;
	int result = next_piece(source, &piece, &len);

	if (result != PUBLISH_SOURCE_RECORD)
		return result;
	*ret_record = (struct publish_record){.topic = source->options->topic,
					      .headers = source->options->headers,
					      .payload = piece,
					      .payload_len = len,
					      .unit = source->unit,
					      .number = source->pieces.number};
	if (source->options->topic_separator == PUBLISH_NO_SEPARATOR)
		return PUBLISH_SOURCE_RECORD;
	return split_topic(source, piece, ret_record);
}

static int copy_header(fsps_headers *to, const struct fsps_header *header)
{
	switch (header->type) {
	case FSPS_HEADER_NULL:
		return fsps_headers_set_null(to, header->key);
	case FSPS_HEADER_BOOL:
		return fsps_headers_set_bool(to, header->key, header->boolean);
	case FSPS_HEADER_INT:
		return fsps_headers_set_int(to, header->key, header->integer);
	case FSPS_HEADER_DOUBLE:
		return fsps_headers_set_double(to, header->key, header->number);
	case FSPS_HEADER_STRING:
		break;
	}
	return fsps_headers_set_bytes(to, header->key, header->string, header->string_len);
}

/* Puts the headers of -H on top of a line's own. */
static int merge_headers(struct publish_source *source, struct publish_record *record)
{
	const fsps_headers *added = source->options->headers;
	struct fsps_header header;

	record->headers = record->line.headers == NULL ? added : record->line.headers;
	if (record->line.headers == NULL)
		return PUBLISH_SOURCE_RECORD;
	for (size_t i = 0; i < fsps_headers_count(added); i++) {
		if (fsps_headers_at(added, i, &header) < 0 ||
		    copy_header(record->line.headers, &header) < 0)
			return fail_here(source, "%s", fsps_last_error()->text);
	}
	return PUBLISH_SOURCE_RECORD;
}

/* What a line that was read says, as a record. */
static int take_json(struct publish_source *source, struct publish_record *record)
{
	const char *given = source->options->topic;
	int result;

	record->topic = given == NULL ? record->line.topic : given;
	record->payload = record->line.payload;
	record->payload_len = record->line.payload_len;
	if (record->topic == NULL)
		return fail_here(source, "\"topic\" is missing");
	result = check_topic(source, record->topic);
	return result == PUBLISH_SOURCE_RECORD ? merge_headers(source, record) : result;
}

static int next_json(struct publish_source *source, struct publish_record *ret_record)
{
	char reason[PUBLISH_JSON_REASON_BYTES];
	char *text;
	size_t len;
	int result = next_piece(source, &text, &len);

	if (result != PUBLISH_SOURCE_RECORD)
		return result;
	/* An empty line is no message and no mistake. */
	if (len == 0)
		return PUBLISH_SOURCE_NOTHING;
	*ret_record =
		(struct publish_record){.unit = source->unit, .number = source->pieces.number};
	if (publish_json_line_read(&source->jansson, text, len, &ret_record->line, reason) < 0)
		result = fail_here(source, "%s", reason);
	else
		result = take_json(source, ret_record);
	if (result != PUBLISH_SOURCE_RECORD)
		publish_source_release(source, ret_record);
	return result;
}

void publish_source_release(const struct publish_source *source, struct publish_record *record)
{
	if (record->line.root != NULL)
		publish_json_line_release(&source->jansson, &record->line);
}

int publish_source_next(struct publish_source *source, struct publish_record *ret_record)
{
	switch (source->options->input) {
	case PUBLISH_INPUT_PIECES:
		return next_cut(source, ret_record);
	case PUBLISH_INPUT_JSON_LINES:
		return next_json(source, ret_record);
	case PUBLISH_INPUT_NONE:
	case PUBLISH_INPUT_BODY:
	case PUBLISH_INPUT_EMPTY:
	case PUBLISH_INPUT_FILE:
		break;
	}
	return next_single(source, ret_record);
}
