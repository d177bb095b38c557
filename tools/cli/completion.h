/* SPDX-License-Identifier: MIT */
/*
 * What shells offer for operands and for the arguments of options. The tables of options say it in
 * these terms (cli/options.h), the hidden --list-options prints them, and completions/ has for each
 * shell a script that looks for what there is of each kind.
 */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

/* Several may be combined. */
enum cli_completion {
	CLI_COMPLETE_NOTHING = 0,
	CLI_COMPLETE_FILE = 1 << 0,
	CLI_COMPLETE_DIRECTORY = 1 << 1,
	/* A command; what follows belongs to it. */
	CLI_COMPLETE_COMMAND = 1 << 2,
	CLI_COMPLETE_USER = 1 << 3,
	CLI_COMPLETE_GROUP = 1 << 4,
	/* What somebody subscribes to now. */
	CLI_COMPLETE_PATTERN = 1 << 5,
	/* The same without wildcards, as nobody publishes on them. */
	CLI_COMPLETE_TOPIC = 1 << 6,
	/* Channels of now: the names of durable ones, the directories of all. */
	CLI_COMPLETE_CHANNEL = 1 << 7,
	/* Durable channels: names and directories. */
	CLI_COMPLETE_DURABLE = 1 << 8,
	/* Durable channels: names. */
	CLI_COMPLETE_NAME = 1 << 9,
	/* The IDs of the dead letters of the channel that stands before it. */
	CLI_COMPLETE_LETTER = 1 << 10,
	/* The verbs of pubsub VERB. */
	CLI_COMPLETE_VERB = 1 << 11
};

/* An operand, by its place. */
struct cli_operand {
	/* As --help calls it. */
	const char *name;
	/* Of enum cli_completion. */
	unsigned completes;
	/* Fixed words that it may be, with commas between them, or NULL. */
	const char *words;
};

struct cli_command;

/* Prints rows of five fields, separated by tabs: name, short name, argument, what completes it,
 * help; "-" where there is none, since shells skip empty fields. What completes it are names of the
 * kinds above and "words:" with the fixed words, separated by blanks. The first rows are called
 * "operand": one for each place, the last one for all that follow. Returns an exit code. */
int cli_print_options(const struct cli_command *command);

#endif
