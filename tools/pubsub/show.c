/* SPDX-License-Identifier: MIT */
/* Implements pubsub/show.h. */
#include "pubsub/show.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cleanup.h"
#include "cli/fail.h"
#include "cli/output.h"
#include "cli/status.h"

enum { NAME_COLUMNS = 12 };

/* ---- the list ---- */

static void put_verb(struct cli_output *output, const char *verb, const char *summary)
{
	char line[PUBSUB_VERB_MAX + 16];

	snprintf(line, sizeof line, "  %-*s", NAME_COLUMNS, verb);
	cli_output_text(output, summary == NULL ? "  " : line);
	cli_output_text(output, summary == NULL ? verb : summary);
	cli_output_text(output, "\n");
}

/* Ours, or the others. */
static bool put_verbs(struct cli_output *output, const struct pubsub_verbs *verbs, bool ours,
		      const char *heading)
{
	bool any = false;

	for (size_t i = 0; i < verbs->count; i++) {
		const char *summary = pubsub_verb_summary(verbs->names[i]);

		if ((summary != NULL) != ours)
			continue;
		if (!any)
			cli_output_text(output, heading);
		any = true;
		put_verb(output, verbs->names[i], summary);
	}
	return any;
}

int pubsub_show_verbs(void)
{
	CLI_CLEANUP(pubsub_verbs_deinit) struct pubsub_verbs verbs = {0};
	struct cli_output output;

	if (pubsub_verbs_find(&verbs) < 0)
		return cli_fail(CLI_ERROR, "no memory");
	cli_output_init(&output, STDOUT_FILENO);
	cli_output_text(&output, "Usage: pubsub VERB [ARGUMENT...]\n");
	put_verbs(&output, &verbs, true, "\n");
	put_verbs(&output, &verbs, false, "\nFound in PATH:\n");
	cli_output_text(&output, "\npubsub help VERB shows its manual page; man 7 pubsub is the "
				 "overview.\n");
	return cli_output_finish(&output);
}

int pubsub_list_verbs(void)
{
	CLI_CLEANUP(pubsub_verbs_deinit) struct pubsub_verbs verbs = {0};
	struct cli_output output;

	if (pubsub_verbs_find(&verbs) < 0)
		return cli_fail(CLI_ERROR, "no memory");
	cli_output_init(&output, STDOUT_FILENO);
	cli_output_text(&output, "help\tshow the manual page of a verb\n");
	for (size_t i = 0; i < verbs.count; i++) {
		const char *summary = pubsub_verb_summary(verbs.names[i]);

		cli_output_text(&output, verbs.names[i]);
		cli_output_text(&output, "\t");
		cli_output_text(&output, summary == NULL ? "" : summary);
		cli_output_text(&output, "\n");
	}
	return cli_output_finish(&output);
}

/* ---- help for one ---- */

/* Whether man has a page. Quiet: where there is no man, or no page, --help is shown. */
static bool has_page(char *page)
{
	char *words[] = {(char[]){"man"}, (char[]){"-w"}, page, NULL};
	posix_spawn_file_actions_t actions;
	int status = -1;
	pid_t child;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return false;
	(void)posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	(void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&child, words[0], &actions, NULL, words, environ) == 0)
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
	(void)posix_spawn_file_actions_destroy(&actions);
	return status == 0;
}

static int show_own_help(const char *verb)
{
	char name[PUBSUB_VERB_MAX + 1];
	char *words[] = {name, (char[]){"--help"}, NULL};
	int error;

	snprintf(name, sizeof name, "%s", verb);
	error = pubsub_verb_exec(words);
	return cli_fail(CLI_CANNOT_RUN, "cannot run pubsub-%s: %s", verb, strerror(error));
}

int pubsub_show_help(const char *verb)
{
	CLI_CLEANUP(pubsub_verbs_deinit) struct pubsub_verbs verbs = {0};
	bool is_own = strcmp(verb, "help") == 0;
	char page[PUBSUB_VERB_MAX + 16] = "pubsub.1";

	if (pubsub_verbs_find(&verbs) < 0)
		return cli_fail(CLI_ERROR, "no memory");
	if (!is_own && !pubsub_verbs_have(&verbs, verb))
		return pubsub_unknown_verb(verb);
	if (!is_own)
		snprintf(page, sizeof page, "pubsub-%s", verb);
	if (has_page(page))
		(void)execlp("man", "man", page, NULL);
	return is_own ? pubsub_show_verbs() : show_own_help(verb);
}

int pubsub_unknown_verb(const char *verb)
{
	CLI_CLEANUP(pubsub_verbs_deinit) struct pubsub_verbs verbs = {0};
	const char *nearest;

	if (pubsub_verbs_find(&verbs) < 0)
		return cli_fail(CLI_ERROR, "no memory");
	nearest = pubsub_verbs_nearest(&verbs, verb);
	return cli_fail(CLI_USAGE, "there is no verb '%s'%s%s%s; pubsub alone lists them", verb,
			nearest == NULL ? "" : "; did you mean '", nearest == NULL ? "" : nearest,
			nearest == NULL ? "" : "'?");
}
