/* SPDX-License-Identifier: MIT */
/* Implements dead/choice.h. */
#include "dead/choice.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fsps/topic.h>

#include "cli/fail.h"
#include "cli/status.h"

int dead_choice_init(struct dead_choice *choice, const struct dead_options *options)
{
	choice->options = options;
	choice->found = calloc(options->letters.count + 1, sizeof *choice->found);
	return choice->found == NULL ? cli_fail(CLI_ERROR, "no memory") : 0;
}

void dead_choice_deinit(struct dead_choice *choice)
{
	free(choice->found);
}

/* What is no message has no topic, so no pattern matches it. */
static bool matches(const char *pattern, const struct fsps_dead_letter *letter)
{
	return letter->message != NULL &&
	       fsps_match(pattern, fsps_message_topic(letter->message)) == 1;
}

/* Looks at all names, so that each learns whether something was found for it. */
static bool is_named(struct dead_choice *choice, const struct fsps_dead_letter *letter)
{
	const struct cli_operands *letters = &choice->options->letters;
	bool named = false;
	char id[24];

	snprintf(id, sizeof id, "%" PRIu64, letter->id);
	for (size_t i = 0; i < letters->count; i++) {
		if (strcmp(letters->values[i], id) == 0 ||
		    strcmp(letters->values[i], letter->file_name) == 0)
			named = choice->found[i] = true;
	}
	return named;
}

bool dead_choice_takes(struct dead_choice *choice, const struct fsps_dead_letter *letter)
{
	if (choice->options->letters.count > 0)
		return is_named(choice, letter);
	return choice->options->pattern == NULL || matches(choice->options->pattern, letter);
}

int dead_choice_complain(const struct dead_choice *choice)
{
	const struct cli_operands *letters = &choice->options->letters;
	int status = CLI_DONE;

	for (size_t i = 0; i < letters->count; i++) {
		if (!choice->found[i])
			status = cli_fail(CLI_ERROR,
					  "there is no dead letter '%s' in '%s'; pubsub-dead lists "
					  "what there is",
					  letters->values[i], choice->options->channel);
	}
	return status;
}
