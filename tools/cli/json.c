/* SPDX-License-Identifier: MIT */
/* Implements cli/json.h. */
#include "cli/json.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/utf8.h"

/* Writes the escape of a character that can't stand for itself. */
static void write_escape(struct cli_output *output, unsigned code)
{
	static const char plain[] = "\b\t\n\f\r\"\\";
	static const char letters[] = "btnfr\"\\";
	const char *found = code != 0 ? memchr(plain, (int)code, sizeof plain - 1) : NULL;
	char text[8];

	if (found != NULL)
		snprintf(text, sizeof text, "\\%c", letters[found - plain]);
	else
		snprintf(text, sizeof text, "\\u%04x", code);
	cli_output_text(output, text);
}

/* The code point that has to be escaped here, or -1. step: the character's length, 0 if none. */
static int escaped_code(const unsigned char *bytes, size_t step)
{
	if (step == 0)
		return 0xfffd;
	if (step == 1 &&
	    (bytes[0] < 0x20 || bytes[0] == 0x7f || bytes[0] == '"' || bytes[0] == '\\'))
		return bytes[0];
	if (step == 2 && bytes[0] == 0xc2 && bytes[1] < 0xa0)
		return bytes[1];
	return -1;
}

/* Whether a byte is a character that stands for itself. */
static bool is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/* A byte in each of a word's places. */
static uint64_t in_each_place(unsigned char byte)
{
	return UINT64_C(0x0101010101010101) * byte;
}

/* Not 0 if one of a word's bytes is less than a limit of up to 0x80. */
static uint64_t has_less(uint64_t word, unsigned char limit)
{
	return (word - in_each_place(limit)) & ~word & in_each_place(0x80);
}

static uint64_t has_byte(uint64_t word, unsigned char byte)
{
	return has_less(word ^ in_each_place(byte), 1);
}

/* Whether eight bytes are plain, all at once. */
static bool word_is_plain(uint64_t word)
{
	return ((word & in_each_place(0x80)) | has_less(word, 0x20) | has_byte(word, 0x7f) |
		has_byte(word, '"') | has_byte(word, '\\')) == 0;
}

/* How many bytes from here on stand for themselves. */
static size_t plain_run(const unsigned char *bytes, size_t len)
{
	size_t run = 0;
	uint64_t word;

	for (; len - run >= sizeof word; run += sizeof word) {
		memcpy(&word, bytes + run, sizeof word);
		if (!word_is_plain(word))
			break;
	}
	while (run < len && is_plain(bytes[run]))
		run++;
	return run;
}

void cli_json_string(struct cli_output *output, const void *bytes, size_t len)
{
	const unsigned char *next = bytes;
	const unsigned char *end = next + len;
	const unsigned char *kept = next;

	cli_output_byte(output, '"');
	while (next < end) {
		size_t step;
		int code;

		if (is_plain(*next)) {
			next += plain_run(next, (size_t)(end - next));
			continue;
		}
		step = cli_utf8_character(next, (size_t)(end - next));
		code = escaped_code(next, step);
		if (code < 0) {
			next += step;
			continue;
		}
		cli_output_write(output, kept, (size_t)(next - kept));
		write_escape(output, (unsigned)code);
		next += step == 0 ? 1 : step;
		kept = next;
	}
	cli_output_write(output, kept, (size_t)(end - kept));
	cli_output_byte(output, '"');
}

void cli_json_text(struct cli_output *output, const char *text)
{
	if (text == NULL)
		cli_output_text(output, "null");
	else
		cli_json_string(output, text, strlen(text));
}

void cli_json_field(struct cli_output *output, const char *name)
{
	cli_output_byte(output, ',');
	cli_json_text(output, name);
	cli_output_byte(output, ':');
}

void cli_json_unsigned(struct cli_output *output, uint64_t value)
{
	char text[20];
	size_t at = sizeof text;

	do {
		text[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	cli_output_write(output, text + at, sizeof text - at);
}

void cli_json_signed(struct cli_output *output, int64_t value)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRId64, value);
	cli_output_text(output, text);
}

void cli_json_format_double(double value, char *ret_text, size_t size)
{
	/* 17 digits always suffice, mostly fewer do. */
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(ret_text, size, "%.*g", digits, value);
		if (strtod(ret_text, NULL) == value)
			break;
	}
	/* 2 would come back as an integer. */
	if (strpbrk(ret_text, ".e") == NULL)
		strcat(ret_text, ".0");
}

void cli_json_double(struct cli_output *output, double value)
{
	char text[40];

	cli_json_format_double(value, text, sizeof text);
	cli_output_text(output, text);
}

void cli_json_header_value(struct cli_output *output, const struct fsps_header *header)
{
	switch (header->type) {
	case FSPS_HEADER_NULL:
		cli_output_text(output, "null");
		break;
	case FSPS_HEADER_BOOL:
		cli_output_text(output, header->boolean ? "true" : "false");
		break;
	case FSPS_HEADER_INT:
		cli_json_signed(output, header->integer);
		break;
	case FSPS_HEADER_DOUBLE:
		cli_json_double(output, header->number);
		break;
	case FSPS_HEADER_STRING:
		cli_json_string(output, header->string, header->string_len);
		break;
	}
}

/* ---- fields ---- */

void cli_json_put_text(struct cli_output *output, const char *name, const char *text)
{
	cli_json_field(output, name);
	cli_json_text(output, text);
}

void cli_json_put_unsigned(struct cli_output *output, const char *name, uint64_t value)
{
	cli_json_field(output, name);
	cli_json_unsigned(output, value);
}

void cli_json_put_bool(struct cli_output *output, const char *name, bool value)
{
	cli_json_field(output, name);
	cli_output_text(output, value ? "true" : "false");
}
