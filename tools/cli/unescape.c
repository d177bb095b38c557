/* SPDX-License-Identifier: MIT */
/* Implements cli/unescape.h. */
#include "cli/unescape.h"

#include <string.h>

int cli_unescape_letter(char letter)
{
	static const char letters[] = "0aenrtv\\";
	static const char bytes[] = "\0\a\x1b\n\r\t\v\\";
	const char *found = letter == '\0' ? NULL : strchr(letters, letter);

	return found == NULL ? -1 : bytes[found - letters];
}

static int hex_value(char digit)
{
	static const char digits[] = "0123456789abcdef";
	char lower = digit >= 'A' && digit <= 'F' ? (char)(digit + ('a' - 'A')) : digit;
	const char *found = lower == '\0' ? NULL : strchr(digits, lower);

	return found == NULL ? -1 : (int)(found - digits);
}

/* Reads what stands behind a backslash; moves on. The byte, or -1. */
static int read_sequence(const char **place)
{
	const char *at = *place;
	int high;
	int low;

	if (*at != 'x') {
		(*place)++;
		return cli_unescape_letter(*at);
	}
	high = hex_value(at[1]);
	low = high < 0 ? -1 : hex_value(at[2]);
	*place += 3;
	return low < 0 ? -1 : high * 16 + low;
}

bool cli_unescape(char *text, size_t *ret_len)
{
	const char *next = text;
	size_t len = 0;

	while (*next != '\0') {
		int byte = (unsigned char)*next++;

		if (byte == '\\')
			byte = read_sequence(&next);
		if (byte < 0)
			return false;
		text[len++] = (char)byte;
	}
	text[len] = '\0';
	*ret_len = len;
	return true;
}
