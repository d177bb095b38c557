/* SPDX-License-Identifier: MIT */
/* Implements cli/utf8.h. */
#include "cli/utf8.h"

#include <stdint.h>
#include <string.h>

static bool follows(const unsigned char *bytes, size_t len, size_t place)
{
	return place < len && (bytes[place] & 0xc0) == 0x80;
}

size_t cli_utf8_character(const unsigned char *bytes, size_t len)
{
	unsigned char first = bytes[0];
	unsigned char second = len > 1 ? bytes[1] : 0;

	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4 || !follows(bytes, len, 1))
		return 0;
	if (first < 0xe0)
		return 2;
	/* Overlong, surrogate, above the last code point. */
	if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
	    (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
		return 0;
	if (!follows(bytes, len, 2))
		return 0;
	if (first < 0xf0)
		return 3;
	return follows(bytes, len, 3) ? 4 : 0;
}

/* How many bytes from here on are plain ASCII, eight at a time. */
static size_t ascii_run(const unsigned char *bytes, size_t len)
{
	size_t run = 0;
	uint64_t word;

	for (; len - run >= sizeof word; run += sizeof word) {
		memcpy(&word, bytes + run, sizeof word);
		if ((word & UINT64_C(0x8080808080808080)) != 0)
			break;
	}
	return run;
}

bool cli_utf8_valid(const unsigned char *bytes, size_t len)
{
	size_t at = ascii_run(bytes, len);

	while (at < len) {
		size_t step = cli_utf8_character(bytes + at, len - at);

		if (step == 0)
			return false;
		at += step;
		if (step == 1)
			at += ascii_run(bytes + at, len - at);
	}
	return true;
}
