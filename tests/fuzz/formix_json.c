/* SPDX-License-Identifier: MIT */
/* Implements tests/fuzz/formix_json.h: values, lists and objects. */
#include "fuzz/formix_json.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/formix_reader.h"
#include "fuzz/require.h"

enum {
	/* How deep it goes here, and there for sure. */
	DEPTH_MAX = 100,
	KEYS_MAX = 256,
	KEY_BYTES_MAX = 255,
	BYTE_ORDER_MARK = 0xfeff,
};

/* ---- values ---- */

static bool read_word(struct formix_reader *reader, struct formix_header *value)
{
	value->type = FORMIX_BOOL;
	value->boolean = formix_skip_word(reader, "true");
	if (value->boolean || formix_skip_word(reader, "false"))
		return true;
	value->type = FORMIX_NULL;
	return formix_skip_word(reader, "null");
}

static bool skip_nested(struct formix_reader *reader, unsigned depth);

/* A value of its own; nested ones are read and forgotten. */
static bool read_value(struct formix_reader *reader, unsigned depth, struct formix_header *value)
{
	uint32_t first = formix_look(reader, 0);

	if (first == '"') {
		reader->at++;
		value->type = FORMIX_STRING;
		return formix_read_string(reader, &value->text, &value->text_len);
	}
	if (first == '{' || first == '[') {
		value->type = FORMIX_OTHER;
		return skip_nested(reader, depth + 1);
	}
	return formix_read_not_finite(reader, value) || read_word(reader, value) ||
	       formix_read_number(reader, value);
}

/* Behind a ',': true; at the end: false; *ret_good: whether it is one of both. */
static bool goes_on(struct formix_reader *reader, uint32_t end, bool *ret_good)
{
	uint32_t point;

	formix_skip_space(reader);
	point = formix_look(reader, 0);
	reader->at++;
	*ret_good = point == ',' || point == end;
	formix_skip_space(reader);
	return point == ',';
}

/* A key, the colon, and the white space around it. */
static bool read_key(struct formix_reader *reader, struct formix_header *header)
{
	if (formix_look(reader, 0) != '"')
		return false;
	reader->at++;
	if (!formix_read_string(reader, &header->key, &header->key_len))
		return false;
	formix_skip_space(reader);
	if (formix_look(reader, 0) != ':')
		return false;
	reader->at++;
	formix_skip_space(reader);
	return true;
}

static bool skip_member(struct formix_reader *reader, uint32_t end, unsigned depth)
{
	struct formix_header header = {.key = NULL};
	bool good = (end == ']' || read_key(reader, &header)) && read_value(reader, depth, &header);

	free(header.key);
	free(header.text);
	return good;
}

/* A list or an object. */
static bool skip_nested(struct formix_reader *reader, unsigned depth)
{
	uint32_t end = formix_look(reader, 0) == '[' ? ']' : '}';
	bool good = true;

	if (depth > DEPTH_MAX) {
		reader->message->undecided = true;
		return false;
	}
	reader->at++;
	formix_skip_space(reader);
	if (formix_look(reader, 0) == end) {
		reader->at++;
		return true;
	}
	do {
		good = skip_member(reader, end, depth);
	} while (good && goes_on(reader, end, &good));
	return good;
}

/* ---- the headers ---- */

static struct formix_header *find(struct formix_message *message, const struct formix_header *like)
{
	for (size_t i = 0; i < message->headers_count; i++) {
		struct formix_header *header = &message->headers[i];

		if (header->key_len == like->key_len &&
		    memcmp(header->key, like->key, like->key_len) == 0)
			return header;
	}
	return NULL;
}

/* The last value of a key counts, at the place of the first. */
static void put(struct formix_reader *reader, struct formix_header *header)
{
	struct formix_message *message = reader->message;
	struct formix_header *there = find(message, header);

	formix_note(reader, there != NULL, FORMIX_DUPLICATE);
	formix_note(reader, header->type == FORMIX_OTHER, FORMIX_NESTED);
	formix_note(reader,
		    header->key_len == 0 || header->key_len > KEY_BYTES_MAX ||
			    memchr(header->key, '\0', header->key_len) != NULL,
		    FORMIX_KEY);
	if (there == NULL) {
		message->headers = reallocarray(message->headers, message->headers_count + 1,
						sizeof *message->headers);
		fuzz_require(message->headers != NULL, "there is memory");
		there = &message->headers[message->headers_count++];
	} else {
		free(there->key);
		free(there->text);
	}
	*there = *header;
	formix_note(reader, message->headers_count > KEYS_MAX, FORMIX_MANY);
}

static bool read_object(struct formix_reader *reader)
{
	bool good = true;

	reader->at++;
	formix_skip_space(reader);
	if (formix_look(reader, 0) == '}') {
		reader->at++;
		return true;
	}
	do {
		struct formix_header header = {.key = NULL};

		good = read_key(reader, &header) && read_value(reader, 1, &header);
		if (good) {
			put(reader, &header);
		} else {
			free(header.key);
			free(header.text);
		}
	} while (good && goes_on(reader, '}', &good));
	return good;
}

static bool read_text(struct formix_reader *reader)
{
	struct formix_header value = {.key = NULL};
	bool good;

	if (formix_look(reader, 0) == BYTE_ORDER_MARK)
		return false;
	formix_skip_space(reader);
	if (formix_look(reader, 0) == '{') {
		good = read_object(reader);
	} else {
		good = read_value(reader, 0, &value);
		free(value.text);
		formix_note(reader, true, FORMIX_NO_OBJECT);
	}
	formix_skip_space(reader);
	return good && reader->at == reader->count;
}

bool formix_read_headers(const uint8_t *text, size_t len, struct formix_message *message)
{
	struct formix_reader reader = {.message = message};
	bool good;

	/* No text at all stands for no headers. */
	if (len == 0)
		return true;
	good = formix_decode_text(text, len, &reader) && read_text(&reader);
	free(reader.points);
	return good;
}
