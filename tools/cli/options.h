/* SPDX-License-Identifier: MIT */
/*
 * Command lines: one table of options per command drives the parser, --help and shell completion,
 * so that the three can't drift apart.
 *
 * Options and operands may stand in any order; after "--" everything is an operand. What takes no
 * argument and only sets a flag, and operands that are only collected, need no code of the
 * command's own: the table says where they go. --home, --home-owner, --debug, --help and --version
 * belong to every table through CLI_COMMON_OPTIONS and are taken here. A hidden --list-options
 * prints the table for machines.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/completion.h"

/* What the settings of every command begin with. */
struct cli_common {
	/* NULL: that of the environment. */
	const char *home;
	/* Whom it may belong to besides us and root; 0: as the environment says. */
	uint32_t home_owner;
	bool debug;
};

struct cli_option {
	/* What apply() is told; unique in its table. 0 if it is but a flag. */
	int id;
	/* Where in the settings the bool is that it sets, by offsetof(); 0: apply() takes it. */
	size_t flag;
	/* 0: none. */
	char short_name;
	const char *long_name;
	/* The argument's name for --help, or NULL: the option takes none. */
	const char *argument;
	/* What a shell offers for it, of enum cli_completion; and fixed words, with commas between
	 * them, or NULL. */
	unsigned completes;
	const char *words;
	/* The heading in --help; rows of one group stand together. */
	const char *group;
	const char *help;
	/* Non-zero: the argument and all that follows it belong to this option. */
	int takes_rest;
};

/* Ids of the common options; a command's own begin at CLI_OPTION_FIRST. */
enum {
	CLI_OPTION_HOME = 1,
	CLI_OPTION_HOME_OWNER,
	CLI_OPTION_DEBUG,
	CLI_OPTION_HELP,
	CLI_OPTION_VERSION,
	CLI_OPTION_LIST,
	CLI_OPTION_FIRST = 16
};

#define CLI_COMMON_GROUP   "Common"
#define CLI_HOME_HELP      "the bus to use, instead of $PUBSUB_HOME or /dev/shm/pubsub"
#define CLI_COMMON_OPTIONS CLI_COMMON_OPTIONS_AND_HOME(CLI_HOME_HELP)

/* The same where --home means something else... */
#define CLI_COMMON_OPTIONS_AND_HOME(home_help) CLI_COMMON_OPTIONS_WITH(home_help, 'd')
/* ... and where -d means something else: then debug_letter is 0. */
#define CLI_COMMON_OPTIONS_WITH(home_help, debug_letter)                                           \
	{.id = CLI_OPTION_HOME,                                                                    \
	 .long_name = "home",                                                                      \
	 .argument = "DIR",                                                                        \
	 .completes = CLI_COMPLETE_DIRECTORY,                                                      \
	 .group = CLI_COMMON_GROUP,                                                                \
	 .help = home_help},                                                                       \
		{.id = CLI_OPTION_HOME_OWNER,                                                      \
		 .long_name = "home-owner",                                                        \
		 .argument = "USER",                                                               \
		 .completes = CLI_COMPLETE_USER,                                                   \
		 .group = CLI_COMMON_GROUP,                                                        \
		 .help = "trust that user with a bus of his, beside ourselves and root"},          \
		{.id = CLI_OPTION_DEBUG,                                                           \
		 .short_name = debug_letter,                                                       \
		 .long_name = "debug",                                                             \
		 .group = CLI_COMMON_GROUP,                                                        \
		 .help = "tell on standard error what the library does"},                          \
		CLI_HELP_OPTIONS

/* Of a command that uses no bus: these alone. */
#define CLI_HELP_OPTIONS                                                                           \
	{.id = CLI_OPTION_HELP,                                                                    \
	 .short_name = 'h',                                                                        \
	 .long_name = "help",                                                                      \
	 .group = CLI_COMMON_GROUP,                                                                \
	 .help = "show this help"},                                                                \
	{                                                                                          \
		.id = CLI_OPTION_VERSION, .long_name = "version", .group = CLI_COMMON_GROUP,       \
		.help = "show the version"                                                         \
	}

enum { CLI_OPTIONS_MAX = 64 };

struct cli_command {
	const char *name;
	/* What follows the name in the usage line. */
	const char *synopsis;
	/* One sentence. */
	const char *summary;
	/* Whole lines, each indented by two blanks. */
	const char *examples;
	/* Whole lines that end the help: exit codes and the like. */
	const char *notes;
	/* What an operand is, for completion, as in struct cli_operand. */
	const char *operand;
	unsigned operand_completes;
	const char *operand_words;
	/* Those at the second place and on, up to one without a name; the last one stands for all
	 * that follow. NULL: all are as the first. */
	const struct cli_operand *more_operands;
	/* Added to the sentence about an unknown option, or NULL. */
	const char *unknown_hint;
	/* Ends with a row without long_name; at most CLI_OPTIONS_MAX rows. */
	const struct cli_option *options;
	/* Takes an option. rest: the arguments after value if the option takes them, NULL-ended.
	 * Returns 0, or an exit code after saying what is wrong. NULL: all are flags. */
	int (*apply)(void *settings, int id, const char *value, char **rest);
	/* Where in the settings the struct cli_operands is that collects the operands, by
	 * offsetof(); 0: operand_apply() takes each, as apply(). */
	size_t operands;
	int (*operand_apply)(void *settings, const char *operand);
	/* Looks at everything that was read: 0, or an exit code after saying what is wrong. NULL:
	 * there is nothing to check. */
	int (*check)(void *settings);
};

/* What cli_parse() returns if the command shall run. */
enum { CLI_RUN = -1 };

/* Reads a command line into settings, which begin with a struct cli_common. Returns CLI_RUN or the
 * exit code to end with. */
int cli_parse(const struct cli_command *command, int argc, char **argv, void *settings);

/* Prints to standard output; returns an exit code. */
int cli_print_help(const struct cli_command *command);

#endif
