/* SPDX-License-Identifier: MIT */
/* Implements cli/channels.h. */
#include "cli/channels.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fsps/error.h>

#include "cli/bus.h"
#include "cli/cleanup.h"
#include "cli/fail.h"
#include "cli/signals.h"
#include "cli/status.h"

/* ---- what an operand stands for ---- */

/* Directory names, each once, in the order in which they were found. Owned. */
struct names {
	char **values;
	size_t count;
};

struct search {
	struct names *names;
	const char *durable;
	bool found;
	bool no_memory;
};

static void names_deinit(struct names *names)
{
	while (names->count > 0)
		free(names->values[--names->count]);
	free(names->values);
}

static bool has(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->values[i], name) == 0)
			return true;
	}
	return false;
}

/* 0 or -1 (no memory). */
static int add_name(struct names *names, const char *name)
{
	char **grown;

	if (has(names, name))
		return 0;
	grown = realloc(names->values, (names->count + 1) * sizeof *grown);
	if (grown == NULL)
		return -1;
	names->values = grown;
	grown[names->count] = strdup(name);
	if (grown[names->count] == NULL)
		return -1;
	names->count++;
	return 0;
}

static int take_durable(const struct fsps_channel_info *info, void *userdata)
{
	struct search *search = userdata;

	/* An inbox has the name, too, but what is in it is on its way to the durable channel. */
	if (info->kind != FSPS_KIND_DURABLE || strcmp(info->durable, search->durable) != 0)
		return 0;
	search->found = true;
	search->no_memory = add_name(search->names, info->name) < 0;
	return search->no_memory;
}

static int add_durable(struct names *names, fsps_bus *bus, const char *durable)
{
	struct search search = {.names = names, .durable = durable};
	int result = fsps_bus_list(bus, take_durable, &search);

	if (result < 0)
		return cli_fail_library(result, NULL);
	if (search.no_memory)
		return cli_fail(CLI_ERROR, "no memory");
	if (!search.found)
		return cli_fail(CLI_ERROR,
				"there is no durable channel '%s'; pubsub-ls shows what there is",
				durable);
	return 0;
}

/* Adds what an operand stands for. 0, or an exit code after saying what is wrong, as that there is
 * nothing. */
static int add_operand(struct names *names, fsps_bus *bus, const char *operand)
{
	if (strchr(operand, '_') == NULL)
		return add_durable(names, bus, operand);
	return add_name(names, operand) < 0 ? cli_fail(CLI_ERROR, "no memory") : 0;
}

/* ---- visiting ---- */

static int visit_operand(fsps_bus *bus, const char *operand, cli_channel_visit visit,
			 void *userdata)
{
	CLI_CLEANUP(names_deinit) struct names names = {0};
	int status = add_operand(&names, bus, operand);

	for (size_t i = 0; i < names.count && cli_stop_signal() == 0; i++)
		cli_keep_first(&status, visit(names.values[i], userdata));
	return status;
}

int cli_channels_visit(fsps_bus *bus, const char *const *operands, size_t count,
		       cli_channel_visit visit, void *userdata)
{
	int status = CLI_DONE;

	for (size_t i = 0; i < count && cli_stop_signal() == 0; i++)
		cli_keep_first(&status, visit_operand(bus, operands[i], visit, userdata));
	return cli_stop_signal() != 0 ? CLI_SIGNAL + cli_stop_signal() : status;
}

int cli_channels_run(const struct cli_common *common, const struct cli_operands *channels,
		     const void *settings, cli_channel_visit visit)
{
	CLI_CLEANUP(cli_bus_close) struct cli_bus bus = {0};
	struct cli_channels_run run;
	int status = cli_bus_open(&bus, common);

	if (status != 0)
		return status;
	/* Part by part: all of the output's buffer would be written to. */
	run.settings = settings;
	run.bus = bus.bus;
	cli_output_init(&run.output, STDOUT_FILENO);
	status = cli_channels_visit(bus.bus, channels->values, channels->count, visit, &run);
	cli_keep_first(&status, cli_output_finish(&run.output));
	return status;
}

int cli_channels_need(size_t count)
{
	return count > 0 ? 0 : cli_usage("no CHANNEL; pubsub-ls shows what there is");
}

/* ---- one channel ---- */

int cli_channel_fail(int code, const char *name)
{
	if (code == FSPS_ERR_NOT_FOUND)
		return cli_fail(CLI_ERROR,
				"there is no channel '%s'; pubsub-ls shows what there is", name);
	return cli_fail_library(code, name);
}

struct look {
	const char *name;
	struct fsps_channel_info info;
	bool found;
};

static int take_info(const struct fsps_channel_info *info, void *userdata)
{
	struct look *look = userdata;

	if (strcmp(info->name, look->name) != 0)
		return 0;
	look->found = true;
	look->info = *info;
	/* They do not outlive this call. */
	look->info.name = look->info.pattern = look->info.identity = look->info.durable = NULL;
	return 1;
}

int cli_channel_look(fsps_bus *bus, const char *name, struct fsps_channel_info *ret_info)
{
	struct look look = {.name = name};
	int result = fsps_bus_list(bus, take_info, &look);

	if (result < 0)
		return result;
	*ret_info = look.info;
	return look.found;
}

void cli_channel_readers(fsps_bus *bus, const char *name, char *ret_text)
{
	struct fsps_channel_info info = {0};

	if (cli_channel_look(bus, name, &info) <= 0 || info.readers == 0 || info.pid == 0)
		snprintf(ret_text, CLI_READERS_TEXT_BYTES, "somebody");
	else if (info.readers == 1)
		snprintf(ret_text, CLI_READERS_TEXT_BYTES, "process %" PRId64, info.pid);
	else
		snprintf(ret_text, CLI_READERS_TEXT_BYTES,
			 "process %" PRId64 " and %" PRIu32 " more", info.pid, info.readers - 1);
}
