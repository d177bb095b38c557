/* SPDX-License-Identifier: MIT */
/*
 * Reads a JSON string (RFC 8259, section 7) and unescapes it in place.
 *
 * Every escape is longer than what it stands for, so the place that is written to never passes
 * the place that is read.
 */
#include "message/json_text.h"

#include <string.h>

#include <fsps/error.h>

#include "message/utf8.h"

enum {
	SURROGATE_HIGH_FIRST = 0xd800,
	SURROGATE_LOW_FIRST = 0xdc00,
	SURROGATE_LOW_LAST = 0xdfff,
	SUPPLEMENTARY_FIRST = 0x10000
};

static int hex_digit(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return -1;
}

/* Reads \uXXXX, whose backslash is next; -1 if there is no such thing. */
static int32_t read_code_unit(struct fsi_json_text *text)
{
	int32_t unit = 0;

	if (text->at[0] != '\\' || text->at[1] != 'u')
		return -1;
	for (size_t i = 2; i < 6; i++) {
		int digit = hex_digit(text->at[i]);

		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	text->at += 6;
	return unit;
}

static int read_unicode_escape(struct fsi_json_text *text, char **to)
{
	int32_t unit = read_code_unit(text);
	int32_t low;

	if (unit < 0)
		return fsi_json_fail(text, "\\u without four hexadecimal digits");
	if (unit >= SURROGATE_LOW_FIRST && unit <= SURROGATE_LOW_LAST)
		return fsi_json_fail(text, "a low surrogate without a high one");
	if (unit >= SURROGATE_HIGH_FIRST && unit < SURROGATE_LOW_FIRST) {
		low = read_code_unit(text);
		if (low < SURROGATE_LOW_FIRST || low > SURROGATE_LOW_LAST)
			return fsi_json_fail(text, "a high surrogate without a low one");
		unit = SUPPLEMENTARY_FIRST + (unit - SURROGATE_HIGH_FIRST) * 0x400 +
		       (low - SURROGATE_LOW_FIRST);
	}
	*to += fsi_utf8_encode((uint32_t)unit, *to);
	return FSPS_OK;
}

/* What the byte behind a backslash stands for, or NUL. */
static char unescape(char byte)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	const char *place = strchrnul(from, byte);

	/* What is not there is found at the NUL, which stands for itself. */
	return to[place - from];
}

static int read_escape(struct fsi_json_text *text, char **to)
{
	char meaning;

	if (text->at[1] == 'u')
		return read_unicode_escape(text, to);
	meaning = unescape(text->at[1]);
	if (meaning == '\0')
		return fsi_json_fail(text, "an unknown escape");
	text->at += 2;
	*(*to)++ = meaning;
	return FSPS_OK;
}

static int read_multibyte(struct fsi_json_text *text, char **to)
{
	size_t bytes = fsi_utf8_sequence_bytes(text->at, (size_t)(text->end - text->at));

	if (bytes == 0)
		return fsi_json_fail(text, "invalid UTF-8");
	memmove(*to, text->at, bytes);
	*to += bytes;
	text->at += bytes;
	return FSPS_OK;
}

/* Moves one code point that stands for itself. */
static int read_plain(struct fsi_json_text *text, char **to)
{
	unsigned char first = (unsigned char)*text->at;

	if (first >= 0x80)
		return read_multibyte(text, to);
	if (text->at == text->end)
		return fsi_json_fail(text, "a string without an end");
	if (first < ' ')
		return fsi_json_fail(text, "a control byte in a string");
	*(*to)++ = *text->at++;
	return FSPS_OK;
}

int fsi_json_read_string(struct fsi_json_text *text, const char **ret_string, size_t *ret_len)
{
	char *string = ++text->at;
	char *to = string;

	while (*text->at != '"') {
		int result = *text->at == '\\' ? read_escape(text, &to) : read_plain(text, &to);

		if (result < 0)
			return result;
	}
	text->at++;
	*to = '\0';
	*ret_string = string;
	*ret_len = (size_t)(to - string);
	return FSPS_OK;
}
