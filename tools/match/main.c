/* SPDX-License-Identifier: MIT */
/* pubsub-match: says whether a pattern matches topics, of the command line and of standard input.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fsps/error.h>
#include <fsps/topic.h>

#include "cli/cleanup.h"
#include "cli/fail.h"
#include "cli/main.h"
#include "cli/pieces.h"
#include "cli/signals.h"
#include "cli/status.h"
#include "match/options.h"
#include "match/point.h"
#include "match/tell.h"

/* A line that is longer is no topic, whatever is in it. */
enum { LINE_BYTES_MAX = 65536 };

struct matching {
	const struct match_options *options;
	struct cli_output *output;
	uint64_t matched;
	uint64_t unmatched;
	/* Of what could not be judged. */
	int status;
};

/* It is a topic. */
static void match_topic(struct matching *matching, const char *topic)
{
	bool matches = fsps_match(matching->options->operands.values[0], topic) == 1;

	if (matches)
		matching->matched++;
	else
		matching->unmatched++;
	match_tell(matching->output, matching->options, topic, matches);
}

/* ---- standard input ---- */

/* What is no topic keeps the others from nothing. */
static void match_line(struct matching *matching, const char *line, size_t len, uint64_t number)
{
	char topic[FSPS_TOPIC_MAX + 2];
	/* What is too long is cut to what is too long. */
	size_t kept = len < sizeof topic ? len : sizeof topic - 1;

	memcpy(topic, line, kept);
	topic[kept] = '\0';
	if (strlen(topic) == kept && fsps_topic_check(topic) == FSPS_OK) {
		match_topic(matching, topic);
		return;
	}
	if (strlen(topic) < kept)
		cli_say("line %" PRIu64 " has a NUL, as no topic has", number);
	else
		cli_say("line %" PRIu64 ": %s", number, fsps_last_error()->text);
	match_point(topic, MATCH_TOPIC_BYTES);
	cli_keep_first(&matching->status, CLI_USAGE);
}

static int end_of(enum cli_piece piece, uint64_t number)
{
	switch (piece) {
	case CLI_PIECE_TOO_LONG:
		return cli_fail(CLI_USAGE, "line %" PRIu64 " is longer than any topic", number);
	case CLI_PIECE_FAILED:
		return cli_fail(CLI_ERROR, "cannot read standard input: %s", strerror(errno));
	case CLI_PIECE_STOPPED:
	case CLI_PIECE_READY:
	case CLI_PIECE_END:
		break;
	}
	return CLI_DONE;
}

/* What was said shows before more is waited for. Returns an exit code to end with, or 0. */
static int match_lines(struct matching *matching)
{
	CLI_CLEANUP(cli_pieces_deinit) struct cli_pieces lines;
	enum cli_piece piece = CLI_PIECE_END;
	size_t len;
	char *line;

	cli_pieces_init(&lines, STDIN_FILENO, "\n", 1, LINE_BYTES_MAX);
	while (matching->output->error == 0) {
		if (!cli_pieces_ready(&lines))
			cli_output_flush(matching->output);
		piece = cli_pieces_next(&lines, &line, &len);
		if (piece != CLI_PIECE_READY)
			break;
		match_line(matching, line, len, lines.number);
	}
	return end_of(piece, lines.number);
}

/* ---- all ---- */

/* Nothing at all matches nothing. */
static bool is_so(const struct matching *matching)
{
	return matching->matched > 0 && (matching->options->any || matching->unmatched == 0);
}

static int run(const void *settings)
{
	const struct match_options *options = settings;
	struct cli_output output;
	struct matching matching = {.options = options, .output = &output};
	int status = CLI_DONE;

	cli_output_init(&output, STDOUT_FILENO);
	for (size_t i = 1; status == CLI_DONE && i < options->operands.count; i++) {
		if (strcmp(options->operands.values[i], "-") == 0)
			status = match_lines(&matching);
		else
			match_topic(&matching, options->operands.values[i]);
	}
	cli_keep_first(&status, matching.status);
	cli_keep_first(&status, cli_output_finish(&output));
	cli_keep_first(&status, is_so(&matching) ? CLI_DONE : CLI_ERROR);
	return cli_stop_signal() != 0 ? CLI_SIGNAL + cli_stop_signal() : status;
}

int main(int argc, char **argv)
{
	CLI_CLEANUP(match_options_deinit) struct match_options options = {0};

	return cli_main(&match_command, argc, argv, &options, run);
}
