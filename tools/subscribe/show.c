/* SPDX-License-Identifier: MIT */
/* Implements subscribe/show.h. */
#include "subscribe/show.h"

#include <string.h>
#include <unistd.h>

#include "cli/escape.h"
#include "cli/message_json.h"

void subscribe_show_init(struct subscribe_show *show, const struct subscribe_options *options,
			 struct cli_output *output)
{
	*show = (struct subscribe_show){.options = options, .output = output};
	show->style.pretty = options->pretty;
	/* JSON contains no control bytes anyway, and a program that is run prints by itself. */
	show->style.escape = !options->raw && options->mode != SUBSCRIBE_SHOW_JSON &&
			     options->mode != SUBSCRIBE_RUN && isatty(output->fd);
}

static void show_payload(struct subscribe_show *show, const fsps_message *message)
{
	size_t len;
	const void *payload = fsps_message_payload(message, &len);

	cli_escape_if(show->style.escape, show->output, payload, len);
}

/* 0, or an exit code after saying why the message can't be shown. */
static int show_content(struct subscribe_show *show, const fsps_message *message)
{
	const struct subscribe_options *options = show->options;
	const struct cli_message_style json_style = {.pretty = options->pretty};

	switch (options->mode) {
	case SUBSCRIBE_SHOW_VERBOSE:
		cli_output_text(show->output, fsps_message_topic(message));
		cli_output_byte(show->output, ' ');
		show_payload(show, message);
		break;
	case SUBSCRIBE_SHOW_JSON:
		cli_message_json(show->output, message, &json_style);
		break;
	case SUBSCRIBE_SHOW_FORMAT:
		return subscribe_format_write(&options->format, show->output, message,
					      &show->style);
	case SUBSCRIBE_SHOW_PAYLOAD:
	case SUBSCRIBE_RUN:
		show_payload(show, message);
		break;
	}
	return 0;
}

bool subscribe_show_message(struct subscribe_show *show, const fsps_message *message)
{
	if (show_content(show, message) != 0) {
		show->failed++;
		return false;
	}
	if (show->options->nul)
		cli_output_byte(show->output, '\0');
	else if (!show->options->no_newline)
		cli_output_byte(show->output, '\n');
	cli_output_mark(show->output);
	return true;
}
