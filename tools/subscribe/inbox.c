/* SPDX-License-Identifier: MIT */
/* Implements subscribe/inbox.h but for opening and closing. */
#include "subscribe/inbox.h"

#include <inttypes.h>

#include "cli/cleanup.h"
#include "cli/fail.h"
#include "subscribe/inbox_channel.h"
#include "subscribe/look.h"

enum { GAPS_TOLD = 5, HELD_BYTES_ENOUGH = 65536 };

/* Says what is missing right before a message. */
static void note_gap(struct subscribe_inbox *inbox, fsps_channel *channel,
		     const fsps_message *message)
{
	uint64_t missed = fsps_message_missed(message);

	if (missed == 0)
		return;
	inbox->missed += missed;
	inbox->gaps++;
	if (inbox->options.silent)
		return;
	if (inbox->gaps <= GAPS_TOLD)
		cli_say("'%s' was full: %" PRIu64 " older %s dropped before message %" PRIu64,
			fsps_channel_name(channel), missed,
			missed == 1 ? "message was" : "messages were", fsps_message_id(message));
	if (inbox->gaps == GAPS_TOLD)
		cli_say("further gaps are summed up at the end");
}

void subscribe_inbox_sum_up(const struct subscribe_inbox *inbox)
{
	if (inbox->gaps > GAPS_TOLD)
		cli_say("messages that were dropped because we did not keep up: %" PRIu64
			", in %" PRIu64 " gaps",
			inbox->missed, inbox->gaps);
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

/* It is shown in another channel. 0 or a code of libfsps. */
static int skip(const struct subscribe_inbox *inbox, fsps_channel *channel, fsps_message *message)
{
	int result = 0;

	if (inbox->options.channel.delivery == FSPS_AT_LEAST_ONCE)
		result = fsps_message_ack(channel, message);
	/* Too late: it comes again, and is skipped again. */
	return result == FSPS_ERR_EXPIRED ? 0 : result;
}

static bool is_wanted(const struct subscribe_inbox *inbox,
		      const struct subscribe_inbox_channel *entry)
{
	return !inbox->draining || entry->left > 0 || inbox->awaits_retries;
}

/* Fetches what a channel shows next. 1, 0 if nothing waits, or a code. */
static int fetch(struct subscribe_inbox *inbox, size_t place,
		 struct subscribe_delivery *ret_delivery)
{
	struct subscribe_inbox_channel *entry = &inbox->channels[place];

	while (is_wanted(inbox, entry)) {
		CLI_CLEANUP(cli_cleanup_message) fsps_message *message = NULL;
		bool is_late = inbox->draining && entry->left == 0;
		int result = fsps_channel_fetch(entry->channel, &message);

		if (result <= 0)
			return result;
		note_gap(inbox, entry->channel, message);
		if (entry->left > 0)
			entry->left--;
		if (!shown_by_earlier(inbox, place, message)) {
			*ret_delivery = (struct subscribe_delivery){
				.channel = entry->channel, .message = message, .is_late = is_late};
			message = NULL;
			return 1;
		}
		result = skip(inbox, entry->channel, message);
		if (result < 0)
			return result;
	}
	return 0;
}

/* Each channel in its turn. */
static int next_in_turn(struct subscribe_inbox *inbox, struct subscribe_delivery *ret_delivery)
{
	for (size_t i = 0; i < inbox->count; i++) {
		size_t place = (inbox->turn + i) % inbox->count;
		int result = fetch(inbox, place, ret_delivery);

		if (result == 0)
			continue;
		inbox->turn = place + 1;
		return result;
	}
	return 0;
}

/* Fetches what a channel has, up to what may be held. 0 or a code. */
static int fill(struct subscribe_inbox *inbox, size_t place)
{
	struct subscribe_inbox_channel *entry = &inbox->channels[place];
	size_t bytes = 0;
	int result = 1;

	entry->held_first = 0;
	while (entry->held_count < inbox->options.held_max && bytes < HELD_BYTES_ENOUGH) {
		struct subscribe_delivery *delivery = &entry->held[entry->held_count];
		size_t len;

		result = fetch(inbox, place, delivery);
		if (result <= 0)
			break;
		fsps_message_payload(delivery->message, &len);
		bytes += len;
		entry->held_count++;
		inbox->held_count++;
		inbox->news++;
	}
	if (result == 0)
		entry->empty_at = inbox->news;
	/* What was found goes first: a failure comes again. */
	return result < 0 && entry->held_count == 0 ? result : 0;
}

/* Looks at every channel of which nothing is held, unless nothing was found since it was found
 * empty: then all that is held was in its channel by that time. 0 or a code. */
static int look_at_all(struct subscribe_inbox *inbox)
{
	uint64_t news;

	if (inbox->held_count == 0)
		inbox->news++;
	do {
		news = inbox->news;
		for (size_t i = 0; i < inbox->count; i++) {
			const struct subscribe_inbox_channel *entry = &inbox->channels[i];
			bool looks = entry->held_count == 0 && entry->empty_at != inbox->news;
			int result = looks ? fill(inbox, i) : 0;

			if (result < 0)
				return result;
		}
	} while (inbox->news != news);
	return 0;
}

static const struct subscribe_delivery *head(const struct subscribe_inbox_channel *entry)
{
	return &entry->held[entry->held_first];
}

static struct subscribe_inbox_channel *lowest(const struct subscribe_inbox *inbox)
{
	struct subscribe_inbox_channel *best = NULL;

	for (size_t i = 0; i < inbox->count; i++) {
		struct subscribe_inbox_channel *entry = &inbox->channels[i];

		if (entry->held_count == 0)
			continue;
		if (best == NULL ||
		    fsps_message_id(head(entry)->message) < fsps_message_id(head(best)->message))
			best = entry;
	}
	return best;
}

static int next_in_order(struct subscribe_inbox *inbox, struct subscribe_delivery *ret_delivery)
{
	int result = look_at_all(inbox);
	struct subscribe_inbox_channel *entry;

	if (result < 0)
		return result;
	entry = lowest(inbox);
	if (entry == NULL)
		return 0;
	*ret_delivery = subscribe_delivery_steal(&entry->held[entry->held_first++]);
	entry->held_count--;
	inbox->held_count--;
	return 1;
}

int subscribe_inbox_next(struct subscribe_inbox *inbox, struct subscribe_delivery *ret_delivery)
{
	if (inbox->count == 1)
		return fetch(inbox, 0, ret_delivery);
	if (inbox->options.in_turns)
		return next_in_turn(inbox, ret_delivery);
	return next_in_order(inbox, ret_delivery);
}

int subscribe_inbox_receive(struct subscribe_inbox *inbox, int64_t timeout_ms,
			    struct subscribe_delivery *ret_delivery)
{
	fsps_channel *channel = inbox->channels[0].channel;
	int result = fsps_channel_receive(channel, timeout_ms, &ret_delivery->message);

	ret_delivery->channel = channel;
	if (result > 0)
		note_gap(inbox, channel, ret_delivery->message);
	return result;
}

/* What waits in a channel. A number or a code of libfsps. */
static int64_t count_waiting(const struct subscribe_inbox *inbox, fsps_channel *channel)
{
	int64_t backlog = fsps_channel_backlog(channel);
	int64_t again;

	if (backlog < 0 || inbox->options.channel.durable == NULL)
		return backlog;
	/* What a reader before us gave back, or had when it died, does not count as backlog. If too
	 * much is counted, the channel is found empty before it is reached. */
	again = subscribe_look_again(inbox->bus, fsps_channel_name(channel));
	return again < 0 ? again : backlog + again;
}

int subscribe_inbox_drain(struct subscribe_inbox *inbox)
{
	for (size_t i = 0; i < inbox->count; i++) {
		int64_t waiting = count_waiting(inbox, inbox->channels[i].channel);

		if (waiting < 0)
			return (int)waiting;
		inbox->channels[i].left = waiting;
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
		int fd = is_wanted(inbox, entry) ? fsps_channel_fd(entry->channel) : -1;

		ret_fds[i] = (struct pollfd){.fd = fd, .events = POLLIN};
	}
}
