/* SPDX-License-Identifier: MIT */
/*
 * Implements cli_parse() of cli/options.h on getopt_long(3).
 *
 * getopt runs in its "in order" mode, where operands come back as options of code 1: only then
 * is it known where an option that takes the rest of the line begins.
 */
#include "cli/options.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <fsps/version.h>

#include "cli/fail.h"
#include "cli/operands.h"
#include "cli/output.h"
#include "cli/status.h"
#include "cli/users.h"

enum {
	OPERAND_CODE = 1,
	LIST_CODE = 2,
	/* getopt answers this plus a row's place in the table, for long and short names alike. */
	FIRST_CODE = 256
};

struct parser {
	const struct cli_command *command;
	struct option longs[CLI_OPTIONS_MAX + 2];
	/* "-:" and up to two characters each. */
	char shorts[2 * CLI_OPTIONS_MAX + 3];
};

static void parser_init(struct parser *parser, const struct cli_command *command)
{
	char *next = parser->shorts;
	int count = 0;

	parser->command = command;
	*next++ = '-';
	*next++ = ':';
	for (; count < CLI_OPTIONS_MAX && command->options[count].long_name != NULL; count++) {
		const struct cli_option *option = &command->options[count];
		int has_argument = option->argument != NULL ? required_argument : no_argument;

		parser->longs[count] = (struct option){.name = option->long_name,
						       .has_arg = has_argument,
						       .val = FIRST_CODE + count};
		if (option->short_name == '\0')
			continue;
		*next++ = option->short_name;
		if (has_argument == required_argument)
			*next++ = ':';
	}
	*next = '\0';
	parser->longs[count] = (struct option){.name = "list-options", .val = LIST_CODE};
	parser->longs[count + 1] = (struct option){0};
}

/* The row that a code of getopt stands for; NULL if none. */
static const struct cli_option *find_option(const struct cli_command *command, int code)
{
	for (int i = 0; command->options[i].long_name != NULL; i++) {
		const struct cli_option *option = &command->options[i];

		if (code == FIRST_CODE + i || (code != 0 && code == option->short_name))
			return option;
	}
	return NULL;
}

/* Whether an argument "--re" or "--re=3" abbreviates the option. */
static bool abbreviates(const char *argument, const struct cli_option *option)
{
	size_t len = strcspn(argument + 2, "=");

	return len > 0 && strncmp(argument + 2, option->long_name, len) == 0;
}

/* A long option that getopt does not know, or that may be one of several. */
static int unknown_long(const struct cli_command *command, const char *argument)
{
	char candidates[512] = "";
	size_t used = 0;

	for (const struct cli_option *option = command->options; option->long_name != NULL;
	     option++) {
		if (!abbreviates(argument, option) || used + 64 > sizeof candidates)
			continue;
		used += (size_t)snprintf(candidates + used, sizeof candidates - used, "%s--%.50s",
					 used == 0 ? "" : " or ", option->long_name);
	}
	if (used > 0)
		return cli_usage("%s may mean %s", argument, candidates);
	return cli_usage("unknown option %s", argument);
}

/* getopt did not like an argument; optopt tells why. */
static int wrong_option(const struct parser *parser, char **argv)
{
	const struct cli_option *option = find_option(parser->command, optopt);
	const char *hint = parser->command->unknown_hint;

	if (option != NULL && option->argument == NULL)
		return cli_usage("--%s takes no value", option->long_name);
	if (optopt != 0)
		return cli_usage("unknown option -%c%s%s", optopt, hint == NULL ? "" : "; ",
				 hint == NULL ? "" : hint);
	return unknown_long(parser->command, argv[optind - 1]);
}

static int missing_argument(const struct parser *parser)
{
	const struct cli_option *option = find_option(parser->command, optopt);

	if (option == NULL)
		return cli_usage("unknown option");
	if (option->short_name == '\0')
		return cli_usage("--%s needs %s", option->long_name, option->argument);
	return cli_usage("-%c, --%s needs %s", option->short_name, option->long_name,
			 option->argument);
}

static int print_version(const struct cli_command *command)
{
	struct cli_output output;

	cli_output_init(&output, 1);
	cli_output_text(&output, command->name);
	cli_output_text(&output, " ");
	cli_output_text(&output, fsps_version());
	cli_output_text(&output, "\n");
	return cli_output_finish(&output);
}

/* ---- taking what was read ---- */

static int take_home(struct cli_common *common, const char *value)
{
	if (value[0] == '\0')
		return cli_usage("--home wants a directory");
	common->home = value;
	return CLI_RUN;
}

/* CLI_RUN, or an exit code. */
static int take_operand(const struct cli_command *command, void *settings, const char *operand)
{
	int status =
		command->operands == 0
			? command->operand_apply(settings, operand)
			: cli_operands_add((void *)((char *)settings + command->operands), operand);

	return status == 0 ? CLI_RUN : status;
}

/* An option of the command's own. */
static int take_own(const struct cli_command *command, const struct cli_option *option, char **rest,
		    void *settings)
{
	int status;

	if (option->flag != 0) {
		*(bool *)((char *)settings + option->flag) = true;
		return CLI_RUN;
	}
	status = command->apply(settings, option->id, optarg, option->takes_rest ? rest : NULL);
	return status == 0 ? CLI_RUN : status;
}

/* rest: the arguments that follow. */
static int take_option(const struct cli_command *command, const struct cli_option *option,
		       char **rest, void *settings)
{
	struct cli_common *common = settings;
	int status;

	switch (option->id) {
	case CLI_OPTION_HOME:
		return take_home(common, optarg);
	case CLI_OPTION_HOME_OWNER:
		status = cli_user_option("--home-owner", optarg, &common->home_owner);
		return status == 0 ? CLI_RUN : status;
	case CLI_OPTION_DEBUG:
		common->debug = true;
		return CLI_RUN;
	case CLI_OPTION_HELP:
		return cli_print_help(command);
	case CLI_OPTION_VERSION:
		return print_version(command);
	default:
		return take_own(command, option, rest, settings);
	}
}

/* One answer of getopt. Returns CLI_RUN to go on, or an exit code. */
static int take(struct parser *parser, int code, char **argv, void *settings)
{
	const struct cli_option *option;

	if (code == OPERAND_CODE)
		return take_operand(parser->command, settings, optarg);
	if (code == LIST_CODE)
		return cli_print_options(parser->command);
	if (code == ':')
		return missing_argument(parser);
	option = find_option(parser->command, code);
	if (option == NULL)
		return wrong_option(parser, argv);
	return take_option(parser->command, option, argv + optind, settings);
}

/* CLI_RUN once all is read. */
static int read_all(const struct cli_command *command, int argc, char **argv, void *settings)
{
	struct parser parser;
	const struct cli_option *option;
	int status = CLI_RUN;
	int code;

	parser_init(&parser, command);
	opterr = 0;
	while ((code = getopt_long(argc, argv, parser.shorts, parser.longs, NULL)) != -1) {
		status = take(&parser, code, argv, settings);
		if (status != CLI_RUN)
			return status;
		option = code == OPERAND_CODE ? NULL : find_option(command, code);
		if (option != NULL && option->takes_rest)
			return CLI_RUN;
	}
	/* What stands behind "--". */
	for (; optind < argc && status == CLI_RUN; optind++)
		status = take_operand(command, settings, argv[optind]);
	return status;
}

int cli_parse(const struct cli_command *command, int argc, char **argv, void *settings)
{
	int status = read_all(command, argc, argv, settings);

	if (status != CLI_RUN || command->check == NULL)
		return status;
	status = command->check(settings);
	return status == 0 ? CLI_RUN : status;
}
