/* SPDX-License-Identifier: MIT */
/*
 * Power cuts at each system call of a program that uses a home on a disk: what it had been told was
 * done is there after the restart, nothing torn is handed out, and the home works again, whatever
 * was left in it.
 *
 * What a program was told it notes in a book that outlives it.
 */
#ifndef TESTS_EXHAUST_CUT_H
#define TESTS_EXHAUST_CUT_H

#include <stdbool.h>
#include <stddef.h>

#include "exhaust/body.h"
#include "exhaust/image.h"
#include "fault/fault.h"

enum { CUT_DURABLES = 2 };

/* What the program was told, written by it (or from what it printed) and read after the cut. */
struct cut_book {
	/* Messages 0 to begun - 1 may be there; the first `returned` of them must. */
	unsigned begun;
	unsigned returned;
	/* Whether it began to acknowledge it, in the first durable channel. */
	bool acknowledging[BODY_NUMBERS];
	/* A bit for each durable channel that was created. */
	unsigned created;
};

extern struct cut_book *cut_book;

struct cut_scenario {
	const char *name;
	/* The program; 0 if it did what it should. */
	int (*work)(void *userdata);
	/* As FSPS_LANE; NULL: as it comes. */
	const char *lane;
	/* What it is told is on the disk. */
	bool promised;
	/* The home is empty at first; else the durable channels are there. */
	bool bare;
	/* That many messages are in the channels already. */
	unsigned before;
	/* Called before the cut; NULL: nothing. ended: the program had come to its end. */
	void (*meanwhile)(bool ended);
};

/* Runs a scenario with a cut at each of its calls, and at its end. aged: the home is not made
 * anew for each. */
void cut_everywhere(const struct cut_scenario *scenario, struct image *image, enum image_cut cut,
		    bool aged);

/* ---- for programs ---- */

/* Names of the durable channels, and what they are for. */
extern const char *const cut_names[CUT_DURABLES];
extern const char *const cut_patterns[CUT_DURABLES];
extern const char *const cut_channels[CUT_DURABLES];

/* To be called first in main(). */
void cut_begin(void);
/* To be called at the end: where a test stopped that failed. */
void cut_tell_failure(void);

#endif
