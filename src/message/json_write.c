/* SPDX-License-Identifier: MIT */
/*
 * Writes headers as JSON (message/json.h) into a growing block, which ends at the limit before it
 * could grow without bound.
 */
#include "message/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fsps/error.h>

#include "base/error.h"
#include "message/headers.h"
#include "message/json_number.h"

enum { OUTPUT_BYTES_AT_FIRST = 256 };

/* What was written so far. After a failure, kept in result, every put does nothing. */
struct output {
	char *bytes;
	size_t used;
	size_t allocated;
	int result;
};

/* Makes room for len more bytes and a NUL. */
static int reserve(struct output *output, size_t len)
{
	size_t wanted = output->used + len + 1;
	size_t allocated = output->allocated == 0 ? OUTPUT_BYTES_AT_FIRST : output->allocated;
	char *bytes;

	if (len > FSPS_HEADERS_BYTES_MAX - output->used)
		return fsi_fail(FSPS_ERR_HEADER, NULL, "the headers take more than %d bytes",
				FSPS_HEADERS_BYTES_MAX);
	if (wanted <= output->allocated)
		return FSPS_OK;
	while (allocated < wanted)
		allocated *= 2;
	bytes = realloc(output->bytes, allocated);
	if (bytes == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory for headers");
	output->bytes = bytes;
	output->allocated = allocated;
	return FSPS_OK;
}

static void put(struct output *output, const char *bytes, size_t len)
{
	if (output->result >= 0)
		output->result = reserve(output, len);
	if (output->result < 0)
		return;
	memcpy(output->bytes + output->used, bytes, len);
	output->used += len;
}

static void put_text(struct output *output, const char *text)
{
	put(output, text, strlen(text));
}

static bool needs_escape(char byte)
{
	return (unsigned char)byte < ' ' || byte == '"' || byte == '\\';
}

static void put_escaped(struct output *output, char byte)
{
	static const char from[] = "\"\\\b\f\n\r\t";
	static const char to[] = "\"\\bfnrt";
	const char *place = memchr(from, byte, sizeof from - 1);
	char escape[sizeof "\\u0000"];

	if (place != NULL)
		snprintf(escape, sizeof escape, "\\%c", to[place - from]);
	else
		snprintf(escape, sizeof escape, "\\u%04hhx", (unsigned char)byte);
	put_text(output, escape);
}

/* Puts what needs no escape in one go. */
static void put_string(struct output *output, const char *string, size_t len)
{
	const char *end = string + len;

	put_text(output, "\"");
	while (string < end) {
		const char *from = string;

		while (string < end && !needs_escape(*string))
			string++;
		put(output, from, (size_t)(string - from));
		if (string < end)
			put_escaped(output, *string++);
	}
	put_text(output, "\"");
}

static void put_integer(struct output *output, int64_t value)
{
	char text[sizeof "-9223372036854775808"];

	snprintf(text, sizeof text, "%" PRId64, value);
	put_text(output, text);
}

static void put_double(struct output *output, double value)
{
	char text[FSI_DOUBLE_TEXT_BYTES];
	int result = fsi_double_to_text(value, text);

	if (result < 0)
		output->result = result;
	else
		put_text(output, text);
}

static void put_value(struct output *output, const struct fsps_header *header)
{
	switch (header->type) {
	case FSPS_HEADER_BOOL:
		put_text(output, header->boolean ? "true" : "false");
		break;
	case FSPS_HEADER_INT:
		put_integer(output, header->integer);
		break;
	case FSPS_HEADER_DOUBLE:
		put_double(output, header->number);
		break;
	case FSPS_HEADER_STRING:
		put_string(output, header->string, header->string_len);
		break;
	case FSPS_HEADER_NULL:
	default:
		put_text(output, "null");
		break;
	}
}

static void put_object(struct output *output, const fsps_headers *headers)
{
	put_text(output, "{");
	for (size_t i = 0; i < headers->count; i++) {
		const struct fsi_header_entry *entry = &headers->entries[i];

		if (i > 0)
			put_text(output, ", ");
		put_string(output, entry->header.key, entry->key_len);
		put_text(output, ": ");
		put_value(output, &entry->header);
	}
	put_text(output, "}");
}

int fsi_headers_write_json(const fsps_headers *headers, char **ret_json, size_t *ret_len)
{
	struct output output = {0};

	put_object(&output, headers);
	if (output.result < 0) {
		free(output.bytes);
		return output.result;
	}
	output.bytes[output.used] = '\0';
	*ret_json = output.bytes;
	*ret_len = output.used;
	return FSPS_OK;
}
