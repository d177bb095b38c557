/* SPDX-License-Identifier: MIT */
/*
 * Random JSON documents for headers: valid ones, ones that are nearly valid, and both with a few
 * bytes changed. Every value, every limit and every mistake that matters to a reader comes up.
 */
#ifndef TESTS_UNIT_HEADERS_DOCUMENTS_H
#define TESTS_UNIT_HEADERS_DOCUMENTS_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fsps/headers.h>

#include "message_random.h"

enum { DOCUMENT_BYTES = 2 * FSPS_HEADERS_BYTES_MAX };

struct document {
	char bytes[DOCUMENT_BYTES];
	size_t len;
	uint64_t state;
};

static inline bool one_in(struct document *document, size_t odds)
{
	return random_below(&document->state, odds) == 0;
}

static inline void add(struct document *document, const char *bytes, size_t len)
{
	if (len > sizeof document->bytes - document->len)
		abort();
	memcpy(document->bytes + document->len, bytes, len);
	document->len += len;
}

static inline void add_text(struct document *document, const char *text)
{
	add(document, text, strlen(text));
}

#define ADD_ONE_OF(document, texts)                                                                \
	add_text(document,                                                                         \
		 (texts)[random_below(&(document)->state, sizeof(texts) / sizeof((texts)[0]))])

static inline void add_space(struct document *document)
{
	static const char *const spaces[] = {" ", "  ", "\n", "\t", "\r\n"};

	if (one_in(document, 4))
		ADD_ONE_OF(document, spaces);
}

static inline void add_unicode_escape(struct document *document)
{
	char escape[16];
	unsigned unit = (unsigned)random_below(&document->state, 0x10000);

	/* Half of the surrogates come as pairs in the right order. */
	if (unit >= 0xd800 && unit <= 0xdfff && one_in(document, 2))
		snprintf(escape, sizeof escape, "\\u%04x\\u%04X", 0xd800 | (unit & 0x3ff),
			 0xdc00 | (unit >> 1 & 0x3ff));
	else
		snprintf(escape, sizeof escape, one_in(document, 2) ? "\\u%04x" : "\\u%04X",
			 one_in(document, 4) ? unit & 0xff : unit);
	add_text(document, escape);
}

static inline void add_code_point(struct document *document)
{
	static const char *const texts[] = {
		"\xc2\x80",         "\xc3\xbc",         "\xdf\xbf",         "\xe0\xa0\x80",
		"\xe2\x82\xac",     "\xed\x9f\xbf",     "\xee\x80\x80",     "\xef\xbf\xbf",
		"\xf0\x90\x80\x80", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf", "\xef\xbf\xbd",
	};

	ADD_ONE_OF(document, texts);
}

static inline void add_broken_code_point(struct document *document)
{
	static const char *const texts[] = {
		"\x80",
		"\xc3",
		"\xe2\x82",
		"\xc0\xaf",
		"\xe0\x80\xaf",
		"\xed\xa0\x80",
		"\xf0\x80\x80\xaf",
		"\xf4\x90\x80\x80",
		"\xff",
		"\n",
		"\x01",
		"\\x",
	};

	ADD_ONE_OF(document, texts);
}

static inline void add_characters(struct document *document, size_t count)
{
	static const char *const escapes[] = {"\\\"", "\\\\", "\\/", "\\b",
					      "\\f",  "\\n",  "\\r", "\\t"};
	static const char *const plain[] = {"a", "b", "Z", "0", " ", "/", "\x7f", "'", "{", ","};

	for (size_t i = 0; i < count; i++) {
		if (one_in(document, 8))
			ADD_ONE_OF(document, escapes);
		else if (one_in(document, 16))
			add_unicode_escape(document);
		else if (one_in(document, 8))
			add_code_point(document);
		else if (one_in(document, 400))
			add_broken_code_point(document);
		else
			ADD_ONE_OF(document, plain);
	}
}

static inline void add_string(struct document *document, size_t length_limit)
{
	add_text(document, "\"");
	add_characters(document, random_below(&document->state, length_limit));
	add_text(document, "\"");
}

static inline void add_random_number(struct document *document)
{
	char text[64];
	double divisor = one_in(document, 2) ? 1e9 : 1e-9;
	int64_t integer = (int64_t)random_next(&document->state);

	if (one_in(document, 2))
		snprintf(text, sizeof text, "%jd", (intmax_t)integer >> (integer & 63));
	else
		snprintf(text, sizeof text, "%.*e", (int)random_below(&document->state, 20),
			 (double)integer / divisor);
	add_text(document, text);
}

static inline void add_value(struct document *document)
{
	static const char *const fixed[] = {"true", "false", "null", "0", "-0", "-0.0", "1e0"};
	static const char *const edges[] = {
		"9223372036854775807",
		"-9223372036854775808",
		"9223372036854775808",
		"-9223372036854775809",
		"1e308",
		"1e309",
		"-1e999",
		"1e-400",
		"5e-324",
		"2.5e-324",
		"1.7976931348623157e308",
		"1.7976931348623159e308",
		"0.1e1",
		"1E+2",
		"123456789012345678901234567890",
		"0.30000000000000004",
		"9007199254740993.0",
		"2.2250738585072011e-308",
	};
	static const char *const wrong[] = {"NaN", "Infinity", "01", "1.",     "+1",        ".5",
					    "tru", "[]",       "{}", "[1, 2]", "{\"x\":1}", ""};

	if (one_in(document, 100))
		ADD_ONE_OF(document, wrong);
	else if (one_in(document, 5))
		ADD_ONE_OF(document, fixed);
	else if (one_in(document, 5))
		ADD_ONE_OF(document, edges);
	else if (one_in(document, 3))
		add_random_number(document);
	else
		add_string(document, 12);
}

static inline void add_key(struct document *document, size_t number)
{
	char text[64];

	if (one_in(document, 300)) {
		add_text(document, "\"\"");
	} else if (one_in(document, 300)) {
		add_text(document, "\"");
		for (size_t i = 254 + random_below(&document->state, 4); i > 0; i--)
			add_text(document, "k");
		add_text(document, "\"");
	} else if (one_in(document, 20)) {
		add_string(document, 8);
	} else {
		/* Now and then one that may be there. */
		snprintf(text, sizeof text, "\"k%zu\"",
			 one_in(document, 50) ? random_below(&document->state, 4) : number);
		add_text(document, text);
	}
}

static inline void add_members(struct document *document, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			add_text(document, ",");
		add_space(document);
		add_key(document, i);
		add_space(document);
		add_text(document, ":");
		add_space(document);
		add_value(document);
		add_space(document);
	}
}

static inline size_t member_count(struct document *document)
{
	if (one_in(document, 1000))
		return FSPS_HEADERS_MAX - 1 + random_below(&document->state, 4);
	return random_below(&document->state, 6);
}

/* An object of very many plain members: what is wrong with it is their number alone, if anything.
 */
static inline void add_plain_members(struct document *document)
{
	size_t count = FSPS_HEADERS_MAX - 1 + random_below(&document->state, 4);
	char text[64];

	for (size_t i = 0; i < count; i++) {
		snprintf(text, sizeof text, "%s\"k%zu\":%zu", i == 0 ? "" : ",", i, i);
		add_text(document, text);
	}
}

static inline void make_document(struct document *document)
{
	document->len = 0;
	add_space(document);
	if (one_in(document, 200)) {
		add_text(document, "[1, \"a\"]");
		return;
	}
	add_text(document, "{");
	if (one_in(document, 1000))
		add_plain_members(document);
	else
		add_members(document, member_count(document));
	add_text(document, "}");
	add_space(document);
	if (one_in(document, 5000)) {
		size_t len = FSPS_HEADERS_BYTES_MAX - 1 + random_below(&document->state, 4);

		memset(document->bytes + document->len, ' ', len - document->len);
		document->len = len;
	}
}

/* ---- changing a few bytes ---- */

static inline void change_byte(struct document *document, size_t at)
{
	static const char interesting[] = "{}[]\",:\\u0123456789eE+-. \t\n\0\x80\xff\xc3tfn";

	if (one_in(document, 2))
		document->bytes[at] = (char)random_next(&document->state);
	else
		document->bytes[at] =
			interesting[random_below(&document->state, sizeof interesting)];
}

static inline void change(struct document *document)
{
	size_t at = random_below(&document->state, document->len);
	char *place = document->bytes + at;

	switch (random_below(&document->state, 4)) {
	case 0:
		change_byte(document, at);
		break;
	case 1:
		/* One byte less. */
		memmove(place, place + 1, document->len - at - 1);
		document->len--;
		break;
	case 2:
		/* One byte more. */
		memmove(place + 1, place, document->len - at);
		document->len++;
		change_byte(document, at);
		break;
	default:
		if (one_in(document, 4))
			document->len = at;
	}
}

static inline void mutate(struct document *document)
{
	if (one_in(document, 2))
		return;
	for (size_t n = 1 + random_below(&document->state, 3); n > 0 && document->len > 0; n--)
		change(document);
}

#endif
