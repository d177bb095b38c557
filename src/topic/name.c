/* SPDX-License-Identifier: MIT */
/* Implements topic/name.h: the table of symbols, and the checks that walk it. */
#include "topic/name.h"

#include <stdio.h>
#include <string.h>

#include <fsps/topic.h>

#include "base/error.h"

/* What an error shows of a name: enough for every valid one, and bounded for the others. */
enum { SHOWN_BYTES = 1280, ESCAPED_BYTES = sizeof "\\xff" };

/* One entry a line would hide the order. */
/* clang-format off */
const uint8_t fsi_symbols[256] = {
	['-'] = 1,
	['0'] = 2, ['1'] = 3, ['2'] = 4, ['3'] = 5, ['4'] = 6,
	['5'] = 7, ['6'] = 8, ['7'] = 9, ['8'] = 10, ['9'] = 11,
	['A'] = 12, ['B'] = 13, ['C'] = 14, ['D'] = 15, ['E'] = 16, ['F'] = 17, ['G'] = 18,
	['H'] = 19, ['I'] = 20, ['J'] = 21, ['K'] = 22, ['L'] = 23, ['M'] = 24, ['N'] = 25,
	['O'] = 26, ['P'] = 27, ['Q'] = 28, ['R'] = 29, ['S'] = 30, ['T'] = 31, ['U'] = 32,
	['V'] = 33, ['W'] = 34, ['X'] = 35, ['Y'] = 36, ['Z'] = 37,
	['a'] = 38, ['b'] = 39, ['c'] = 40, ['d'] = 41, ['e'] = 42, ['f'] = 43, ['g'] = 44,
	['h'] = 45, ['i'] = 46, ['j'] = 47, ['k'] = 48, ['l'] = 49, ['m'] = 50, ['n'] = 51,
	['o'] = 52, ['p'] = 53, ['q'] = 54, ['r'] = 55, ['s'] = 56, ['t'] = 57, ['u'] = 58,
	['v'] = 59, ['w'] = 60, ['x'] = 61, ['y'] = 62, ['z'] = 63,
	['.'] = FSI_SYMBOL_DOT,
	['='] = FSI_SYMBOL_ANY_WORD,
	['+'] = FSI_SYMBOL_ANY,
};
/* clang-format on */

/* One kind of name: its limits, and what to say of one that breaks them. */
struct kind {
	const char *noun;
	const char *allowed;
	size_t len_max;
	unsigned last_symbol;
	int code;
};

static const struct kind topics = {.noun = "topic",
				   .allowed = "A-Z a-z 0-9 . -",
				   .len_max = FSPS_TOPIC_MAX,
				   .last_symbol = FSI_SYMBOL_DOT,
				   .code = FSPS_ERR_TOPIC};

static const struct kind patterns = {.noun = "pattern",
				     .allowed = "A-Z a-z 0-9 . - = +",
				     .len_max = FSPS_PATTERN_MAX,
				     .last_symbol = FSI_SYMBOL_ANY,
				     .code = FSPS_ERR_PATTERN};

/* The offset of the first byte that the kind does not allow; len if there is none. */
static size_t find_wrong_byte(const struct kind *kind, const char *name, size_t len)
{
	size_t i;

	/* NONE is 0, so one unsigned comparison refuses it and all above the last. */
	for (i = 0; i < len && fsi_symbol(name[i]) - 1 < kind->last_symbol; i++)
		;
	return i;
}

static bool is_valid(const struct kind *kind, const char *name, size_t len)
{
	return len > 0 && len <= kind->len_max && find_wrong_byte(kind, name, len) == len;
}

/* Writes a byte as a terminal may show it; returns the number of characters. */
static size_t escape_byte(char byte, char ret_text[ESCAPED_BYTES])
{
	if (byte == '\\')
		return (size_t)snprintf(ret_text, ESCAPED_BYTES, "\\\\");
	if (byte >= ' ' && byte <= '~')
		return (size_t)snprintf(ret_text, ESCAPED_BYTES, "%c", byte);
	return (size_t)snprintf(ret_text, ESCAPED_BYTES, "\\x%02x", (unsigned char)byte);
}

/* Writes as much of a name as fits, escaped. */
static void escape_name(const char *name, size_t len, char ret_shown[SHOWN_BYTES])
{
	size_t used = 0;

	for (size_t i = 0; i < len && used + ESCAPED_BYTES <= SHOWN_BYTES; i++)
		used += escape_byte(name[i], ret_shown + used);
	ret_shown[used] = '\0';
}

static int fail_byte(const struct kind *kind, const char *shown, char byte, size_t offset)
{
	char escaped[ESCAPED_BYTES];

	if (fsi_is_wildcard(byte))
		return fsi_fail(kind->code, shown,
				"the %s has the wildcard '%c' at offset %zu, as only patterns may",
				kind->noun, byte, offset);
	escape_byte(byte, escaped);
	return fsi_fail(kind->code, shown,
			"the %s has the byte '%s' at offset %zu: only %s are allowed", kind->noun,
			escaped, offset, kind->allowed);
}

static int check(const struct kind *kind, const char *name)
{
	/* One byte more than allowed is enough to tell that it is too long. */
	size_t len = strnlen(name, kind->len_max + 1);
	size_t wrong = find_wrong_byte(kind, name, len);
	char shown[SHOWN_BYTES];

	if (len > 0 && len <= kind->len_max && wrong == len)
		return FSPS_OK;
	escape_name(name, len, shown);
	if (wrong < len)
		return fail_byte(kind, shown, name[wrong], wrong);
	if (len == 0)
		return fsi_fail(kind->code, shown, "the %s is empty: it needs 1 to %zu bytes",
				kind->noun, kind->len_max);
	return fsi_fail(kind->code, shown, "the %s is longer than %zu bytes", kind->noun,
			kind->len_max);
}

bool fsi_topic_valid(const char *topic, size_t len)
{
	return is_valid(&topics, topic, len);
}

bool fsi_pattern_valid(const char *pattern, size_t len)
{
	return is_valid(&patterns, pattern, len);
}

int fsi_topic_check(const char *topic)
{
	return check(&topics, topic);
}

int fsi_pattern_check(const char *pattern)
{
	return check(&patterns, pattern);
}
