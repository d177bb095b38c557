/* SPDX-License-Identifier: MIT */
/* Implements dead/look.h. */
#include "dead/look.h"

#include <unistd.h>

#include "cli/channels.h"
#include "cli/fail.h"
#include "cli/signals.h"
#include "cli/status.h"
#include "dead/choice.h"
#include "dead/letter.h"

struct look {
	const struct dead_options *options;
	fsps_bus *bus;
	struct dead_choice choice;
	struct cli_output output;
	struct cli_table table;
	bool escape;
	bool no_memory;
	/* A dead letter was shown as a whole: the next one needs an empty line before it. */
	bool shown;
};

static void show_whole(struct look *look, const struct fsps_dead_letter *letter)
{
	if (look->shown)
		cli_output_byte(&look->output, '\n');
	dead_letter_print(&look->output, letter, look->escape);
	look->shown = true;
}

static int take(const struct fsps_dead_letter *letter, void *userdata)
{
	struct look *look = userdata;

	if (dead_choice_takes(&look->choice, letter)) {
		if (look->options->json)
			dead_letter_print_json(&look->output, letter);
		else if (look->options->verb == DEAD_SHOW)
			show_whole(look, letter);
		else
			look->no_memory = dead_letter_add(&look->table, letter) < 0;
	}
	return look->no_memory || look->output.error != 0 || cli_stop_signal() != 0;
}

static int look_into(const char *name, void *userdata)
{
	struct look *look = userdata;
	int64_t result = fsps_dead_list(look->bus, name, take, look);

	if (look->no_memory)
		return cli_fail(CLI_ERROR, "no memory");
	if (cli_stop_signal() != 0)
		return CLI_SIGNAL + cli_stop_signal();
	if (result >= 0)
		return CLI_DONE;
	return name == NULL ? cli_fail_library((int)result, NULL)
			    : cli_channel_fail((int)result, name);
}

static int look_into_all(struct look *look)
{
	const char *const *channel = &look->options->channel;

	return *channel == NULL ? look_into(NULL, look)
				: cli_channels_visit(look->bus, channel, 1, look_into, look);
}

static int print(struct look *look)
{
	int status = look_into_all(look);

	if (status == 0 && look->options->verb == DEAD_LIST && !look->options->json)
		cli_table_print(&look->table, &look->output);
	cli_keep_first(&status, cli_output_finish(&look->output));
	return status == 0 ? dead_choice_complain(&look->choice) : status;
}

int dead_look(const struct dead_options *options, fsps_bus *bus)
{
	struct look look;
	int status;

	/* Part by part: all of the output's buffer would be written to. */
	look.options = options;
	look.bus = bus;
	look.no_memory = false;
	look.shown = false;
	look.escape = !options->raw && isatty(STDOUT_FILENO) == 1;
	cli_output_init(&look.output, STDOUT_FILENO);
	cli_table_init(&look.table, dead_columns, DEAD_COLUMNS);
	status = dead_choice_init(&look.choice, options);
	if (status == 0)
		status = print(&look);
	dead_choice_deinit(&look.choice);
	cli_table_deinit(&look.table);
	return status;
}
