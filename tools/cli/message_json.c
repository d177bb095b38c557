/* SPDX-License-Identifier: MIT */
/* Implements cli/message_json.h. */
#include "cli/message_json.h"

#include "cli/base64.h"
#include "cli/clock.h"
#include "cli/json.h"
#include "cli/utf8.h"

struct writer {
	struct cli_output *output;
	bool pretty;
};

/* name: in quotes, with the comma before it unless it is the first. Our own names need no escapes.
 */
static inline void begin_field(const struct writer *writer, const char *name)
{
	bool first = name[0] != ',';

	if (!writer->pretty) {
		cli_output_text(writer->output, name);
		cli_output_byte(writer->output, ':');
		return;
	}
	cli_output_text(writer->output, first ? "\n  " : ",\n  ");
	cli_output_text(writer->output, first ? name : name + 1);
	cli_output_text(writer->output, ": ");
}

static void write_headers(const struct writer *writer, const fsps_headers *headers)
{
	size_t count = fsps_headers_count(headers);
	struct fsps_header header;

	cli_output_byte(writer->output, '{');
	for (size_t i = 0; i < count; i++) {
		if (fsps_headers_at(headers, i, &header) < 0)
			break;
		if (i > 0)
			cli_output_byte(writer->output, ',');
		if (writer->pretty)
			cli_output_text(writer->output, "\n    ");
		cli_json_text(writer->output, header.key);
		cli_output_text(writer->output, writer->pretty ? ": " : ":");
		cli_json_header_value(writer->output, &header);
	}
	if (writer->pretty && count > 0)
		cli_output_text(writer->output, "\n  ");
	cli_output_byte(writer->output, '}');
}

static void write_payload(const struct writer *writer, const fsps_message *message,
			  const struct cli_message_style *style)
{
	size_t len;
	const unsigned char *payload = fsps_message_payload(message, &len);

	begin_field(writer, ",\"len\"");
	cli_json_unsigned(writer->output, len);
	if (style->without_payload)
		return;
	if (style->payload_json != NULL) {
		begin_field(writer, ",\"payload\"");
		cli_output_write(writer->output, style->payload_json, style->payload_json_len);
	} else if (cli_utf8_valid(payload, len)) {
		begin_field(writer, ",\"payload\"");
		cli_json_string(writer->output, payload, len);
	} else {
		begin_field(writer, ",\"payload_base64\"");
		cli_output_byte(writer->output, '"');
		cli_base64_write(writer->output, payload, len);
		cli_output_byte(writer->output, '"');
	}
}

/* What is not in the message itself: who sent it, and what was dropped before it. */
static void write_circumstances(const struct writer *writer, const fsps_message *message)
{
	uint32_t uid = fsps_message_sender_uid(message);
	uint64_t missed = fsps_message_missed(message);

	begin_field(writer, ",\"uid\"");
	if (uid == UINT32_MAX)
		cli_output_text(writer->output, "null");
	else
		cli_json_unsigned(writer->output, uid);
	if (missed == 0)
		return;
	begin_field(writer, ",\"missed\"");
	cli_json_unsigned(writer->output, missed);
}

static void write_object(const struct writer *writer, const fsps_message *message,
			 const struct cli_message_style *style)
{
	struct cli_output *output = writer->output;
	char text[CLI_TIME_BYTES];

	cli_output_byte(output, '{');
	begin_field(writer, "\"id\"");
	/* A string: readers that turn numbers into doubles would round it. */
	cli_output_byte(output, '"');
	cli_json_unsigned(output, fsps_message_id(message));
	cli_output_byte(output, '"');
	begin_field(writer, ",\"topic\"");
	cli_json_text(output, fsps_message_topic(message));
	begin_field(writer, ",\"time\"");
	cli_format_utc(fsps_message_timestamp_us(message), text);
	cli_output_byte(output, '"');
	cli_output_text(output, text);
	cli_output_byte(output, '"');
	begin_field(writer, ",\"headers\"");
	write_headers(writer, fsps_message_headers(message));
	write_payload(writer, message, style);
	write_circumstances(writer, message);
}

void cli_message_json(struct cli_output *output, const fsps_message *message,
		      const struct cli_message_style *style)
{
	const struct writer writer = {.output = output, .pretty = style->pretty};

	write_object(&writer, message, style);
	if (writer.pretty)
		cli_output_byte(output, '\n');
	cli_output_byte(output, '}');
}

void cli_message_json_begin(struct cli_output *output, const fsps_message *message,
			    const struct cli_message_style *style)
{
	static const struct cli_message_style plain;
	const struct writer writer = {.output = output};

	write_object(&writer, message, style == NULL ? &plain : style);
}
