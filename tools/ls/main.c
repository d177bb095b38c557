/* SPDX-License-Identifier: MIT */
/* pubsub-ls: lists the channels of the home, all or those that have to do with an operand. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fsps/fsps.h>

#include "cli/bus.h"
#include "cli/cleanup.h"
#include "cli/fail.h"
#include "cli/listed.h"
#include "cli/main.h"
#include "cli/output.h"
#include "cli/status.h"
#include "cli/table.h"
#include "ls/columns.h"
#include "ls/list_json.h"
#include "ls/options.h"
#include "ls/row.h"

struct listing {
	const struct ls_options *options;
	struct cli_output *output;
	struct ls_columns columns;
	struct cli_table table;
	/* Per operand: whether a channel was found for it. */
	bool *found;
	bool no_memory;
};

/* Looks at all operands, so that each learns whether something was found for it. */
static bool is_wanted(struct listing *listing, const struct fsps_channel_info *info)
{
	const struct ls_options *options = listing->options;
	bool wanted = options->operands.count == 0;

	for (size_t i = 0; i < options->operands.count; i++) {
		if (cli_listed_concerns(options->operands.values[i], info))
			wanted = listing->found[i] = true;
	}
	return wanted;
}

static int show(const struct fsps_channel_info *info, void *userdata)
{
	struct listing *listing = userdata;
	struct ls_row row;

	if (!is_wanted(listing, info))
		return 0;
	if (listing->options->json) {
		ls_print_json(listing->output, info);
		return listing->output->error != 0;
	}
	ls_row_fill(&row, info);
	listing->no_memory = ls_columns_add(&listing->columns, &listing->table, &row) < 0;
	return listing->no_memory;
}

/* A bus that nobody has used yet is an empty one, but a mistyped home looks the same. */
static void tell_missing_home(const char *home)
{
	struct stat status;

	if (stat(home, &status) < 0 && errno == ENOENT)
		cli_say("there is no '%s' yet; the first subscriber creates it", home);
}

static int tell_missing_channels(const struct listing *listing)
{
	int status = CLI_DONE;

	for (size_t i = 0; i < listing->options->operands.count; i++) {
		if (!listing->found[i])
			status = cli_fail(CLI_ERROR, "no channel for '%s'",
					  listing->options->operands.values[i]);
	}
	return status;
}

static int print(struct listing *listing, fsps_bus *bus)
{
	int shown = fsps_bus_list(bus, show, listing);
	int status;

	if (shown < 0)
		return cli_fail_library(shown, NULL);
	if (listing->no_memory)
		return cli_fail(CLI_ERROR, "no memory");
	if (!listing->options->json)
		cli_table_print(&listing->table, listing->output);
	status = cli_output_finish(listing->output);
	if (shown == 0)
		tell_missing_home(fsps_bus_home(bus));
	return status == CLI_DONE ? tell_missing_channels(listing) : status;
}

static int list(const void *settings)
{
	const struct ls_options *options = settings;
	CLI_CLEANUP(cli_bus_close) struct cli_bus bus = {0};
	CLI_CLEANUP(cli_cleanup_free) bool *found = calloc(options->operands.count + 1, 1);
	struct cli_output output;
	struct listing listing = {.options = options, .output = &output, .found = found};
	int status = cli_bus_open(&bus, &options->common);

	if (status != 0)
		return status;
	if (found == NULL)
		return cli_fail(CLI_ERROR, "no memory");
	cli_output_init(&output, STDOUT_FILENO);
	ls_columns_choose(&listing.columns, options->complete);
	cli_table_init(&listing.table, listing.columns.heads, listing.columns.count);
	status = print(&listing, bus.bus);
	cli_table_deinit(&listing.table);
	return status;
}

int main(int argc, char **argv)
{
	CLI_CLEANUP(ls_options_deinit) struct ls_options options = {0};

	return cli_main(&ls_command, argc, argv, &options, list);
}
