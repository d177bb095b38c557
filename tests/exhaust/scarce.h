/* SPDX-License-Identifier: MIT */
/*
 * A process that does all there is to do on a bus while something is scarce: it publishes by all
 * ways, subscribes, creates, attaches, settles, looks on and clears up. Whatever fails, fails with
 * a code that is documented; nothing that it was told was done is lost, nothing is torn, it leaves
 * no descriptor behind and is killed by no signal; and afterwards the home is as good as new.
 *
 * Two durable channels hold messages before it begins. What it was told it notes in a book that it
 * shares with the test.
 */
#ifndef TESTS_EXHAUST_SCARCE_H
#define TESTS_EXHAUST_SCARCE_H

#include <stdbool.h>

#include "exhaust/body.h"

enum { SCARCE_CHANNELS = 2 };

/* What the process works in, and what it was told. */
struct scarce_book {
	/* A bit for each durable channel that has the message: before it began, and as receipts
	 * say.
	 */
	unsigned begun;
	unsigned reached[BODY_NUMBERS];
	/* In the first channel: acknowledging was begun, or done, or it was rejected. */
	bool ack_begun[BODY_NUMBERS];
	bool acked[BODY_NUMBERS];
	bool rejected[BODY_NUMBERS];
	/* How many calls did what they should, and how many said that they can't. */
	unsigned done;
	unsigned refused;
	/* The first answer that should not have come; "": none. */
	char wrong[300];
};

struct scarcity {
	/* Called in the process after its first reader is attached, and before all else: from here
	 * on it is scarce. Returns false if that can't be had. */
	bool (*begin)(unsigned level);
	/* Called in the process before it counts its descriptors; NULL: nothing. */
	void (*end)(void);
	/* Called in the test when the process is gone; NULL: nothing. */
	void (*release)(void);
	/* Whether the first reader is to take and settle whatever is scarce: not where processes
	 * have too little. */
	bool consumers_go_on;
};

/* What came out of all levels. */
struct scarce_figures {
	unsigned levels;
	unsigned done;
	unsigned refused;
	unsigned reached;
};

/* Runs the process at a level, in the test's home, which is made if it is missing, and checks what
 * is left. Returns whether it could do everything. */
bool scarce_run(const struct scarcity *scarcity, unsigned level, struct scarce_figures *figures);
/* From level 0 on, one at a time, until everything could be done three times in a row. */
void scarce_run_all(const struct scarcity *scarcity, const char *name, unsigned level_max);

#endif
