/* SPDX-License-Identifier: MIT */
/*
 * Implements message/utf8.h. The well-formed sequences are one table: the ranges of the first and
 * the second byte decide everything, later bytes are 80 to BF. A byte sequence that fits no row is
 * refused, so a row too few makes this stricter and never laxer.
 */
#include "message/utf8.h"

static const struct {
	unsigned char first_low, first_high;
	unsigned char second_low, second_high;
	unsigned char bytes;
} rows[] = {
	{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
	{0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
	{0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static bool within(char byte, unsigned char low, unsigned char high)
{
	unsigned char value = (unsigned char)byte;

	return value >= low && value <= high;
}

static bool continues(const char *bytes, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (!within(bytes[i], 0x80, 0xbf))
			return false;
	return true;
}

static size_t multibyte_sequence_bytes(const char *bytes, size_t len)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (!within(bytes[0], rows[i].first_low, rows[i].first_high))
			continue;
		if (len < rows[i].bytes ||
		    !within(bytes[1], rows[i].second_low, rows[i].second_high) ||
		    !continues(bytes, 2, rows[i].bytes))
			return 0;
		return rows[i].bytes;
	}
	return 0;
}

size_t fsi_utf8_sequence_bytes(const char *bytes, size_t len)
{
	if (within(bytes[0], 0x00, 0x7f))
		return 1;
	return multibyte_sequence_bytes(bytes, len);
}

bool fsi_utf8_valid(const char *bytes, size_t len)
{
	while (len > 0) {
		size_t step = fsi_utf8_sequence_bytes(bytes, len);

		if (step == 0)
			return false;
		bytes += step;
		len -= step;
	}
	return true;
}

/* The byte that carries the six bits of a code point from `shift` on. */
static char continuation(uint32_t code_point, unsigned shift)
{
	return (char)(0x80 | ((code_point >> shift) & 0x3f));
}

size_t fsi_utf8_encode(uint32_t code_point, char to[FSI_UTF8_BYTES_MAX])
{
	if (code_point < 0x80) {
		to[0] = (char)code_point;
		return 1;
	}
	if (code_point < 0x800) {
		to[0] = (char)(0xc0 | (code_point >> 6));
		to[1] = continuation(code_point, 0);
		return 2;
	}
	if (code_point < 0x10000) {
		to[0] = (char)(0xe0 | (code_point >> 12));
		to[1] = continuation(code_point, 6);
		to[2] = continuation(code_point, 0);
		return 3;
	}
	to[0] = (char)(0xf0 | (code_point >> 18));
	to[1] = continuation(code_point, 12);
	to[2] = continuation(code_point, 6);
	to[3] = continuation(code_point, 0);
	return 4;
}
