/* SPDX-License-Identifier: MIT */
/* Implements cli/channels.h. */
#include "cli/channels.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fsps/error.h>

#include "cli/fail.h"
#include "cli/status.h"

struct search {
	struct cli_channels *channels;
	const char *durable;
	bool found;
	bool no_memory;
};

static bool has(const struct cli_channels *channels, const char *name)
{
	for (size_t i = 0; i < channels->count; i++) {
		if (strcmp(channels->names[i], name) == 0)
			return true;
	}
	return false;
}

/* 0 or -1 (no memory). */
static int add_name(struct cli_channels *channels, const char *name)
{
	char **grown;

	if (has(channels, name))
		return 0;
	grown = realloc(channels->names, (channels->count + 1) * sizeof *grown);
	if (grown == NULL)
		return -1;
	channels->names = grown;
	grown[channels->count] = strdup(name);
	if (grown[channels->count] == NULL)
		return -1;
	channels->count++;
	return 0;
}

static int take_durable(const struct fsps_channel_info *info, void *userdata)
{
	struct search *search = userdata;

	/* An inbox has the name, too, but what is in it is on its way to the durable channel. */
	if (info->kind != FSPS_KIND_DURABLE || strcmp(info->durable, search->durable) != 0)
		return 0;
	search->found = true;
	search->no_memory = add_name(search->channels, info->name) < 0;
	return search->no_memory;
}

static int add_durable(struct cli_channels *channels, fsps_bus *bus, const char *durable)
{
	struct search search = {.channels = channels, .durable = durable};
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

int cli_channels_add(struct cli_channels *channels, fsps_bus *bus, const char *operand)
{
	if (strchr(operand, '_') == NULL)
		return add_durable(channels, bus, operand);
	return add_name(channels, operand) < 0 ? cli_fail(CLI_ERROR, "no memory") : 0;
}

void cli_channels_deinit(struct cli_channels *channels)
{
	while (channels->count > 0)
		free(channels->names[--channels->count]);
	free(channels->names);
}

int cli_channel_fail(int code, const char *name)
{
	if (code == FSPS_ERR_NOT_FOUND)
		return cli_fail(CLI_ERROR,
				"there is no channel '%s'; pubsub-ls shows what there is", name);
	return cli_fail_library(code, name);
}

struct readers_search {
	const char *name;
	struct cli_readers readers;
};

static int take_readers(const struct fsps_channel_info *info, void *userdata)
{
	struct readers_search *search = userdata;

	if (strcmp(info->name, search->name) != 0)
		return 0;
	search->readers = (struct cli_readers){.count = info->readers, .pid = info->pid};
	return 1;
}

struct cli_readers cli_channel_readers(fsps_bus *bus, const char *name)
{
	struct readers_search search = {.name = name};

	fsps_bus_list(bus, take_readers, &search);
	return search.readers;
}

void cli_readers_text(const struct cli_readers *readers, char *ret_text)
{
	if (readers->count == 0 || readers->pid == 0)
		snprintf(ret_text, CLI_READERS_TEXT_BYTES, "somebody");
	else if (readers->count == 1)
		snprintf(ret_text, CLI_READERS_TEXT_BYTES, "process %" PRId64, readers->pid);
	else
		snprintf(ret_text, CLI_READERS_TEXT_BYTES,
			 "process %" PRId64 " and %" PRIu32 " more", readers->pid,
			 readers->count - 1);
}
