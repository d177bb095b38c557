/* SPDX-License-Identifier: MIT */
/* Implements cli/completion.h. */
#include "cli/completion.h"

#include <stddef.h>

#include "cli/options.h"
#include "cli/output.h"

/* In the order of the bits of enum cli_completion. */
static const char *const kind_names[] = {"file",    "directory", "command", "user",
					 "group",   "pattern",   "topic",   "channel",
					 "durable", "name",      "letter",  "verb"};

enum { KINDS = sizeof kind_names / sizeof *kind_names };

_Static_assert(CLI_COMPLETE_VERB == 1 << (KINDS - 1), "a name for each kind");

static void print_field(struct cli_output *output, const char *text, const char *end)
{
	cli_output_text(output, text != NULL ? text : "-");
	cli_output_text(output, end);
}

static void print_kinds(struct cli_output *output, unsigned completes, const char *words)
{
	const char *blank = "";

	for (unsigned kind = 0; kind < KINDS; kind++) {
		if ((completes & 1U << kind) == 0)
			continue;
		cli_output_text(output, blank);
		cli_output_text(output, kind_names[kind]);
		blank = " ";
	}
	if (words != NULL) {
		cli_output_text(output, blank);
		cli_output_text(output, "words:");
		cli_output_text(output, words);
	} else if (completes == CLI_COMPLETE_NOTHING) {
		cli_output_text(output, "nothing");
	}
	cli_output_text(output, "\t");
}

static void print_operand(struct cli_output *output, const struct cli_operand *operand)
{
	cli_output_text(output, "operand\t-\t");
	print_field(output, operand->name, "\t");
	print_kinds(output, operand->completes, operand->words);
	cli_output_text(output, "-\n");
}

static void print_option(struct cli_output *output, const struct cli_option *option)
{
	char short_name[] = {'-', option->short_name, '\0'};

	cli_output_text(output, "--");
	print_field(output, option->long_name, "\t");
	print_field(output, option->short_name == '\0' ? NULL : short_name, "\t");
	print_field(output, option->argument, "\t");
	if (option->argument == NULL)
		cli_output_text(output, "-\t");
	else
		print_kinds(output, option->completes, option->words);
	print_field(output, option->help, "\n");
}

int cli_print_options(const struct cli_command *command)
{
	const struct cli_operand first = {.name = command->operand,
					  .completes = command->operand_completes,
					  .words = command->operand_words};
	const struct cli_operand *more = command->more_operands;
	struct cli_output output;

	cli_output_init(&output, 1);
	print_operand(&output, &first);
	for (; more != NULL && more->name != NULL; more++)
		print_operand(&output, more);
	for (const struct cli_option *option = command->options; option->long_name != NULL;
	     option++)
		print_option(&output, option);
	return cli_output_finish(&output);
}
