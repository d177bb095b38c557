/* SPDX-License-Identifier: MIT */
/* pubsub: runs pubsub-VERB, at once and with all that follows; by itself it only tells which verbs
 * there are. */
#include <errno.h>
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

int main(int argc, char **argv)
{
	CLI_CLEANUP(pubsub_options_deinit) struct pubsub_options options = {0};

	if (argc > 1 && argv[1][0] != '-' && strcmp(argv[1], "help") != 0)
		return run_verb(argv + 1);
	/* For completion, as --list-options is. */
	if (argc == 2 && strcmp(argv[1], "--list-verbs") == 0)
		return pubsub_list_verbs();
	return cli_main(&pubsub_command, argc, argv, &options, show);
}
