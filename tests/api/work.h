/* SPDX-License-Identifier: MIT */
/*
 * What tests of durable channels and of settling share: readers of the channel "a_w" (pattern "a",
 * name "w"), numbered messages, and what is left in the channel and set aside.
 */
#ifndef TESTS_API_WORK_H
#define TESTS_API_WORK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/fixture.h"

#define WORK_CHANNEL "a_w"

/* ---- readers ---- */

/* The options of a reader of the channel; what differs from the defaults is set by the caller. */
static inline struct fsps_channel_options work_options(void)
{
	return (struct fsps_channel_options){.size = sizeof(struct fsps_channel_options),
					     .durable = "w"};
}

/* Answers what fsps_channel_open() answers. */
static inline int work_try(fsps_bus *bus, const struct fsps_channel_options *options,
			   fsps_channel **ret_channel)
{
	*ret_channel = NULL;
	return fsps_channel_open(bus, "a", options, ret_channel);
}

static inline fsps_channel *work_open_with(fsps_bus *bus,
					   const struct fsps_channel_options *options)
{
	fsps_channel *channel;
	int r = work_try(bus, options, &channel);

	ck_assert_msg(r == FSPS_OK, "opening: %s", fsps_last_error()->text);
	return channel;
}

/* The only reader, at least once, with the defaults. */
static inline fsps_channel *work_open(fsps_bus *bus)
{
	struct fsps_channel_options options = work_options();

	return work_open_with(bus, &options);
}

/* One of a group. */
static inline fsps_channel *work_join(fsps_bus *bus)
{
	struct fsps_channel_options options = work_options();

	options.shared = 1;
	return work_open_with(bus, &options);
}

/* ---- numbered messages ---- */

/* Publishes first to first + count - 1; each must reach one channel. */
static inline void work_publish(fsps_publisher *publisher, unsigned first, unsigned count)
{
	char text[16];

	for (unsigned i = first; i < first + count; i++) {
		int r;

		snprintf(text, sizeof text, "%u", i);
		r = fixture_publish(publisher, "a", text);
		ck_assert_msg(r == 1, "publishing %u: %d %s", i, r, fsps_last_error()->text);
	}
}

static inline unsigned work_number(const fsps_message *message)
{
	return (unsigned)strtoul(fsps_message_payload(message, NULL), NULL, 10);
}

/* The next message, which must be that one and that attempt. */
static inline fsps_message *work_take(fsps_channel *channel, unsigned number, unsigned attempt)
{
	fsps_message *message = fixture_receive(channel);

	ck_assert_uint_eq(work_number(message), number);
	ck_assert_uint_eq(fsps_message_attempt(message), attempt);
	return message;
}

/* Takes the next ones: first to first + count - 1, all at that attempt. */
static inline void work_take_all(fsps_channel *channel, unsigned first, unsigned count,
				 unsigned attempt, fsps_message **ret_messages)
{
	for (unsigned i = 0; i < count; i++)
		ret_messages[i] = work_take(channel, first + i, attempt);
}

static inline void work_ack(fsps_channel *channel, fsps_message *message)
{
	int r = fsps_message_ack(channel, message);

	ck_assert_msg(r == FSPS_OK, "acknowledging: %s", fsps_last_error()->text);
	fsps_message_unref(message);
}

/* Takes and acknowledges the next ones. */
static inline void work_do(fsps_channel *channel, unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++) {
		fsps_message *message = fixture_receive(channel);

		ck_assert_uint_eq(work_number(message), i);
		work_ack(channel, message);
	}
}

static inline void work_unref_all(fsps_message **messages, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		fsps_message_unref(messages[i]);
}

/* ---- what is there ---- */

/* How many names in the channel begin with prefix. */
static inline size_t work_count(const char *prefix)
{
	return fixture_count(fixture_path("%s", WORK_CHANNEL), prefix);
}

static inline int work_count_shown(const struct fsps_waiting *waiting, void *userdata)
{
	(void)waiting;
	(void)userdata;
	return 0;
}

/* Nothing waits, is claimed, or comes again. The channel's reader has closed it. */
static inline void work_expect_empty(fsps_bus *bus)
{
	ck_assert_int_eq(fsps_channel_peek(bus, WORK_CHANNEL, work_count_shown, NULL), 0);
}

/* The channel's only dead letter. */
struct work_letter {
	int count;
	uint64_t id;
	unsigned number;
	unsigned attempts;
	char reason[32];
	char file[128];
	char error[FSPS_ERROR_TEXT_MAX + 2];
};

static inline int work_note_letter(const struct fsps_dead_letter *letter, void *userdata)
{
	struct work_letter *seen = userdata;

	seen->count++;
	seen->id = letter->id;
	seen->attempts = letter->attempts;
	ck_assert_ptr_nonnull(letter->message);
	seen->number = work_number(letter->message);
	snprintf(seen->reason, sizeof seen->reason, "%s", letter->reason);
	snprintf(seen->file, sizeof seen->file, "%s", letter->file_name);
	snprintf(seen->error, sizeof seen->error, "%s", letter->error);
	return 0;
}

static inline struct work_letter work_letters(fsps_bus *bus)
{
	struct work_letter seen = {.count = 0};

	ck_assert_int_ge(fsps_dead_list(bus, WORK_CHANNEL, work_note_letter, &seen), 0);
	return seen;
}

static inline struct work_letter work_expect_letter(fsps_bus *bus, unsigned number,
						    const char *reason, unsigned attempts)
{
	struct work_letter seen = work_letters(bus);

	ck_assert_int_eq(seen.count, 1);
	ck_assert_uint_eq(seen.number, number);
	ck_assert_str_eq(seen.reason, reason);
	ck_assert_uint_eq(seen.attempts, attempts);
	return seen;
}

#endif
