/* SPDX-License-Identifier: MIT */
/* Implements cli/base64.h. */
#include "cli/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void write_group(struct cli_output *output, const unsigned char *bytes, size_t len)
{
	unsigned second = len > 1 ? bytes[1] : 0;
	unsigned third = len > 2 ? bytes[2] : 0;
	unsigned bits = (unsigned)bytes[0] << 16 | second << 8 | third;
	char group[4] = {alphabet[bits >> 18], alphabet[bits >> 12 & 63],
			 len > 1 ? alphabet[bits >> 6 & 63] : '=',
			 len > 2 ? alphabet[bits & 63] : '='};

	cli_output_write(output, group, sizeof group);
}

void cli_base64_write(struct cli_output *output, const unsigned char *bytes, size_t len)
{
	for (; len > 3; bytes += 3, len -= 3)
		write_group(output, bytes, 3);
	if (len > 0)
		write_group(output, bytes, len);
}

size_t cli_base64_decoded_max(size_t text_len)
{
	return text_len / 4 * 3;
}

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* Decodes four characters, of which the last `padding` are '='. */
static bool decode_group(const char *text, size_t padding, unsigned char *bytes)
{
	unsigned bits = 0;

	for (size_t i = 0; i < 4; i++) {
		int value = i < 4 - padding ? value_of(text[i]) : 0;

		if (value < 0)
			return false;
		bits = bits << 6 | (unsigned)value;
	}
	bytes[0] = (unsigned char)(bits >> 16);
	if (padding < 2)
		bytes[1] = (unsigned char)(bits >> 8);
	if (padding < 1)
		bytes[2] = (unsigned char)bits;
	/* The bits that stand for no byte have to be 0. */
	return (bits & ((1U << (8 * padding)) - 1)) == 0;
}

bool cli_base64_decode(const char *text, size_t text_len, unsigned char *ret_bytes, size_t *ret_len)
{
	size_t padding = 0;

	if (text_len % 4 != 0)
		return false;
	while (padding < 2 && padding < text_len && text[text_len - 1 - padding] == '=')
		padding++;
	for (size_t at = 0; at < text_len; at += 4) {
		size_t missing = at + 4 == text_len ? padding : 0;

		if (!decode_group(text + at, missing, ret_bytes + at / 4 * 3))
			return false;
	}
	*ret_len = text_len / 4 * 3 - padding;
	return true;
}
