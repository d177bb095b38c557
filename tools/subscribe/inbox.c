/* SPDX-License-Identifier: MIT */
/* Implements subscribe/inbox.h. */
#include "subscribe/inbox.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/cleanup.h"
#include "cli/fail.h"
#include "cli/status.h"

struct subscribe_inbox_channel {
	fsps_channel *channel;
	/* Fetched and not handed out yet; or NULL. */
	fsps_message *head;
	/* While draining: how many are still to be fetched. */
	int64_t left;
};

static int cannot_subscribe(int code, const char *pattern)
{
	char about[FSPS_PATTERN_MAX + 32];
	int status;

	snprintf(about, sizeof about, "cannot subscribe to '%s'", pattern);
	status = cli_fail_library(code, about);
	/* Nothing of anybody's was lost: a full home is an error like another here. */
	return status == CLI_FULL ? CLI_ERROR : status;
}

int subscribe_inbox_open(struct subscribe_inbox *inbox, fsps_bus *bus, const char **patterns,
			 size_t count, const struct fsps_channel_options *channel_options)
{
	*inbox = (struct subscribe_inbox){.channels = calloc(count, sizeof *inbox->channels)};
	if (inbox->channels == NULL)
		return cli_fail(CLI_ERROR, "no memory");
	for (; inbox->count < count; inbox->count++) {
		fsps_channel **place = &inbox->channels[inbox->count].channel;
		int result = fsps_channel_open(bus, patterns[inbox->count], channel_options, place);

		if (result < 0)
			return cannot_subscribe(result, patterns[inbox->count]);
	}
	return 0;
}

void subscribe_inbox_close(struct subscribe_inbox *inbox)
{
	for (size_t i = 0; i < inbox->count; i++) {
		fsps_message_unref(inbox->channels[i].head);
		fsps_channel_close(inbox->channels[i].channel);
	}
	free(inbox->channels);
	*inbox = (struct subscribe_inbox){0};
}

/* Whether an earlier channel has the message too. */
static bool shown_by_earlier(const struct subscribe_inbox *inbox, size_t place,
			     const fsps_message *message)
{
	const char *topic = fsps_message_topic(message);

	for (size_t i = 0; i < place; i++) {
		if (fsps_match(fsps_channel_pattern(inbox->channels[i].channel), topic) == 1)
			return true;
	}
	return false;
}

/* Fetches the head of a channel that has none. 1, 0 if nothing waits, or a code. */
static int fetch_head(struct subscribe_inbox *inbox, size_t place)
{
	struct subscribe_inbox_channel *entry = &inbox->channels[place];
	int result = 0;

	while (!inbox->draining || entry->left > 0) {
		CLI_CLEANUP(cli_cleanup_message) fsps_message *message = NULL;

		result = fsps_channel_fetch(entry->channel, &message);
		if (result != 1)
			break;
		if (inbox->draining)
			entry->left--;
		if (shown_by_earlier(inbox, place, message))
			continue;
		entry->head = message;
		message = NULL;
		return 1;
	}
	return result < 0 ? result : 0;
}

/* Looks at every channel without a head. Returns how many heads were found, or a code. */
static int fetch_heads(struct subscribe_inbox *inbox)
{
	int found = 0;

	for (size_t i = 0; i < inbox->count; i++) {
		int result = inbox->channels[i].head == NULL ? fetch_head(inbox, i) : 0;

		if (result < 0)
			return result;
		found += result;
	}
	return found;
}

static struct subscribe_inbox_channel *lowest(const struct subscribe_inbox *inbox)
{
	struct subscribe_inbox_channel *best = NULL;

	for (size_t i = 0; i < inbox->count; i++) {
		struct subscribe_inbox_channel *entry = &inbox->channels[i];

		if (entry->head == NULL)
			continue;
		if (best == NULL || fsps_message_id(entry->head) < fsps_message_id(best->head))
			best = entry;
	}
	return best;
}

int subscribe_inbox_next(struct subscribe_inbox *inbox, fsps_message **ret_message)
{
	struct subscribe_inbox_channel *entry;
	int found = fetch_heads(inbox);

	/* A channel that was empty before the last head was found may have got what comes first. */
	while (found > 0 && inbox->count > 1)
		found = fetch_heads(inbox);
	if (found < 0)
		return found;
	entry = lowest(inbox);
	if (entry == NULL)
		return 0;
	*ret_message = entry->head;
	entry->head = NULL;
	return 1;
}

int subscribe_inbox_receive(struct subscribe_inbox *inbox, int64_t timeout_ms,
			    fsps_message **ret_message)
{
	return fsps_channel_receive(inbox->channels[0].channel, timeout_ms, ret_message);
}

int subscribe_inbox_drain(struct subscribe_inbox *inbox)
{
	for (size_t i = 0; i < inbox->count; i++) {
		int64_t backlog = fsps_channel_backlog(inbox->channels[i].channel);

		if (backlog < 0)
			return (int)backlog;
		inbox->channels[i].left = backlog;
	}
	inbox->draining = true;
	return 0;
}

int subscribe_inbox_drained(struct subscribe_inbox *inbox)
{
	for (size_t i = 0; i < inbox->count; i++) {
		int64_t backlog;

		if (inbox->channels[i].left == 0)
			continue;
		/* Files that are no message were counted but are never handed out. */
		backlog = fsps_channel_backlog(inbox->channels[i].channel);
		if (backlog != 0)
			return backlog < 0 ? (int)backlog : 0;
		inbox->channels[i].left = 0;
	}
	return 1;
}

void subscribe_inbox_poll(const struct subscribe_inbox *inbox, struct pollfd *ret_fds)
{
	for (size_t i = 0; i < inbox->count; i++) {
		const struct subscribe_inbox_channel *entry = &inbox->channels[i];
		bool wanted = !inbox->draining || entry->left > 0;

		ret_fds[i] = (struct pollfd){.fd = wanted ? fsps_channel_fd(entry->channel) : -1,
					     .events = POLLIN};
	}
}
