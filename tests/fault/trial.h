/* SPDX-License-Identifier: MIT */
/*
 * Commands and calls of the library, each tried in a home that is prepared for it, with something
 * that goes wrong somewhere; and what has to hold in that home afterwards, whatever went wrong:
 * every channel can be opened and drained, nothing that was published or queued is lost, nothing
 * comes twice but what may, and once somebody has come by nothing is left over.
 *
 * A scenario is a row of a table: what is run, and what that does to the messages. A trial is one
 * run of it. Its record is in memory that the processes share.
 */
#ifndef TESTS_FAULT_TRIAL_H
#define TESTS_FAULT_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fault/fault.h"
#include "fault/trace.h"

/* The channels of each home, which both match FAULT_TOPIC. What is done to one is done to the
 * first. */
#define TRIAL_KEEP FAULT_TOPIC "_keep"
#define TRIAL_ALSO FAULT_TOPIC "_also"
/* One that some scenarios make. */
#define TRIAL_MADE FAULT_TOPIC "_made"

enum {
	TRIAL_CHANNELS = 2,
	/* Messages that wait in both channels: files first, then frames. */
	TRIAL_QUEUED = 5,
	/* What a scenario publishes has numbers from there on. */
	TRIAL_ADDED_MAX = 5,
	/* Those of somebody who publishes meanwhile, and of somebody who does it at the end. */
	TRIAL_VISITOR = TRIAL_QUEUED + TRIAL_ADDED_MAX,
	TRIAL_LAST,
	TRIAL_MESSAGES,
	/* Payloads are numbers, or a number and so many more bytes. */
	TRIAL_BIG_BYTES = 100000,
	TRIAL_WORDS_MAX = 16,
};

/* What a scenario may do to messages and channels. */
enum trial_effect {
	/* Takes messages out of the first channel and prints or acknowledges them; */
	TRIAL_TAKES = 1 << 0,
	/* may lose those that it was about to hand out; */
	TRIAL_ONCE = 1 << 1,
	/* removes what waits in the first channel; */
	TRIAL_PURGES = 1 << 2,
	/* removes that channel; */
	TRIAL_REMOVES = 1 << 3,
	/* makes another durable channel; */
	TRIAL_MAKES = 1 << 4,
	/* finds the first two messages of the first channel as dead letters; */
	TRIAL_LETTERS = 1 << 5,
	/* and may discard them; */
	TRIAL_DISCARDS = 1 << 6,
	/* finds what a dead subscriber and a dead publisher left, and a sweep that is due; */
	TRIAL_REMAINS = 1 << 7,
	/* has its lines acknowledged, each by a line on standard input; */
	TRIAL_BY_HAND = 1 << 8,
	/* has a live channel of its own, to which it publishes, too; */
	TRIAL_LIVE = 1 << 9,
	/* finds the first channel full, which drops its oldest message for each new one; */
	TRIAL_DROPS = 1 << 10,
	/* has the C library look up names of users, which crashes without memory in some versions
	 * of it (glibc 2.36). */
	TRIAL_NAMES = 1 << 11,
};

struct trial;

struct trial_scenario {
	const char *name;
	/* A command line. "@big" is the path of a file with message TRIAL_QUEUED, a large one. */
	const char *words[TRIAL_WORDS_MAX];
	const char *input;
	/* Or calls of the library, on handles of their own, watched from trial_watch() on. */
	void (*run)(struct trial *trial);
	unsigned effects;
	/* How many messages it adds, and how many it takes, if it succeeds. */
	unsigned adds;
	unsigned takes;
	/* What a function answers besides what an errno becomes; ended with 0. */
	const int *codes;
};

/* What happened to the process. */
struct trial_outcome {
	bool killed;
	bool hung;
	/* Of a command: its exit status. */
	int status;
};

struct trial {
	const struct trial_scenario *scenario;
	/* Allocations count from trial_watch() on, and not system calls. */
	bool counts_memory;
	/* What the child noted: how often each message was taken and done with; which publishes
	 * reached both channels; its worst answer, and the last error's errno; whether it has come
	 * to its end, and left descriptors open. */
	unsigned done[TRIAL_MESSAGES];
	/* It was about to be done with it: whoever is killed then may not have noted that it was.
	 */
	bool begun[TRIAL_MESSAGES];
	bool acknowledged[TRIAL_MESSAGES];
	int answer;
	bool completed;
	bool leaked;
	/* What others did meanwhile. */
	bool purged;
	bool removed;
	int visitor_reached;
	/* A lie was told, such as that a file were missing: what is believed may be lost. */
	bool lied;
	/* A call or an allocation failed. */
	bool faulted;
	struct trial_outcome outcome;
	/* What was found: in each channel, and as dead letters of the first. */
	unsigned left[TRIAL_CHANNELS][TRIAL_MESSAGES];
	unsigned letters[TRIAL_MESSAGES];
	unsigned repeated;
	/* How many came a third time. */
	unsigned thrice;
};

/* The tables, each ended with a scenario without a name. */
extern const struct trial_scenario trial_commands[];
extern const struct trial_scenario trial_calls[];
/* Cases of a suite, "commands" and "calls", with a test for each scenario of the table, whose
 * number is that of the loop. */
void trial_add(Suite *suite, const TTest *of_commands, const TTest *of_calls);

/* ---- one trial ---- */

struct trial *trial_new(const struct trial_scenario *scenario);
void trial_free(struct trial *trial);

/* A home anew. */
void trial_prepare(struct trial *trial);
/* The first channel drops its oldest message for one that is beyond so many; 0: it does not. */
void trial_limit(fsps_bus *bus, uint64_t messages);
/* Runs the scenario as planned, in a process of its own. */
void trial_run(struct trial *trial, struct trace_plan *plan);
/* Runs it, untraced, with allocation `at` failing, or all from that on. Returns whether there was
 * such an allocation. */
bool trial_run_without_memory(struct trial *trial, unsigned at, bool all);
/* Looks at the home; fails if anything is not as it must be. where: for the failure's text. */
void trial_check(struct trial *trial, const char *where);

/* ---- for scenarios that are functions ---- */

void trial_watch(struct trial *trial);
void trial_unwatch(struct trial *trial);
/* Notes an answer, if it is a failure, and that of a publish of a message. Returns it. */
int64_t trial_note(struct trial *trial, int64_t answer);
int trial_note_publish(struct trial *trial, unsigned number, int answer);
/* Takes over a message: which it is. */
unsigned trial_number_of(const fsps_message *message);
/* The payload of a message of that number. */
const char *trial_payload(unsigned number);

/* ---- figures ---- */

/* Whether FSPS_EXHAUSTIVE is set. Then every point is tried; else one of `one_of`, and fewer of
 * them where each message is in a segment or the home on a disk. Returns how far they are apart. */
bool trial_is_exhaustive(void);
unsigned trial_stride(unsigned one_of);
/* As check_main(), with a line of figures at the end; or nothing but a reason to skip it. */
int trial_main(Suite *(*make_suite)(void));

#endif
