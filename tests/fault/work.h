/* SPDX-License-Identifier: MIT */
/*
 * Work on a durable channel: numbered messages that a worker settles, each in the way that its
 * number says, what it got to know of each, and whether all of them are accounted for at the end.
 *
 * The books are shared with a child that may be killed, so they tell what it had done by then.
 */
#ifndef TESTS_FAULT_WORK_H
#define TESTS_FAULT_WORK_H

#include <stdbool.h>

#include "fault/fault.h"

#define WORK_NAME    "jobs"
#define WORK_CHANNEL FAULT_TOPIC "_" WORK_NAME

/* Files first, then frames, and of each kind one that is settled in each way. */
enum { WORK_MESSAGES = 10 };

/* What becomes of a message at its first handing out; at a second one it is acknowledged. */
enum work_way { WORK_ACK, WORK_NACK, WORK_REJECT, WORK_EXTEND, WORK_LEAVE, WORK_WAYS };

struct work_entry {
	/* How often it was handed out, and the highest attempt that it said. */
	unsigned handed_out;
	unsigned attempt;
	/* What was asked for, and what had been answered with a success. */
	bool ack_begun;
	bool acked;
	bool reject_begun;
	bool rejected;
	bool nacked;
	/* How often settling it was too late. */
	unsigned late;
};

struct work_book {
	struct work_entry entries[WORK_MESSAGES];
	/* Closing has begun: what it gives back is not counted. */
	bool closing;
	/* Results of single steps. */
	int result;
};

/* Memory that children share. */
struct work_book *work_book_new(void);
void work_book_free(struct work_book *book);
void work_book_clear(struct work_book *book);

/* ---- the channel ---- */

/* Creates the durable channel and publishes all messages to it, which a reader alone then has in
 * files and in segments. */
void work_publish(void);
/* Removes it, with all that is in it. */
void work_remove(void);

struct fsps_channel_options work_options(bool shared, int delivery);
/* Attaches a reader; must come out. */
fsps_channel *work_attach(fsps_bus *bus, bool shared, int delivery);

/* Gives the handle up as if its process had died: what it has on disk stays. */
void work_abandon(fsps_channel *channel);

/* ---- a worker ---- */

/* Fetches and settles until nothing comes. */
void work_do_all(struct work_book *book, fsps_channel *channel);
/* Fetches one and notes it. NULL: there is none. */
fsps_message *work_take(struct work_book *book, fsps_channel *channel);
/* Settles a message as its number says, and gives it back. */
void work_settle(struct work_book *book, fsps_channel *channel, fsps_message *message);
/* Acknowledges, and gives it back. */
void work_acknowledge(struct work_book *book, fsps_channel *channel, fsps_message *message);

/* ---- the end ---- */

/* Another reader, alone or of a group, takes all that is left, whoever had it, and acknowledges it.
 */
void work_recover(struct work_book *book, bool shared);
/* Those of the channel's dead letters are noted, and discarded. */
void work_collect_dead(unsigned *counts);

/* What may come again besides what was not settled. */
enum work_repeats {
	/* Nothing: all ended in order, or lay in files. */
	WORK_NO_REPEATS,
	/* One of those that lay in segments: whoever gave it a file of its own was killed. */
	WORK_ONE_FRAME_MORE,
	/* Each of those, once: whoever had settled them, and not saved that, was killed. */
	WORK_FRAMES_ONCE_MORE,
};

/*
 * Recovers, and checks that each message was handled or is a dead letter that was asked for; that
 * nothing comes again but what may; and that who died has had an attempt counted.
 */
void work_check(const struct work_book *book, bool shared, enum work_repeats repeats);

/* Somebody comes by; then nothing but the empty channel is left in the home. */
void work_expect_clean(void);

#endif
