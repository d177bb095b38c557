/* SPDX-License-Identifier: MIT */
/*
 * soak_read KEY=VALUE...: reads from a channel and notes what comes.
 *
 *   who=, seed=, log=              see soak.h; what is done with a message: see reader.c
 *   pattern= durable= shared= delivery= deadline= attempts=
 *   bytes= messages= full= block= ttl=    as in struct fsps_channel_options
 *   loop=receive|poll|spin         how it waits
 *   fork=PERMILLE                  so often a child tries to use the channel, which it may not
 *   again=PERMILLE                 so often a durable channel is closed and opened again
 *   drain=1                        reads a durable channel until nothing is left in it, with its
 *                                  dead letters, and ends
 *
 * After SIGTERM nothing is published any more: the reader of a live channel goes on until it has
 * got everything, that of a durable one leaves the rest to others.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reader.h"

#define NS_PER_MS UINT64_C(1000000)

enum {
	TURN_MS = 100,
	/* To open a channel: more than a second in all, by which time a lock file is made anew. */
	TRIES = 100,
	TRY_US = 20000,
	/* More than a second: by then a reader has found also what nobody rang for. */
	QUIET_MS = 1500,
	/* With something in the channel and nothing coming out of it. */
	STUCK_MS = 20000,
};

static const char *text_or(const struct reader *reader, const char *key, const char *fallback)
{
	const char *text = soak_text(&reader->self, key);

	return text != NULL ? text : fallback;
}

/* ---- the channel ---- */

static struct fsps_channel_options options_of(const struct reader *reader)
{
	const struct soak_self *self = &reader->self;

	return (struct fsps_channel_options){
		.size = sizeof(struct fsps_channel_options),
		.spin_us = strcmp(text_or(reader, "loop", ""), "spin") == 0 ? 200 : 0,
		.durable = soak_text(self, "durable"),
		.shared = (int)soak_number(self, "shared", 0),
		.delivery = (int)soak_number(self, "delivery", FSPS_DELIVERY_DEFAULT),
		.deadline_ms = soak_number(self, "deadline", 0),
		.attempts_max = (uint32_t)soak_number(self, "attempts", 100000),
		.limit_bytes = (uint64_t)soak_number(self, "bytes", 0),
		.limit_messages = (uint64_t)soak_number(self, "messages", 0),
		.ttl_ms = soak_number(self, "ttl", 0),
		.when_full = (int)soak_number(self, "full", 0),
		.block_ms = soak_number(self, "block", 0),
	};
}

static void note_channel(const struct reader *reader, enum soak_kind kind)
{
	soak_note(&reader->self, &(struct soak_record){.kind = kind, .channel = reader->hash});
}

/* Who was killed a moment ago may still have it; and one that is being built is swept if our lock
 * file was deleted. */
static bool may_open_later(int r, int tries)
{
	return r == FSPS_ERR_BUSY || ((r == FSPS_ERR_GONE || r == FSPS_ERR_IO) && tries < TRIES);
}

static void open_channel(struct reader *reader)
{
	struct fsps_channel_options options = options_of(reader);
	const char *pattern = text_or(reader, "pattern", "");
	int r = FSPS_ERR_BUSY;

	for (int tries = 0; may_open_later(r, tries); tries++) {
		if (soak_is_ending() && options.durable != NULL)
			exit(EXIT_SUCCESS);
		if (tries > 0)
			soak_pause(TRY_US);
		r = fsps_channel_open(reader->bus, pattern, &options, &reader->channel);
	}
	if (r < 0)
		soak_give_up(&reader->self, "opening %s: %s", pattern, fsps_last_error()->text);
	reader->settles = options.delivery == FSPS_AT_LEAST_ONCE ||
			  (options.durable != NULL && options.delivery != FSPS_AT_MOST_ONCE);
	reader->hash = soak_hash(fsps_channel_name(reader->channel));
	note_channel(reader, SOAK_OPEN);
}

static void close_channel(struct reader *reader)
{
	note_channel(reader, SOAK_CLOSING);
	reader_forget_all(reader);
	fsps_channel_close(reader->channel);
	reader->channel = NULL;
}

/* Its lock file was deleted, and somebody took it for dead. */
static void replace_channel(struct reader *reader)
{
	note_channel(reader, SOAK_GONE);
	reader_forget_all(reader);
	fsps_channel_close(reader->channel);
	reader->last_message_ns = soak_now_ns();
	open_channel(reader);
}

/* ---- looking at it ---- */

struct look {
	const char *name;
	bool found;
	uint64_t in_it;
	uint64_t dead;
	uint64_t dropped;
	uint64_t expired;
	char what[160];
};

static int see(const struct fsps_channel_info *info, void *userdata)
{
	struct look *look = userdata;

	if (strcmp(info->name, look->name) != 0)
		return 0;
	look->found = true;
	look->in_it = info->backlog + info->claimed + info->delayed;
	look->dead = info->dead_letters;
	look->dropped = info->dropped_oldest;
	look->expired = info->expired;
	snprintf(look->what, sizeof look->what,
		 "%llu wait, %llu are claimed, %llu delayed, %llu dead",
		 (unsigned long long)info->backlog, (unsigned long long)info->claimed,
		 (unsigned long long)info->delayed, (unsigned long long)info->dead_letters);
	return 1;
}

static struct look look_at(struct reader *reader)
{
	struct look look = {.name = fsps_channel_name(reader->channel)};

	if (fsps_bus_list(reader->bus, see, &look) < 0)
		soak_give_up(&reader->self, "listing: %s", fsps_last_error()->text);
	return look;
}

static int replay(const struct fsps_dead_letter *letter, void *userdata)
{
	struct reader *reader = userdata;
	int r = fsps_dead_replay(reader->bus, letter->channel_name, letter->file_name);

	if (r == FSPS_OK)
		soak_note(&reader->self, &(struct soak_record){.kind = SOAK_REPLAYED,
							       .channel = reader->hash,
							       .id = letter->id});
	else if (r != FSPS_ERR_NOT_FOUND)
		soak_give_up(&reader->self, "replaying %s: %s", letter->file_name,
			     fsps_last_error()->text);
	return 0;
}

/* ---- the end ---- */

static bool has_been_quiet(const struct reader *reader, uint64_t ms)
{
	return soak_now_ns() - reader->last_message_ns >= ms * NS_PER_MS;
}

/* Whether everything has been got that will ever come. */
static bool is_drained(struct reader *reader)
{
	struct look look;

	if (!has_been_quiet(reader, QUIET_MS))
		return false;
	reader_settle_all(reader);
	look = look_at(reader);
	/* It was taken for dead, and removed since the last turn. */
	if (!look.found) {
		replace_channel(reader);
		return false;
	}
	if (look.in_it == 0 && look.dead == 0) {
		soak_note(&reader->self, &(struct soak_record){.kind = SOAK_DROPPED,
							       .channel = reader->hash,
							       .seq = look.dropped,
							       .id = look.expired});
		return true;
	}
	if (look.dead > 0 && soak_number(&reader->self, "drain", 0) != 0 &&
	    fsps_dead_list(reader->bus, look.name, replay, reader) < 0)
		soak_give_up(&reader->self, "dead letters: %s", fsps_last_error()->text);
	if (has_been_quiet(reader, STUCK_MS))
		soak_give_up(&reader->self, "%s: %s, and nothing comes", look.name, look.what);
	return false;
}

static bool is_done(struct reader *reader)
{
	if (soak_number(&reader->self, "drain", 0) != 0)
		return is_drained(reader);
	if (!soak_is_ending())
		return false;
	return soak_text(&reader->self, "durable") != NULL || is_drained(reader);
}

/* ---- reading ---- */

/* In the child: the channel is the parent's. */
static void try_as_child(struct reader *reader)
{
	fsps_message *message = NULL;
	int r;

	if (fork() != 0)
		return;
	r = fsps_channel_fetch(reader->channel, &message);
	if (r != FSPS_ERR_FORKED)
		soak_give_up(&reader->self, "a child's fetch answers %s", fsps_error_name(r));
	fsps_channel_close(reader->channel);
	_exit(EXIT_SUCCESS);
}

static int take(struct reader *reader, fsps_message **ret_message)
{
	struct pollfd bell;

	if (strcmp(text_or(reader, "loop", ""), "poll") != 0)
		return fsps_channel_receive(reader->channel, TURN_MS, ret_message);
	bell = (struct pollfd){.fd = fsps_channel_fd(reader->channel), .events = POLLIN};
	(void)poll(&bell, 1, TURN_MS);
	return fsps_channel_fetch(reader->channel, ret_message);
}

static void take_turn(struct reader *reader)
{
	fsps_message *message = NULL;
	int r = take(reader, &message);

	if (r == 1)
		reader_handle(reader, message);
	else if (r == FSPS_ERR_GONE)
		replace_channel(reader);
	else if (r == FSPS_ERR_BUSY)
		reader_settle_all(reader);
	else if (r < 0)
		soak_give_up(&reader->self, "receiving: %s", fsps_last_error()->text);
	if (reader->held_count > 0 && soak_chance(&reader->self, 50))
		reader_settle_one(reader);
	if (soak_chance(&reader->self, soak_number(&reader->self, "fork", 0)))
		try_as_child(reader);
	if (soak_chance(&reader->self, soak_number(&reader->self, "again", 0))) {
		close_channel(reader);
		open_channel(reader);
	}
}

int main(int argc, char **argv)
{
	static struct reader reader;

	(void)argc;
	soak_start(&reader.self, argv);
	reader.bus = soak_open_bus(&reader.self);
	reader.last_message_ns = soak_now_ns();
	open_channel(&reader);
	while (!is_done(&reader))
		take_turn(&reader);
	close_channel(&reader);
	fsps_bus_close(reader.bus);
	return EXIT_SUCCESS;
}
