/* SPDX-License-Identifier: MIT */
/* Implements cli/escape.h. */
#include "cli/escape.h"

#include <stdint.h>

#include "cli/utf8.h"

/* Of "...". */
enum { CUT_COLUMNS = 3 };

/* The length of the harmless character that begins here, or 0. */
static size_t harmless(const unsigned char *bytes, size_t len)
{
	size_t step = cli_utf8_character(bytes, len);

	if (step == 1 && bytes[0] != '\n' && bytes[0] != '\t' &&
	    (bytes[0] < 0x20 || bytes[0] == 0x7f))
		return 0;
	/* U+0080 to U+009F. */
	if (step == 2 && bytes[0] == 0xc2 && bytes[1] < 0xa0)
		return 0;
	return step;
}

void cli_escape(struct cli_output *output, const void *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *next = bytes;
	const unsigned char *end = next + len;
	const unsigned char *kept = next;

	while (next < end) {
		size_t step = harmless(next, (size_t)(end - next));
		char escaped[4] = {'\\', 'x'};

		if (step > 0) {
			next += step;
			continue;
		}
		escaped[2] = digits[*next >> 4];
		escaped[3] = digits[*next & 15];
		cli_output_write(output, kept, (size_t)(next - kept));
		cli_output_write(output, escaped, sizeof escaped);
		kept = ++next;
	}
	cli_output_write(output, kept, (size_t)(end - kept));
}

void cli_escape_if(bool escape, struct cli_output *output, const void *bytes, size_t len)
{
	if (escape)
		cli_escape(output, bytes, len);
	else
		cli_output_write(output, bytes, len);
}

/* ---- as one line ---- */

/* What a terminal shows at a place. */
struct shown {
	/* How many bytes it stands for. */
	size_t step;
	size_t columns;
	/* 0: the bytes as they are. */
	size_t escaped_len;
	char escaped[4];
};

static uint32_t code_point(const unsigned char *bytes, size_t step)
{
	uint32_t code = bytes[0] & (0xffU >> (step == 1 ? 1 : step + 1));

	for (size_t i = 1; i < step; i++)
		code = code << 6 | (bytes[i] & 0x3fU);
	return code;
}

/* East Asian characters and pictures, by the blocks that have such. */
static bool is_wide(uint32_t code)
{
	return (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) ||
	       (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) ||
	       (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) ||
	       (code >= 0xffe0 && code <= 0xffe6) || (code >= 0x1f300 && code <= 0x1faff) ||
	       (code >= 0x20000 && code <= 0x3fffd);
}

/* The letter that a control character has in C, or 0. */
static char letter_of(unsigned char byte)
{
	switch (byte) {
	case '\n':
		return 'n';
	case '\t':
		return 't';
	case '\r':
		return 'r';
	default:
		return '\0';
	}
}

static void show(const unsigned char *bytes, size_t len, struct shown *ret_shown)
{
	static const char digits[] = "0123456789abcdef";
	char letter = letter_of(*bytes);
	size_t step = letter != '\0' ? 0 : harmless(bytes, len);

	*ret_shown = (struct shown){.step = 1, .escaped = {'\\', 'x'}};
	if (step > 0) {
		ret_shown->step = step;
		ret_shown->columns = is_wide(code_point(bytes, step)) ? 2 : 1;
		return;
	}
	if (letter != '\0') {
		ret_shown->escaped[1] = letter;
		ret_shown->escaped_len = 2;
	} else {
		ret_shown->escaped[2] = digits[*bytes >> 4];
		ret_shown->escaped[3] = digits[*bytes & 15];
		ret_shown->escaped_len = sizeof ret_shown->escaped;
	}
	ret_shown->columns = ret_shown->escaped_len;
}

/* How many bytes have room. ret_all: whether these are all. */
static size_t fitting(const unsigned char *bytes, size_t len, size_t columns, bool *ret_all)
{
	size_t room = columns < CUT_COLUMNS ? 0 : columns - CUT_COLUMNS;
	size_t width = 0;
	size_t fits = 0;
	struct shown shown;

	for (size_t at = 0; at < len; at += shown.step) {
		show(bytes + at, len - at, &shown);
		width += shown.columns;
		if (width <= room)
			fits = at + shown.step;
		if (width > columns) {
			*ret_all = false;
			return fits;
		}
	}
	*ret_all = true;
	return len;
}

void cli_escape_line(struct cli_output *output, const void *bytes, size_t len, size_t columns)
{
	const unsigned char *next = bytes;
	bool all = true;
	size_t fits = columns == SIZE_MAX ? len : fitting(next, len, columns, &all);
	struct shown shown;

	for (size_t at = 0; at < fits; at += shown.step) {
		show(next + at, len - at, &shown);
		if (shown.escaped_len > 0)
			cli_output_write(output, shown.escaped, shown.escaped_len);
		else
			cli_output_write(output, next + at, shown.step);
	}
	if (!all)
		cli_output_write(output, "...", columns < CUT_COLUMNS ? columns : CUT_COLUMNS);
}
