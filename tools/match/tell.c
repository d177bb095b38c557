/* SPDX-License-Identifier: MIT */
/* Implements match/tell.h. */
#include "match/tell.h"

#include <string.h>

#include <fsps/topic.h>

#include "cli/json.h"

/* Whether the pattern would match if each '=' were '+': it is taken for more than a word. */
static bool would_match_with_plus(const char *pattern, const char *topic)
{
	char wider[FSPS_PATTERN_MAX + 1];
	size_t len = strlen(pattern);

	for (size_t i = 0; i <= len; i++)
		wider[i] = pattern[i];
	for (char *at = wider; (at = strchr(at, '=')) != NULL; at++)
		*at = '+';
	return fsps_match(wider, topic) == 1;
}

static void put_words(struct cli_output *output, const char *pattern, const char *topic,
		      bool matches)
{
	cli_output_text(output, topic);
	cli_output_text(output, matches ? " matches " : " does not match ");
	cli_output_text(output, pattern);
	if (!matches && would_match_with_plus(pattern, topic))
		cli_output_text(output, ", as '=' is one word, without dots; '+' would");
	cli_output_text(output, "\n");
}

static void put_json(struct cli_output *output, const char *pattern, const char *topic,
		     bool matches)
{
	cli_output_text(output, "{\"topic\":");
	cli_json_text(output, topic);
	cli_json_put_text(output, "pattern", pattern);
	cli_json_field(output, "matches");
	cli_output_text(output, matches ? "true}\n" : "false}\n");
}

void match_tell(struct cli_output *output, const struct match_options *options, const char *topic,
		bool matches)
{
	const char *pattern = options->operands.values[0];

	if (options->json) {
		put_json(output, pattern, topic, matches);
	} else if (options->verbose) {
		put_words(output, pattern, topic, matches);
	} else if (options->print && matches) {
		cli_output_text(output, topic);
		cli_output_text(output, "\n");
	}
}
