/* SPDX-License-Identifier: MIT */
/* Implements peek/show.h. */
#include "peek/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/clock.h"
#include "cli/escape.h"
#include "cli/fail.h"
#include "cli/json.h"
#include "cli/message_json.h"

void peek_show_init(struct peek_show *show, const struct peek_options *options, fsps_bus *bus,
		    struct cli_output *output)
{
	*show = (struct peek_show){.options = options, .bus = bus, .output = output};
	/* JSON contains no control bytes anyway. */
	show->style.escape = !options->raw && options->mode != PEEK_JSON && isatty(output->fd) == 1;
}

static const char *state_text(enum fsps_waiting_state state)
{
	switch (state) {
	case FSPS_CLAIMED:
		return "claimed";
	case FSPS_DELAYED:
		return "delayed";
	case FSPS_WAITING:
		break;
	}
	return "waiting";
}

static void show_payload(const struct peek_show *show, const fsps_message *message)
{
	size_t len;
	const void *payload = fsps_message_payload(message, &len);

	cli_escape_if(show->style.escape, show->output, payload, len);
}

/* "in 27s", "now" if that has passed, "-" where nothing is due. */
static void format_due(uint64_t due_us, char *ret_text, size_t size)
{
	uint64_t now_us = cli_wall_us();
	char span[CLI_SPAN_BYTES];

	if (due_us > now_us) {
		cli_format_span(due_us - now_us, span);
		snprintf(ret_text, size, "in %s", span);
	} else {
		snprintf(ret_text, size, "%s", due_us == 0 ? "-" : "now");
	}
}

/* State, attempts and due time in columns, the topic, the payload. */
static void show_verbose(const struct peek_show *show, const struct fsps_waiting *waiting)
{
	char due[CLI_SPAN_BYTES + 4];
	char text[CLI_SPAN_BYTES + 40];

	format_due(waiting->due_us, due, sizeof due);
	snprintf(text, sizeof text, "%s %2" PRIu32 " %-8s ", state_text(waiting->state),
		 waiting->attempts, due);
	cli_output_text(show->output, text);
	if (waiting->message == NULL) {
		cli_output_text(show->output, "- no message: ");
		cli_escape(show->output, waiting->file_name, strlen(waiting->file_name));
		return;
	}
	cli_output_text(show->output, fsps_message_topic(waiting->message));
	cli_output_byte(show->output, ' ');
	show_payload(show, waiting->message);
}

/* The message's fields, if it is one, and where and how it lies there. */
static void show_json(const struct peek_show *show, const struct fsps_waiting *waiting)
{
	struct cli_output *output = show->output;
	char due[CLI_TIME_BYTES];

	if (waiting->message != NULL)
		cli_message_json_begin(output, waiting->message, NULL);
	else
		cli_output_text(output, "{\"id\":null");
	cli_json_put_text(output, "state", state_text(waiting->state));
	cli_json_put_unsigned(output, "attempts", waiting->attempts);
	cli_json_field(output, "due");
	cli_format_utc(waiting->due_us, due);
	cli_json_text(output, waiting->due_us == 0 ? NULL : due);
	cli_json_put_text(output, "channel", show->channel);
	cli_json_put_text(output, "file", waiting->file_name);
	cli_output_byte(output, '}');
}

/* 0, or an exit code after saying why it can't be shown. */
static int show_content(const struct peek_show *show, const struct fsps_waiting *waiting)
{
	switch (show->options->mode) {
	case PEEK_VERBOSE:
		show_verbose(show, waiting);
		return 0;
	case PEEK_JSON:
		show_json(show, waiting);
		return 0;
	case PEEK_FORMAT:
		return subscribe_format_write(&show->options->format, show->output,
					      waiting->message, &show->style);
	case PEEK_PAYLOAD:
		break;
	}
	show_payload(show, waiting->message);
	return 0;
}

void peek_show(struct peek_show *show, const struct fsps_waiting *waiting)
{
	bool needs_message =
		show->options->mode == PEEK_PAYLOAD || show->options->mode == PEEK_FORMAT;

	if (waiting->message == NULL && needs_message) {
		cli_say("'%s' in '%s' is no message; its reader will set it aside",
			waiting->file_name, show->channel);
		return;
	}
	if (show_content(show, waiting) != 0) {
		show->failed = true;
		return;
	}
	cli_output_byte(show->output, '\n');
	show->shown++;
}
