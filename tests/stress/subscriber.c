/* SPDX-License-Identifier: MIT */
/*
 * A subscriber of the stress: every message that it is to get must come, once, in its publisher's
 * order, and whole; and stay whole as long as it is held.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"
#include "stress.h"

enum {
	/* How many messages one that holds them holds. */
	HELD = 48,
	/* Little room: the open segments of all publishers alone would take more. */
	LITTLE_BYTES = 256 << 10,
	SPIN_US = 300,
	/* How many messages a visit lasts. */
	VISIT_MESSAGES = 200,
	/* Of what came, so many in a hundred must have come in segments. */
	SEGMENTS_PERCENT = 90,
};

struct state {
	const struct stress *stress;
	unsigned number;
	const struct subscriber *self;
	fsps_channel *channel;
	/* What comes next: the first of a visit may be any. */
	bool any_is_next;
	bool known[PUBLISHERS][TOPICS];
	uint64_t next[PUBLISHERS][TOPICS];
	/* The last ones of a publisher, plus 1. */
	uint64_t sequence[PUBLISHERS];
	uint64_t id[PUBLISHERS];
	int goodbyes;
	uint64_t received;
	uint64_t from_segments;
	fsps_message *held[HELD];
};

/* ---- one message ---- */

static void check_content(const struct state *state, const fsps_message *message,
			  struct load_head *ret_head)
{
	size_t length;
	const unsigned char *payload = fsps_message_payload(message, &length);

	if (!load_check(payload, length, ret_head))
		give_up(state->self->pattern, "a message of %zu bytes is not whole", length);
	if (ret_head->publisher >= PUBLISHERS || ret_head->topic >= TOPICS ||
	    strcmp(fsps_message_topic(message), topics[ret_head->topic]) != 0 ||
	    !state->self->wants[ret_head->topic])
		give_up(state->self->pattern, "a message on %s is none of ours",
			fsps_message_topic(message));
}

static void check_order(struct state *state, const struct load_head *head, uint64_t id)
{
	bool *known = &state->known[head->publisher][head->topic];
	uint64_t *next = &state->next[head->publisher][head->topic];

	if ((*known || !state->any_is_next) && head->topic_sequence != *next)
		give_up(state->self->pattern, "message %llu of publisher %u on %s came for %llu",
			(unsigned long long)head->topic_sequence, (unsigned)head->publisher,
			topics[head->topic], (unsigned long long)*next);
	*known = true;
	*next = head->topic_sequence + 1;
	if (head->sequence < state->sequence[head->publisher])
		give_up(state->self->pattern, "publisher %u: %llu came after %llu",
			(unsigned)head->publisher, (unsigned long long)head->sequence,
			(unsigned long long)state->sequence[head->publisher] - 1);
	state->sequence[head->publisher] = head->sequence + 1;
	if (id <= state->id[head->publisher])
		give_up(state->self->pattern, "publisher %u: ID %llu is not above the last",
			(unsigned)head->publisher, (unsigned long long)id);
	state->id[head->publisher] = id;
}

static void answer(const struct state *state, const struct load_head *head)
{
	if (head->answer_by == state->number &&
	    write(state->stress->answers[head->publisher].write_fd, "", 1) != 1)
		give_up(state->self->pattern, "cannot answer");
}

/* Is the message's owner from now on. */
static void let_go(const struct state *state, fsps_message *message)
{
	struct load_head head;

	if (message == NULL)
		return;
	check_content(state, message, &head);
	fsps_message_unref(message);
}

static void keep_or_free(struct state *state, fsps_message *message)
{
	fsps_message **place = &state->held[state->received % HELD];

	if (state->self->style != STYLE_HOLDS) {
		fsps_message_unref(message);
		return;
	}
	let_go(state, *place);
	*place = message;
}

static void handle(struct state *state, fsps_message *message)
{
	struct load_head head;

	check_content(state, message, &head);
	check_order(state, &head, fsps_message_id(message));
	answer(state, &head);
	state->goodbyes += head.last;
	state->received++;
	keep_or_free(state, message);
}

/* ---- waiting ---- */

static int check_result(const struct state *state, int r)
{
	if (r < 0)
		give_up(state->self->pattern, "receiving: %s", fsps_last_error()->text);
	return r;
}

/* Takes what is there. */
static void drain(struct state *state, uint64_t until)
{
	fsps_message *message = NULL;

	while (state->received < until &&
	       check_result(state, fsps_channel_fetch(state->channel, &message)) == 1)
		handle(state, message);
}

/* Waits for a message, or for the end of the publishers' work. Returns whether that has come. */
static bool poll_both(const struct state *state)
{
	struct pollfd fds[2] = {
		{.fd = fsps_channel_fd(state->channel), .events = POLLIN},
		{.fd = state->stress->work.read_fd, .events = POLLIN},
	};

	if (poll(fds, 2, -1) < 0 && errno != EINTR)
		give_up(state->self->pattern, "poll: %s", strerror(errno));
	return fds[1].revents != 0;
}

static void wait_for_some(struct state *state)
{
	fsps_message *message = NULL;

	if (state->self->style == STYLE_POLLS) {
		(void)poll_both(state);
		drain(state, UINT64_MAX);
	} else if (check_result(state, fsps_channel_receive(state->channel, FSPS_FOREVER,
							    &message)) == 1) {
		handle(state, message);
	}
}

/* ---- the channel ---- */

static void open_channel(struct state *state, fsps_bus *bus)
{
	struct fsps_channel_options options = {
		.size = sizeof options,
		.spin_us = state->self->style == STYLE_SPINS ? SPIN_US : 0,
		.limit_bytes = state->self->style == STYLE_HOLDS ? LITTLE_BYTES : 0,
	};

	if (fsps_channel_open(bus, state->self->pattern, &options, &state->channel) < 0)
		give_up(state->self->pattern, "subscribing: %s", fsps_last_error()->text);
}

static void close_channel(struct state *state)
{
	struct fsps_channel_stats stats = {.size = sizeof stats};

	if (fsps_channel_get_stats(state->channel, &stats) < 0 || stats.set_aside > 0)
		give_up(state->self->pattern, "%llu files were set aside",
			(unsigned long long)stats.set_aside);
	state->from_segments += stats.from_segments;
	fsps_channel_close(state->channel);
	state->channel = NULL;
}

/* ---- whole lives ---- */

static int goodbyes_wanted(const struct subscriber *self)
{
	int count = 0;

	for (int i = 0; i < TOPICS; i++)
		count += self->wants[i] ? PUBLISHERS : 0;
	return count;
}

static void stay(struct state *state, fsps_bus *bus)
{
	open_channel(state, bus);
	if (write(state->stress->ready.write_fd, "", 1) != 1)
		give_up(state->self->pattern, "nobody waits for us");
	while (state->goodbyes < goodbyes_wanted(state->self))
		wait_for_some(state);
	close_channel(state);
	/* What was held outlives the channel. */
	for (int i = 0; i < HELD; i++)
		let_go(state, state->held[i]);
	if (state->from_segments * 100 < state->received * SEGMENTS_PERCENT)
		give_up(state->self->pattern, "only %llu of %llu messages came in segments",
			(unsigned long long)state->from_segments,
			(unsigned long long)state->received);
}

static void visit(struct state *state, fsps_bus *bus)
{
	bool done = false;

	while (!done) {
		uint64_t until = state->received + VISIT_MESSAGES;

		memset(state->known, 0, sizeof state->known);
		state->any_is_next = true;
		open_channel(state, bus);
		while (!done && state->received < until) {
			done = poll_both(state);
			drain(state, until);
		}
		close_channel(state);
	}
}

void run_subscriber(const struct stress *stress, unsigned number)
{
	struct state state = {.stress = stress, .number = number, .self = &subscribers[number]};
	fsps_bus *bus = open_bus(stress);

	if (state.self->style == STYLE_VISITS)
		visit(&state, bus);
	else
		stay(&state, bus);
	fsps_bus_close(bus);
	printf("# subscriber to %s: %llu messages, %llu from segments\n", state.self->pattern,
	       (unsigned long long)state.received, (unsigned long long)state.from_segments);
}
