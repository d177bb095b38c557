/* SPDX-License-Identifier: MIT */
/* Implements cli/escape.h. */
#include "cli/escape.h"

#include "cli/utf8.h"

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
