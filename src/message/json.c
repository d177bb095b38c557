/* SPDX-License-Identifier: MIT */
/*
 * Reads headers from JSON (message/json.h). Strings stay in the copy of the text that they were
 * unescaped in, which the headers then own; so any number of headers takes two allocations.
 */
#include "message/json.h"

#include <stdlib.h>
#include <string.h>

#include <fsps/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "message/headers.h"
#include "message/json_text.h"

/* Copies a text to be read into a block that the caller frees. */
static int copy_text(const char *json, size_t len, char **ret_block, struct fsi_json_text *ret_text)
{
	char *block = malloc(len + 1);

	if (block == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory for headers");
	memcpy(block, json, len);
	block[len] = '\0';
	*ret_block = block;
	*ret_text = (struct fsi_json_text){.start = block, .at = block, .end = block + len};
	return FSPS_OK;
}

static void skip_space(struct fsi_json_text *text)
{
	while (*text->at == ' ' || *text->at == '\t' || *text->at == '\n' || *text->at == '\r')
		text->at++;
}

/* Skips one byte of punctuation and white space around it, if it is next. */
static bool skip_mark(struct fsi_json_text *text, char mark)
{
	skip_space(text);
	if (*text->at != mark)
		return false;
	text->at++;
	skip_space(text);
	return true;
}

static bool skip_word(struct fsi_json_text *text, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(text->at, word, len) != 0)
		return false;
	text->at += len;
	return true;
}

static int read_word(struct fsi_json_text *text, struct fsps_header *ret_value)
{
	if (skip_word(text, "null")) {
		ret_value->type = FSPS_HEADER_NULL;
		return FSPS_OK;
	}
	ret_value->type = FSPS_HEADER_BOOL;
	ret_value->boolean = skip_word(text, "true");
	if (ret_value->boolean || skip_word(text, "false"))
		return FSPS_OK;
	return fsi_json_fail(text, "no string, number, true, false or null");
}

static int read_value(struct fsi_json_text *text, struct fsps_header *ret_value)
{
	char first = *text->at;

	if (first == '"') {
		ret_value->type = FSPS_HEADER_STRING;
		return fsi_json_read_string(text, &ret_value->string, &ret_value->string_len);
	}
	if (first == '-' || (first >= '0' && first <= '9'))
		return fsi_json_read_number(text, ret_value);
	return read_word(text, ret_value);
}

static int read_member(struct fsi_json_text *text, fsps_headers *headers)
{
	struct fsps_header header = {0};
	size_t key_len = 0;
	int result;

	if (*text->at != '"')
		return fsi_json_fail(text, "no key");
	result = fsi_json_read_string(text, &header.key, &key_len);
	if (result < 0)
		return result;
	if (!skip_mark(text, ':'))
		return fsi_json_fail(text, "no ':' behind a key");
	result = read_value(text, &header);
	if (result < 0)
		return result;
	return fsi_headers_append_shared(headers, &header, key_len);
}

static int read_members(struct fsi_json_text *text, fsps_headers *headers)
{
	do {
		int result = read_member(text, headers);

		if (result < 0)
			return result;
	} while (skip_mark(text, ','));
	if (!skip_mark(text, '}'))
		return fsi_json_fail(text, "no ',' or '}' behind a value");
	return FSPS_OK;
}

static int read_object(struct fsi_json_text *text, fsps_headers *headers)
{
	int result = FSPS_OK;

	if (!skip_mark(text, '{'))
		return fsi_json_fail(text, "no '{'");
	if (!skip_mark(text, '}'))
		result = read_members(text, headers);
	if (result < 0)
		return result;
	if (text->at != text->end)
		return fsi_json_fail(text, "more than one object");
	return FSPS_OK;
}

/* Whether the text is what messages without headers have. */
static bool is_nothing(const char *json, size_t len)
{
	return len == 0 || (len == 2 && json[0] == '{' && json[1] == '}');
}

int fsi_headers_read_json(const char *json, size_t json_len, fsps_headers *headers)
{
	struct fsi_json_text text;
	int result;

	if (is_nothing(json, json_len))
		return FSPS_OK;
	if (json_len > FSPS_HEADERS_BYTES_MAX)
		return fsi_fail(FSPS_ERR_HEADER, NULL, "headers of %zu bytes, more than %d",
				json_len, FSPS_HEADERS_BYTES_MAX);
	result = copy_text(json, json_len, &headers->shared, &text);
	if (result < 0)
		return result;
	result = read_object(&text, headers);
	if (result < 0)
		fsi_headers_clear(headers);
	return result;
}

int fsi_headers_parse_json(const char *json, size_t json_len, fsps_headers **ret_headers)
{
	FSI_CLEANUP(fsi_cleanup_headers) fsps_headers *headers = NULL;
	int result = fsi_headers_new(&headers);

	if (result < 0)
		return result;
	result = fsi_headers_read_json(json, json_len, headers);
	if (result < 0)
		return result;
	*ret_headers = fsi_steal(&headers);
	return FSPS_OK;
}

int fsi_headers_set_json(fsps_headers *headers, const char *key, const char *json)
{
	FSI_CLEANUP(fsi_cleanup_free) char *block = NULL;
	struct fsps_header value = {0};
	struct fsi_json_text text;
	int result = copy_text(json, strlen(json), &block, &text);

	if (result < 0)
		return result;
	skip_space(&text);
	result = read_value(&text, &value);
	if (result < 0)
		return result;
	skip_space(&text);
	if (text.at != text.end)
		return fsi_json_fail(&text, "more than one value");
	return fsi_headers_set_value(headers, key, &value);
}
