/* SPDX-License-Identifier: MIT */
/* Implements opening and closing of subscribe/inbox.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/channels.h"
#include "cli/fail.h"
#include "cli/status.h"
#include "subscribe/inbox_channel.h"

void subscribe_delivery_deinit(struct subscribe_delivery *delivery)
{
	fsps_message_unref(delivery->message);
	*delivery = (struct subscribe_delivery){0};
}

struct subscribe_delivery subscribe_delivery_steal(struct subscribe_delivery *delivery)
{
	struct subscribe_delivery stolen = *delivery;

	*delivery = (struct subscribe_delivery){0};
	return stolen;
}

/* ---- why it can't be opened ---- */

/* Somebody reads from a durable channel already, in a way that leaves no place for us. */
static int say_busy(const struct subscribe_inbox *inbox, const char *pattern)
{
	const struct fsps_channel_options *options = &inbox->options.channel;
	char name[FSPS_PATTERN_MAX + FSPS_DURABLE_NAME_MAX + 2];
	char who[64] = "somebody";
	struct fsps_channel_info info = {0};

	snprintf(name, sizeof name, "%s_%s", pattern, options->durable);
	if (cli_channel_look(inbox->bus, name, &info) > 0 && info.pid > 0)
		snprintf(who, sizeof who, "process %" PRId64, info.pid);
	if (options->shared)
		return cli_fail(CLI_ERROR,
				"cannot subscribe to '%s': %s reads channel %s alone, with "
				"--durable; end it, and use --group %s in each of several readers",
				pattern, who, name, options->durable);
	return cli_fail(CLI_ERROR,
			"cannot subscribe to '%s': %s reads channel %s already%s; use --group %s "
			"in each of several readers",
			pattern, who, name, info.shared ? ", as one of a group" : "",
			options->durable);
}

static int cannot_subscribe(const struct subscribe_inbox *inbox, int code, const char *pattern)
{
	char about[FSPS_PATTERN_MAX + 32];
	int status;

	if (code == FSPS_ERR_BUSY)
		return say_busy(inbox, pattern);
	snprintf(about, sizeof about, "cannot subscribe to '%s'", pattern);
	status = cli_fail_library(code, about);
	/* Nothing of anybody's was lost: a full home is an error like another here. */
	return status == CLI_FULL ? CLI_ERROR : status;
}

/* ---- opening ---- */

/* Puts durable channels into the order in which they were made. 0 or an exit code. */
static int sort_by_age(struct subscribe_inbox *inbox)
{
	for (size_t i = 0; i < inbox->count; i++) {
		struct subscribe_inbox_channel moved = inbox->channels[i];
		struct fsps_channel_info info = {0};
		size_t place = i;
		int result = cli_channel_look(inbox->bus, fsps_channel_name(moved.channel), &info);

		if (result < 0)
			return cli_fail_library(result, NULL);
		moved.created_us = info.created_us;
		for (; place > 0 && inbox->channels[place - 1].created_us > moved.created_us;
		     place--)
			inbox->channels[place] = inbox->channels[place - 1];
		inbox->channels[place] = moved;
	}
	return 0;
}

/* Subscribes to one more pattern. 0 or an exit code. */
static int open_next(struct subscribe_inbox *inbox, const char *pattern)
{
	const struct subscribe_inbox_options *options = &inbox->options;
	fsps_channel *channel = NULL;
	int result = fsps_channel_open(inbox->bus, pattern, &options->channel, &channel);

	if (result < 0)
		return cannot_subscribe(inbox, result, pattern);
	inbox->channels[inbox->count] = (struct subscribe_inbox_channel){
		.channel = channel, .held = inbox->held + inbox->count * options->held_max};
	inbox->count++;
	if (options->channel.durable == NULL)
		return 0;
	return subscribe_capacity_settle(&options->capacity, inbox->bus,
					 fsps_channel_name(channel));
}

int subscribe_inbox_open(struct subscribe_inbox *inbox, fsps_bus *bus, const char **patterns,
			 size_t count, const struct subscribe_inbox_options *options)
{
	int status = 0;

	*inbox = (struct subscribe_inbox){
		.bus = bus,
		.options = *options,
		.channels = calloc(count, sizeof *inbox->channels),
		.held = calloc(count * options->held_max + 1, sizeof *inbox->held)};
	if (inbox->channels == NULL || inbox->held == NULL)
		return cli_fail(CLI_ERROR, "no memory");
	while (status == 0 && inbox->count < count)
		status = open_next(inbox, patterns[inbox->count]);
	if (status != 0)
		return status;
	return options->channel.durable != NULL && count > 1 ? sort_by_age(inbox) : 0;
}

void subscribe_inbox_close(struct subscribe_inbox *inbox)
{
	for (size_t i = 0; i < inbox->count; i++) {
		struct subscribe_inbox_channel *entry = &inbox->channels[i];

		for (size_t k = 0; k < entry->held_count; k++)
			subscribe_delivery_deinit(&entry->held[entry->held_first + k]);
		fsps_channel_close(entry->channel);
	}
	free(inbox->channels);
	free(inbox->held);
	*inbox = (struct subscribe_inbox){0};
}
