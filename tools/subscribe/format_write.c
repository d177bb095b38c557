/* SPDX-License-Identifier: MIT */
/* Implements the writing of messages of subscribe/format.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cleanup.h"
#include "cli/escape.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/message_json.h"
#include "cli/status.h"
#include "subscribe/format.h"
#include "subscribe/header_text.h"

enum { US_PER_S = 1000000, NS_PER_US = 1000 };

struct writer {
	const struct subscribe_format *format;
	struct cli_output *output;
	const fsps_message *message;
	const struct subscribe_style *style;
	/* %J: the payload as JSON on one line, or NULL. */
	const char *payload_json;
	size_t payload_json_len;
};

static void write_text(const struct writer *writer, const void *text, size_t len)
{
	if (writer->style->escape)
		cli_escape(writer->output, text, len);
	else
		cli_output_write(writer->output, text, len);
}

static void write_padding(const struct writer *writer, const struct subscribe_item *item,
			  size_t len)
{
	for (; len < item->width; len++)
		cli_output_byte(writer->output, item->zeros && !item->left ? '0' : ' ');
}

static void write_padded(const struct writer *writer, const struct subscribe_item *item,
			 const char *text, size_t len)
{
	if (len > item->max)
		len = item->max;
	if (!item->left)
		write_padding(writer, item, len);
	write_text(writer, text, len);
	if (item->left)
		write_padding(writer, item, len);
}

static void write_hex(const struct writer *writer, const struct subscribe_item *item,
		      const unsigned char *bytes, size_t bytes_len)
{
	const char *digits = item->letter == 'x' ? "0123456789abcdef" : "0123456789ABCDEF";
	size_t len = bytes_len * 2 < item->max ? bytes_len * 2 : item->max;

	if (!item->left)
		write_padding(writer, item, len);
	for (size_t i = 0; i < len; i++)
		cli_output_byte(writer->output,
				digits[i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 15]);
	if (item->left)
		write_padding(writer, item, len);
}

static void write_json(const struct writer *writer, const struct subscribe_item *item)
{
	const struct cli_message_style style = {
		.pretty = writer->style->pretty,
		.payload_json = item->letter == 'J' ? writer->payload_json : NULL,
		.payload_json_len = writer->payload_json_len};

	cli_message_json(writer->output, writer->message, &style);
}

/* One header's value with its padding; one that is not there is empty. */
static void write_header(const struct writer *writer, const struct subscribe_item *item)
{
	struct fsps_header header;
	char buffer[SUBSCRIBE_HEADER_TEXT_BYTES];
	const char *text = "";
	size_t len = 0;

	if (fsps_headers_find(fsps_message_headers(writer->message), item->text, &header) ==
	    FSPS_OK)
		text = subscribe_header_text(&header, buffer, &len);
	write_padded(writer, item, text, len);
}

/* All headers as name:value, with blanks between them. */
static void write_headers(const struct writer *writer)
{
	const fsps_headers *headers = fsps_message_headers(writer->message);
	struct fsps_header header;
	char buffer[SUBSCRIBE_HEADER_TEXT_BYTES];
	size_t len;

	for (size_t i = 0; fsps_headers_at(headers, i, &header) == FSPS_OK; i++) {
		const char *text = subscribe_header_text(&header, buffer, &len);

		if (i > 0)
			cli_output_byte(writer->output, ' ');
		write_text(writer, header.key, strlen(header.key));
		cli_output_byte(writer->output, ':');
		write_text(writer, text, len);
	}
}

/* The message's time by way of strftime(3); nothing if its year is beyond what that knows. */
static size_t format_time(const struct writer *writer, const char *format, char *ret_text,
			  size_t size)
{
	time_t seconds = (time_t)(fsps_message_timestamp_us(writer->message) / US_PER_S);
	struct tm local;

	if (localtime_r(&seconds, &local) == NULL)
		return 0;
#pragma GCC diagnostic push
/* The format is the user's own, one letter of it at a time. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	return strftime(ret_text, size, format, &local);
#pragma GCC diagnostic pop
}

static void write_number(const struct writer *writer, const struct subscribe_item *item,
			 uint64_t number)
{
	char text[24];
	int len = snprintf(text, sizeof text, "%" PRIu64, number);

	write_padded(writer, item, text, (size_t)len);
}

/* Who sent it, by the number that only a look into the system's lists would turn into a name. */
static void write_sender(const struct writer *writer, const struct subscribe_item *item)
{
	uint32_t uid = fsps_message_sender_uid(writer->message);

	if (uid == UINT32_MAX)
		write_padded(writer, item, "-", 1);
	else
		write_number(writer, item, uid);
}

static void write_unix_time(const struct writer *writer, const struct subscribe_item *item)
{
	uint64_t us = fsps_message_timestamp_us(writer->message);
	char text[48];
	int len = snprintf(text, sizeof text, "%" PRIu64 ".%09" PRIu64, us / US_PER_S,
			   us % US_PER_S * NS_PER_US);

	write_padded(writer, item, text, (size_t)len);
}

static void write_iso_time(const struct writer *writer, const struct subscribe_item *item)
{
	char text[64];

	write_padded(writer, item, text,
		     format_time(writer, "%Y-%m-%dT%H:%M:%S%z", text, sizeof text));
}

static void write_field(const struct writer *writer, const struct subscribe_item *item)
{
	const char *topic = fsps_message_topic(writer->message);
	size_t len;
	const void *payload = fsps_message_payload(writer->message, &len);

	switch (item->letter) {
	case 't':
		write_padded(writer, item, topic, strlen(topic));
		break;
	case 'p':
		write_padded(writer, item, payload, len);
		break;
	case 'x':
	case 'X':
		write_hex(writer, item, payload, len);
		break;
	case 'l':
		write_number(writer, item, len);
		break;
	case 'm':
		write_number(writer, item, fsps_message_id(writer->message));
		break;
	case 'u':
		write_sender(writer, item);
		break;
	case 'I':
		write_iso_time(writer, item);
		break;
	case 'U':
		write_unix_time(writer, item);
		break;
	case 'H':
		write_header(writer, item);
		break;
	case 'P':
		write_headers(writer);
		break;
	default:
		write_json(writer, item);
		break;
	}
}

static void write_time(const struct writer *writer, const struct subscribe_item *item)
{
	uint64_t us = fsps_message_timestamp_us(writer->message);
	const char format[] = {'%', item->letter, '\0'};
	char text[256];
	size_t len;

	if (item->letter == 'N')
		len = (size_t)snprintf(text, sizeof text, "%09" PRIu64, us % US_PER_S * NS_PER_US);
	else
		len = format_time(writer, format, text, sizeof text);
	cli_output_write(writer->output, text, len);
}

/* Checks that a payload is JSON and puts it on one line, for %J. Line breaks can only stand
 * between its tokens, where blanks do as well; numbers stay as they are written. */
static int read_payload_json(const struct cli_jansson *jansson, const fsps_message *message,
			     char **ret_text, size_t *ret_len)
{
	size_t len;
	const char *payload = fsps_message_payload(message, &len);
	json_error_t error;
	json_t *root = jansson->loadb(
		payload, len, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, &error);
	char *text;

	if (root == NULL)
		return cli_fail(CLI_ERROR,
				"message %" PRIu64
				" on '%s' is left out: its payload is not JSON: %s",
				fsps_message_id(message), fsps_message_topic(message), error.text);
	jansson->destroy(root);
	text = malloc(len);
	if (text == NULL)
		return cli_fail(CLI_ERROR, "no memory for a message");
	for (size_t i = 0; i < len; i++)
		text[i] = payload[i] == '\n' || payload[i] == '\r' || payload[i] == '\t'
				  ? ' '
				  : payload[i];
	*ret_text = text;
	*ret_len = len;
	return 0;
}

int subscribe_format_write(const struct subscribe_format *format, struct cli_output *output,
			   const fsps_message *message, const struct subscribe_style *style)
{
	CLI_CLEANUP(cli_cleanup_free) char *payload_json = NULL;
	struct writer writer = {
		.format = format, .output = output, .message = message, .style = style};

	if (format->reads_json && read_payload_json(&format->jansson, message, &payload_json,
						    &writer.payload_json_len) != 0)
		return CLI_ERROR;
	writer.payload_json = payload_json;
	for (size_t i = 0; i < format->count; i++) {
		const struct subscribe_item *item = &format->items[i];

		if (item->kind == SUBSCRIBE_ITEM_TEXT)
			cli_output_write(output, item->text, item->text_len);
		else if (item->kind == SUBSCRIBE_ITEM_TIME)
			write_time(&writer, item);
		else
			write_field(&writer, item);
	}
	return 0;
}
