/* SPDX-License-Identifier: MIT */
/* Implements the printers of cli/options.h: --help for people and --list-options for shells. */
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/output.h"

enum { WIDTH = 79, TEXT_COLUMN = 26 };

static void pad(struct cli_output *output, size_t from, size_t to)
{
	for (; from < to; from++)
		cli_output_text(output, " ");
}

/* Prints text from a column on, broken at blanks so that it keeps within WIDTH. */
static void print_wrapped(struct cli_output *output, const char *text, size_t column)
{
	size_t at = column;

	while (*text != '\0') {
		size_t word = strcspn(text, " ");

		if (at > column && at + 1 + word > WIDTH) {
			cli_output_text(output, "\n");
			pad(output, 0, column);
			at = column;
		} else if (at > column) {
			cli_output_text(output, " ");
			at++;
		}
		cli_output_write(output, text, word);
		at += word;
		text += word;
		text += strspn(text, " ");
	}
	cli_output_text(output, "\n");
}

static void print_option(struct cli_output *output, const struct cli_option *option)
{
	char left[80];
	size_t used;

	if (option->short_name != '\0')
		snprintf(left, sizeof left, "  -%c, --%s", option->short_name, option->long_name);
	else
		snprintf(left, sizeof left, "      --%s", option->long_name);
	used = strlen(left);
	if (option->argument != NULL)
		snprintf(left + used, sizeof left - used, " %s", option->argument);
	used = strlen(left);
	cli_output_write(output, left, used);
	if (used + 2 > TEXT_COLUMN) {
		cli_output_text(output, "\n");
		used = 0;
	}
	pad(output, used, TEXT_COLUMN);
	print_wrapped(output, option->help, TEXT_COLUMN);
}

int cli_print_help(const struct cli_command *command)
{
	struct cli_output output;
	const char *group = "";

	cli_output_init(&output, 1);
	cli_output_text(&output, "Usage: ");
	cli_output_text(&output, command->name);
	cli_output_text(&output, " ");
	cli_output_text(&output, command->synopsis);
	cli_output_text(&output, "\n\n");
	print_wrapped(&output, command->summary, 0);
	cli_output_text(&output, "\nExamples:\n");
	cli_output_text(&output, command->examples);
	for (const struct cli_option *option = command->options; option->long_name != NULL;
	     option++) {
		if (strcmp(group, option->group) != 0) {
			group = option->group;
			cli_output_text(&output, "\n");
			cli_output_text(&output, group);
			cli_output_text(&output, ":\n");
		}
		print_option(&output, option);
	}
	cli_output_text(&output, "\n");
	cli_output_text(&output, command->notes);
	return cli_output_finish(&output);
}

static const char *completion_name(enum cli_completion completes)
{
	switch (completes) {
	case CLI_COMPLETE_FILE:
		return "file";
	case CLI_COMPLETE_DIRECTORY:
		return "directory";
	case CLI_COMPLETE_COMMAND:
		return "command";
	case CLI_COMPLETE_TOPIC:
		return "topic";
	case CLI_COMPLETE_CHANNEL:
		return "channel";
	case CLI_COMPLETE_USER:
		return "user";
	case CLI_COMPLETE_GROUP:
		return "group";
	case CLI_COMPLETE_NOTHING:
		break;
	}
	return "nothing";
}

/* Rows of five fields, separated by tabs: name, short name, argument, completion, help; "-" where
 * there is none, since shells skip empty fields. The first row is the operand's; where it is one of
 * a few words, these are its completion. */
int cli_print_options(const struct cli_command *command)
{
	struct cli_output output;
	char row[512];

	cli_output_init(&output, 1);
	snprintf(row, sizeof row, "operand\t-\t%s\t%s%s\t-\n", command->operand,
		 command->operand_words != NULL ? "words:" : "",
		 command->operand_words != NULL ? command->operand_words
						: completion_name(command->operand_completes));
	cli_output_text(&output, row);
	for (const struct cli_option *option = command->options; option->long_name != NULL;
	     option++) {
		char short_name[] = {option->short_name == '\0' ? '\0' : '-', option->short_name,
				     '\0'};

		snprintf(row, sizeof row, "--%s\t%s\t%s\t%s\t%s\n", option->long_name,
			 short_name[0] == '\0' ? "-" : short_name,
			 option->argument == NULL ? "-" : option->argument,
			 option->argument == NULL ? "-" : completion_name(option->completes),
			 option->help);
		cli_output_text(&output, row);
	}
	return cli_output_finish(&output);
}
