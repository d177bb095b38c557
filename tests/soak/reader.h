/* SPDX-License-Identifier: MIT */
/* What a reader of the soak is: its channel, and the messages that it has not settled yet. */
#ifndef TESTS_SOAK_READER_H
#define TESTS_SOAK_READER_H

#include "soak.h"

enum { HELD_MAX = 40 };

struct reader {
	struct soak_self self;
	fsps_bus *bus;
	fsps_channel *channel;
	/* soak_hash() of its directory. */
	uint64_t hash;
	/* Whether messages have to be settled. */
	bool settles;
	uint64_t last_message_ns;
	fsps_message *held[HELD_MAX];
	int held_count;
};

/* Notes a message that came and does something about it, now or later. Owns it from now on. */
void reader_handle(struct reader *reader, fsps_message *message);
/* Settles one of those that are held, and all of them. */
void reader_settle_one(struct reader *reader);
void reader_settle_all(struct reader *reader);
/* Forgets them, unsettled. */
void reader_forget_all(struct reader *reader);

#endif
