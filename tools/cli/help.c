/* SPDX-License-Identifier: MIT */
/* Implements cli_print_help() of cli/options.h. */
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
