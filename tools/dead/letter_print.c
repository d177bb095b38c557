/* SPDX-License-Identifier: MIT */
/*
 * Implements the whole of dead/letter.h, in the shape of a mail: a name and a value on each line,
 * an empty line, the content. Lines of the error text that follow the first are indented.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <fsps/error.h>

#include "cli/clock.h"
#include "cli/escape.h"
#include "cli/json.h"
#include "dead/letter.h"

/* How wide "Set aside:" and a blank are. */
enum { VALUE_COLUMN = 11 };

struct printer {
	struct cli_output *output;
	bool escape;
};

static void put_bytes(const struct printer *printer, const void *bytes, size_t len)
{
	cli_escape_if(printer->escape, printer->output, bytes, len);
}

static void begin_line(const struct printer *printer, const char *name)
{
	char text[VALUE_COLUMN + 1];

	snprintf(text, sizeof text, "%-*s", VALUE_COLUMN, name);
	cli_output_text(printer->output, text);
}

static void put_line(const struct printer *printer, const char *name, const char *value)
{
	begin_line(printer, name);
	put_bytes(printer, value, strlen(value));
	cli_output_byte(printer->output, '\n');
}

static void put_number(const struct printer *printer, const char *name, uint64_t number,
		       const char *unit)
{
	char text[40];

	snprintf(text, sizeof text, "%" PRIu64 "%s", number, unit);
	put_line(printer, name, text);
}

static void put_time(const struct printer *printer, const char *name, uint64_t time_us)
{
	char text[CLI_TIME_BYTES];

	cli_format_utc(time_us, text);
	put_line(printer, name, text);
}

static void put_headers(const struct printer *printer, const fsps_headers *headers)
{
	struct fsps_header header;

	for (size_t i = 0; fsps_headers_at(headers, i, &header) == FSPS_OK; i++) {
		begin_line(printer, i == 0 ? "Headers:" : "");
		put_bytes(printer, header.key, strlen(header.key));
		cli_output_text(printer->output, ": ");
		/* With its type: 3 is a number, "3" is none. */
		cli_json_header_value(printer->output, &header);
		cli_output_byte(printer->output, '\n');
	}
}

static void put_error(const struct printer *printer, const char *error)
{
	const char *name = "Error:";

	while (*error != '\0') {
		size_t len = strcspn(error, "\n");

		begin_line(printer, name);
		put_bytes(printer, error, len);
		cli_output_byte(printer->output, '\n');
		error += len + (error[len] == '\n');
		name = "";
	}
}

static void put_message(const struct printer *printer, const fsps_message *message)
{
	size_t len;
	const char *payload = fsps_message_payload(message, &len);

	put_line(printer, "Topic:", fsps_message_topic(message));
	put_time(printer, "Published:", fsps_message_timestamp_us(message));
	put_headers(printer, fsps_message_headers(message));
	put_number(printer, "Payload:", len, len == 1 ? " byte" : " bytes");
	cli_output_byte(printer->output, '\n');
	put_bytes(printer, payload, len);
	if (len > 0 && payload[len - 1] != '\n')
		cli_output_byte(printer->output, '\n');
}

void dead_letter_print(struct cli_output *output, const struct fsps_dead_letter *letter,
		       bool escape)
{
	const struct printer printer = {.output = output, .escape = escape};

	put_line(&printer, "Channel:", letter->channel_name);
	put_line(&printer, "File:", letter->file_name);
	put_line(&printer, "Reason:", letter->reason);
	put_number(&printer, "Attempts:", letter->attempts, "");
	put_time(&printer, "Set aside:", letter->time_us);
	put_error(&printer, letter->error);
	put_number(&printer, "ID:", letter->id, "");
	if (letter->message == NULL)
		put_number(&printer, "Size:", letter->bytes,
			   " bytes that can't be read as a message");
	else
		put_message(&printer, letter->message);
}
