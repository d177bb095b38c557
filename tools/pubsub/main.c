/* SPDX-License-Identifier: MIT */
/* pubsub: runs pubsub-VERB, at once and with all that follows; by itself it only tells which verbs
 * there are. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cleanup.h"
#include "cli/fail.h"
#include "cli/main.h"
#include "cli/status.h"
#include "pubsub/options.h"
#include "pubsub/show.h"
#include "pubsub/verbs.h"

/* Only returns if there is no such verb, or it can't be run. */
static int run_verb(char **arguments)
{
	char *verb = arguments[0];
	int error = pubsub_is_verb(verb) ? pubsub_verb_exec(arguments) : ENOENT;

	if (error == ENOENT)
		return pubsub_unknown_verb(verb);
	return cli_fail(CLI_CANNOT_RUN, "cannot run pubsub-%s: %s", verb, strerror(error));
}

static int show(const void *settings)
{
	const struct pubsub_options *options = settings;
	const struct cli_operands *operands = &options->operands;

	return operands->count < 2 ? pubsub_show_verbs() : pubsub_show_help(operands->values[1]);
}

/* "help,bench,dead,...", for completion; owned. NULL: no memory. */
static char *list_words(void)
{
	CLI_CLEANUP(pubsub_verbs_deinit) struct pubsub_verbs verbs = {0};
	size_t size = sizeof "help";
	char *words;
	char *at;

	if (pubsub_verbs_find(&verbs) < 0)
		return NULL;
	for (size_t i = 0; i < verbs.count; i++)
		size += 1 + strlen(verbs.names[i]);
	words = malloc(size);
	if (words == NULL)
		return NULL;
	at = stpcpy(words, "help");
	for (size_t i = 0; i < verbs.count; i++)
		at = stpcpy(stpcpy(at, ","), verbs.names[i]);
	return words;
}

int main(int argc, char **argv)
{
	CLI_CLEANUP(pubsub_options_deinit) struct pubsub_options options = {0};
	CLI_CLEANUP(cli_cleanup_free) char *words = NULL;
	struct cli_operand more[] = {{.name = "VERB"}, {.name = NULL}};
	struct cli_command command = pubsub_command;

	if (argc > 1 && argv[1][0] != '-' && strcmp(argv[1], "help") != 0)
		return run_verb(argv + 1);
	if (argc > 1 && strcmp(argv[1], "--list-options") == 0) {
		words = list_words();
		command.operand_words = words;
		/* Behind "help"; what stands behind another verb is that one's. */
		more[0].words = words;
		command.more_operands = more;
	}
	return cli_main(&command, argc, argv, &options, show);
}
