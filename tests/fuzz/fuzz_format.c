/* SPDX-License-Identifier: MIT */
/*
 * Formats of -F, and messages written with them, escaped for a terminal or not.
 *
 * The input is the format up to a NUL, a byte for the style, and then a message's bytes; where
 * these are none, a message with every kind of field is written. A format that is refused says why.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <fsps/message.h>

#include "cli/output.h"
#include "fuzz/input.h"
#include "fuzz/quiet.h"
#include "fuzz/require.h"
#include "subscribe/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FORMAT_BYTES_MAX = 256, INPUT_BYTES_MAX = 2048 };

static const uint8_t SPARE[] =
	"PMSG\x01\0\0\0\0\0\0\0\x05\0\x06\x60\x80\x12\x34\x56\x78\0\0\0\x03t.u"
	"\0\0\0\x23{\"k\": 1, \"s\": \"\xc3\xa4\\u0007\", \"f\": 0.1}"
	"\0\0\0\x0b{\"a\": \x1b[mx}";

/* Cuts the format off the input. */
static void take_format(struct fuzz_input *input, char *ret_format)
{
	const uint8_t *bytes = input->data;
	size_t len = strnlen((const char *)bytes, input->left);

	len = len < FORMAT_BYTES_MAX - 1 ? len : FORMAT_BYTES_MAX - 1;
	memcpy(ret_format, bytes, len);
	ret_format[len] = '\0';
	(void)fuzz_bytes(input, len + 1, &bytes);
}

static fsps_message *take_message(struct fuzz_input *input)
{
	fsps_message *message = NULL;
	const uint8_t *bytes;
	size_t len = fuzz_bytes(input, input->left, &bytes);

	if (len > 0 && fsps_message_decode(bytes, len, &message) == 0)
		return message;
	fuzz_require(fsps_message_decode(SPARE, sizeof SPARE - 1, &message) == 0,
		     "there is a message to spare");
	return message;
}

/* Widths may make it large, but by no more than that. */
static void check_size(const struct subscribe_format *format, size_t message_len)
{
	size_t most = 4096;

	for (size_t i = 0; i < format->count; i++)
		most += 65536 + format->items[i].text_len + 16 * message_len;
	fuzz_require(fuzz_printed <= most, "what is written is as long as it may be");
}

static void write_message(const struct subscribe_format *format, struct fuzz_input *input)
{
	static struct cli_output output;
	uint8_t how = fuzz_byte(input);
	const struct subscribe_style style = {.escape = (how & 1) != 0, .pretty = (how & 2) != 0};
	fsps_message *message = take_message(input);

	fuzz_printed = 0;
	cli_output_init(&output, FUZZ_QUIET_FD);
	(void)subscribe_format_write(format, &output, message, &style);
	fuzz_require(cli_output_flush(&output) == 0, "output is written");
	check_size(format, INPUT_BYTES_MAX);
	fsps_message_unref(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {.data = data, .left = size};
	struct subscribe_format format;
	char text[FORMAT_BYTES_MAX];
	size_t said = fuzz_said;

	if (size == 0 || size > INPUT_BYTES_MAX)
		return 0;
	take_format(&input, text);
	if (subscribe_format_read(&format, text) == 0)
		write_message(&format, &input);
	else
		fuzz_require(fuzz_said > said, "a format that is refused says why");
	subscribe_format_deinit(&format);
	return 0;
}
