/* SPDX-License-Identifier: MIT */
/* Implements tests/fuzz/formix_reader.h. */
#include "fuzz/formix_reader.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/formix_json.h"
#include "fuzz/require.h"

/* Python refuses to read an integer of more digits. */
enum { DIGITS_MAX = 4300 };

/* ---- UTF-8 ---- */

static bool is_continuation(const uint8_t *bytes, size_t len, size_t at)
{
	return at < len && (bytes[at] & 0xc0) == 0x80;
}

/* The code point at the start of bytes and its length; 0: there is none. */
static size_t decode_point(const uint8_t *bytes, size_t len, uint32_t *ret_point)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint8_t first = bytes[0];
	size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	uint32_t point = size == 1 ? first : first & (0xffu >> (size + 1));

	if (size > 1 && (first < 0xc0 || first > 0xf7))
		return 0;
	for (size_t i = 1; i < size; i++) {
		if (!is_continuation(bytes, len, i))
			return 0;
		point = point << 6 | (bytes[i] & 0x3f);
	}
	*ret_point = point;
	return point < least[size] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)
		       ? 0
		       : size;
}

bool formix_utf8(const uint8_t *bytes, size_t len)
{
	uint32_t point;

	while (len > 0) {
		size_t size = decode_point(bytes, len, &point);

		if (size == 0)
			return false;
		bytes += size;
		len -= size;
	}
	return true;
}

/* Also of half a character, of which UTF-8 knows nothing. */
static size_t encode_point(uint32_t point, char *to)
{
	size_t size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;

	if (size == 1) {
		to[0] = (char)point;
		return 1;
	}
	for (size_t i = size - 1; i > 0; i--, point >>= 6)
		to[i] = (char)(0x80 | (point & 0x3f));
	to[0] = (char)((0xf00u >> size & 0xff) | point);
	return size;
}

/* ---- looking ---- */

/* What is no code point stands for the end. */
uint32_t formix_look(const struct formix_reader *reader, size_t ahead)
{
	return reader->at + ahead < reader->count ? reader->points[reader->at + ahead] : UINT32_MAX;
}

void formix_skip_space(struct formix_reader *reader)
{
	uint32_t point = formix_look(reader, 0);

	while (point == ' ' || point == '\t' || point == '\n' || point == '\r') {
		reader->at++;
		point = formix_look(reader, 0);
	}
}

bool formix_skip_word(struct formix_reader *reader, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i < len; i++)
		if (formix_look(reader, i) != (uint32_t)(unsigned char)word[i])
			return false;
	reader->at += len;
	return true;
}

static bool is_digit(uint32_t point)
{
	return point >= '0' && point <= '9';
}

void formix_note(struct formix_reader *reader, bool differs, enum formix_difference difference)
{
	if (differs)
		reader->message->differences |= difference;
}

/* ---- strings ---- */

static bool read_hex(struct formix_reader *reader, uint32_t *ret_unit)
{
	uint32_t unit = 0;

	for (size_t i = 0; i < 4; i++) {
		uint32_t point = formix_look(reader, i);

		if (is_digit(point))
			unit = unit * 16 + (point - '0');
		else if (point >= 'a' && point <= 'f')
			unit = unit * 16 + (point - 'a' + 10);
		else if (point >= 'A' && point <= 'F')
			unit = unit * 16 + (point - 'A' + 10);
		else
			return false;
	}
	reader->at += 4;
	*ret_unit = unit;
	return true;
}

/* Behind "\u". Two halves that follow each other are one character. */
static bool read_unicode(struct formix_reader *reader, uint32_t *ret_point)
{
	uint32_t low;

	if (!read_hex(reader, ret_point))
		return false;
	if (*ret_point >= 0xd800 && *ret_point < 0xdc00 && formix_look(reader, 0) == '\\' &&
	    formix_look(reader, 1) == 'u') {
		reader->at += 2;
		if (!read_hex(reader, &low))
			return false;
		if (low >= 0xdc00 && low < 0xe000)
			*ret_point = 0x10000 + ((*ret_point - 0xd800) << 10) + (low - 0xdc00);
		else
			reader->at -= 6;
	}
	formix_note(reader, *ret_point >= 0xd800 && *ret_point < 0xe000, FORMIX_SURROGATE);
	return true;
}

static bool read_escape(struct formix_reader *reader, uint32_t *ret_point)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	uint32_t point = formix_look(reader, 0);
	const char *found;

	if (point == 0 || point > 0x7f)
		return false;
	reader->at++;
	if (point == 'u')
		return read_unicode(reader, ret_point);
	found = strchr(from, (int)point);
	if (found == NULL)
		return false;
	*ret_point = (uint32_t)(unsigned char)to[found - from];
	return true;
}

bool formix_read_string(struct formix_reader *reader, char **ret_text, size_t *ret_len)
{
	char *text = malloc(4 * (reader->count - reader->at) + 1);
	size_t len = 0;

	fuzz_require(text != NULL, "there is memory");
	for (;;) {
		uint32_t point = formix_look(reader, 0);

		reader->at++;
		if (point == '"')
			break;
		if (point < ' ' || point == UINT32_MAX ||
		    (point == '\\' && !read_escape(reader, &point))) {
			free(text);
			return false;
		}
		len += encode_point(point, text + len);
	}
	text[len] = '\0';
	*ret_text = text;
	*ret_len = len;
	return true;
}

/* ---- numbers ---- */

static size_t count_digits(const struct formix_reader *reader, size_t ahead)
{
	size_t count = 0;

	while (is_digit(formix_look(reader, ahead + count)))
		count++;
	return count;
}

/* How long fraction and exponent are, which are left alone if they are not whole. */
static size_t fraction_length(const struct formix_reader *reader, size_t ahead)
{
	size_t digits = formix_look(reader, ahead) == '.' ? count_digits(reader, ahead + 1) : 0;

	return digits == 0 ? 0 : digits + 1;
}

static size_t exponent_length(const struct formix_reader *reader, size_t ahead)
{
	size_t sign = formix_look(reader, ahead + 1) == '+' || formix_look(reader, ahead + 1) == '-'
			      ? 1
			      : 0;
	size_t digits = 0;

	if (formix_look(reader, ahead) == 'e' || formix_look(reader, ahead) == 'E')
		digits = count_digits(reader, ahead + 1 + sign);
	return digits == 0 ? 0 : digits + sign + 1;
}

/* What is a value's text; its length is at least 1. */
static char *copy_ascii(const struct formix_reader *reader, size_t len)
{
	char *text = malloc(len + 1);

	fuzz_require(text != NULL, "there is memory");
	for (size_t i = 0; i < len; i++)
		text[i] = (char)formix_look(reader, i);
	text[len] = '\0';
	return text;
}

static void read_integer(struct formix_reader *reader, char *text, size_t len,
			 struct formix_header *value)
{
	errno = 0;
	value->type = FORMIX_INT;
	value->integer = strtoll(text, NULL, 10);
	if (errno != ERANGE) {
		free(text);
		return;
	}
	value->type = FORMIX_BIG;
	value->text = text;
	value->text_len = len;
	formix_note(reader, true, FORMIX_BIG_INTEGER);
}

bool formix_read_number(struct formix_reader *reader, struct formix_header *value)
{
	size_t sign = formix_look(reader, 0) == '-' ? 1 : 0;
	size_t whole = formix_look(reader, sign) == '0' ? 1 : count_digits(reader, sign);
	size_t behind = fraction_length(reader, sign + whole);
	size_t len;
	char *text;

	behind += exponent_length(reader, sign + whole + behind);
	len = sign + whole + behind;
	if (whole == 0 || (behind == 0 && whole > DIGITS_MAX))
		return false;
	text = copy_ascii(reader, len);
	reader->at += len;
	if (behind == 0) {
		read_integer(reader, text, len, value);
		return true;
	}
	value->type = FORMIX_DOUBLE;
	value->number = strtod(text, NULL);
	formix_note(reader, !isfinite(value->number), FORMIX_NOT_FINITE);
	free(text);
	return true;
}

bool formix_read_not_finite(struct formix_reader *reader, struct formix_header *value)
{
	if (formix_skip_word(reader, "NaN"))
		value->number = NAN;
	else if (formix_skip_word(reader, "Infinity"))
		value->number = INFINITY;
	else if (formix_skip_word(reader, "-Infinity"))
		value->number = -INFINITY;
	else
		return false;
	value->type = FORMIX_DOUBLE;
	formix_note(reader, true, FORMIX_NOT_FINITE);
	return true;
}

/* ---- the text ---- */

/* A NUL byte of memory more, so that it is never none. */
bool formix_decode_text(const uint8_t *text, size_t len, struct formix_reader *reader)
{
	reader->points = calloc(len + 1, sizeof *reader->points);
	fuzz_require(reader->points != NULL, "there is memory");
	while (len > 0) {
		size_t size = decode_point(text, len, &reader->points[reader->count++]);

		if (size == 0)
			return false;
		text += size;
		len -= size;
	}
	return true;
}
