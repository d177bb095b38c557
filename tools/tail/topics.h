/* SPDX-License-Identifier: MIT */
/*
 * The topics that messages came on, and how many: counted by whoever follows a bus.
 *
 * A hash table in bounded memory: after TAIL_TOPICS_MAX topics all further ones are counted as one,
 * named "(others)", which no topic can be. Its seed is random, so that nobody can choose topics
 * that it is slow with.
 */
#ifndef TAIL_TOPICS_H
#define TAIL_TOPICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fsps/message.h>

#include "tail/processes.h"

enum { TAIL_TOPICS_MAX = 16384 };

struct tail_count {
	uint64_t messages;
	uint64_t bytes;
};

/* How many messages came within the last interval: those of the one that runs, and of the one
 * before it the part that is not over yet. */
struct tail_window {
	int64_t start_ns;
	uint64_t before;
	uint64_t now;
	/* When the last one came. */
	int64_t seen_ns;
};

struct tail_topic {
	struct tail_count all;
	/* What it was when the last interval ended, for rates over the one that runs. */
	struct tail_count mark;
	struct tail_window window;
	/* Of the last message: as fsps_message_sender_uid(). */
	uint32_t uid;
	/* The process that sent the last one that came in a stream: a member ID, or "". */
	char member[TAIL_MEMBER_BYTES];
	/* Others sent before, too. */
	bool several;
	uint32_t hash;
	char name[];
};

/* A place for one, or none. */
struct tail_slot {
	struct tail_topic *topic;
};

struct tail_topics {
	struct tail_slot *slots;
	/* A power of two, or 0. */
	size_t slots_count;
	struct tail_topic *others;
	/* With others. */
	size_t count;
	uint32_t seed;
	struct tail_count all;
	struct tail_count mark;
};

/* Empty. */
void tail_topics_init(struct tail_topics *topics);
void tail_topics_deinit(struct tail_topics *topics);

/* Counts a message that came now. Its topic, or NULL (no memory). */
struct tail_topic *tail_topics_note(struct tail_topics *topics, const fsps_message *message,
				    int64_t now_ns, int64_t interval_ns);

/* Messages on the topic in a second, by its window. */
double tail_topic_rate(const struct tail_topic *topic, int64_t interval_ns);

/* All topics, those with most messages since the mark first. An array of topics->count, to be
 * freed, or NULL: no memory, or there are none. */
struct tail_slot *tail_topics_sorted(const struct tail_topics *topics);

/* One topic after another, in no order, from *place 0 on; NULL after the last one. */
struct tail_topic *tail_topics_next(const struct tail_topics *topics, size_t *place);

/* An interval ended. */
void tail_topics_mark(struct tail_topics *topics);

/* As if none ever had: rates are over all. */
void tail_topics_unmark(struct tail_topics *topics);

#endif
