/* SPDX-License-Identifier: MIT */
/* Implements subscribe/owed.h. */
#include "subscribe/owed.h"

#include <search.h>
#include <stdlib.h>

struct owed_message {
	const fsps_channel *channel;
	uint64_t id;
	bool waited_for;
	/* While the channels are asked: it was met. */
	bool seen;
	/* Its neighbours in the list of all. */
	struct owed_message *before;
	struct owed_message *after;
};

static int compare(const void *left, const void *right)
{
	const struct owed_message *a = left;
	const struct owed_message *b = right;

	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	if (a->channel != b->channel)
		return (uintptr_t)a->channel < (uintptr_t)b->channel ? -1 : 1;
	return 0;
}

static struct owed_message *find(const struct subscribe_owed *owed, const fsps_channel *channel,
				 uint64_t id)
{
	const struct owed_message key = {.channel = channel, .id = id};
	struct owed_message **node = tfind(&key, &owed->tree, compare);

	return node == NULL ? NULL : *node;
}

void subscribe_owed_deinit(struct subscribe_owed *owed)
{
	tdestroy(owed->tree, free);
	*owed = (struct subscribe_owed){0};
}

int subscribe_owed_add(struct subscribe_owed *owed, const fsps_channel *channel, uint64_t id,
		       bool waited_for)
{
	struct owed_message *entry;

	if (find(owed, channel, id) != NULL)
		return 0;
	entry = malloc(sizeof *entry);
	if (entry == NULL)
		return -1;
	*entry = (struct owed_message){.channel = channel, .id = id, .waited_for = waited_for};
	if (tsearch(entry, &owed->tree, compare) == NULL) {
		free(entry);
		return -1;
	}
	entry->after = owed->first;
	if (owed->first != NULL)
		owed->first->before = entry;
	owed->first = entry;
	owed->count++;
	owed->waited_for += waited_for;
	return 0;
}

static void forget(struct subscribe_owed *owed, struct owed_message *entry)
{
	owed->count--;
	owed->waited_for -= entry->waited_for;
	if (entry->before != NULL)
		entry->before->after = entry->after;
	else
		owed->first = entry->after;
	if (entry->after != NULL)
		entry->after->before = entry->before;
	tdelete(entry, &owed->tree, compare);
	free(entry);
}

void subscribe_owed_remove(struct subscribe_owed *owed, const fsps_channel *channel, uint64_t id)
{
	struct owed_message *entry = find(owed, channel, id);

	if (entry != NULL)
		forget(owed, entry);
}

/* ---- asking the channels ---- */

struct question {
	const struct subscribe_owed *owed;
	const fsps_channel *channel;
};

static int see(const struct fsps_waiting *waiting, void *userdata)
{
	const struct question *question = userdata;
	struct owed_message *entry;

	if (waiting->message == NULL)
		return 0;
	entry = find(question->owed, question->channel, fsps_message_id(waiting->message));
	if (entry != NULL)
		entry->seen = true;
	return 0;
}

/* The first that was not seen. channel: only of this one; NULL: of any. */
static struct owed_message *find_unseen(const struct subscribe_owed *owed,
					const fsps_channel *channel)
{
	struct owed_message *entry = owed->first;

	while (entry != NULL && (entry->seen || (channel != NULL && channel != entry->channel)))
		entry = entry->after;
	return entry;
}

int subscribe_owed_refresh(struct subscribe_owed *owed, fsps_bus *bus)
{
	struct owed_message *entry;

	for (entry = owed->first; entry != NULL; entry = entry->after)
		entry->seen = false;
	while ((entry = find_unseen(owed, NULL)) != NULL) {
		struct question question = {.owed = owed, .channel = entry->channel};
		int64_t result =
			fsps_channel_peek(bus, fsps_channel_name(question.channel), see, &question);

		if (result < 0 && result != FSPS_ERR_NOT_FOUND)
			return (int)result;
		while ((entry = find_unseen(owed, question.channel)) != NULL)
			forget(owed, entry);
	}
	return 0;
}
