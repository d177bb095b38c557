/* SPDX-License-Identifier: MIT */
/*
 * A story of work that is killed: a child does it and gets SIGKILL right before its k-th kernel
 * call, for k = 0, 1, 2, ... until it comes through. What it had finished by then stands in memory
 * that it shares with the parent, which owns the other channels and looks at what arrived and at
 * what is left on disk.
 */
#ifndef TESTS_FAULT_STORY_H
#define TESTS_FAULT_STORY_H

#include <stdbool.h>
#include <sys/types.h>

#include "fault/fault.h"
#include "store/names.h"

enum {
	STORY_FETCHED_MAX = 8,
	/* More than go as files before a publisher begins with segments. */
	STORY_MESSAGES = 5,
};

/* Shared with the child. */
struct story {
	struct fault_plan plan;
	bool completed;
	/* What its publishes returned. */
	int answers[STORY_MESSAGES];
	unsigned answered;
	/* The channel that it owns, what it fetched, and how many calls there were before. */
	char channel[FSI_NAME_BYTES];
	unsigned fetched[STORY_FETCHED_MAX];
	unsigned fetched_count;
	unsigned calls_at_fetch;
	/* Bytes that say "ready" to the parent and "go" to the child. */
	int ready[2];
	int go[2];
};

/* What a child does. It starts the story's plan when what it does is to be watched. */
typedef void (*story_work)(struct story *story);

struct story *story_begin(void);
void story_end(struct story *story);

/* Starts a child that is killed right before call `at`. Returns its process ID. */
pid_t story_start(struct story *story, story_work work, unsigned at);
/* Waits for it. Returns whether it was killed; if not it must have come through. */
bool story_finish(const struct story *story, pid_t child);
/* Both. */
bool story_run(struct story *story, story_work work, unsigned at);

/* Starts a child that is stopped right before call `at`, and waits for that. Fills in its process
 * ID; returns whether it was stopped; if not it has come through, and is gone. */
bool story_pause(struct story *story, story_work work, unsigned at, pid_t *ret_child);
/* Lets it go on, and waits until it has come through. */
void story_go_on(const struct story *story, pid_t child);

/* Checks that there were so many calls of a name, at least: that something was tested. */
void story_expect_calls(const struct story *story, const char *name, unsigned least);

/* Work: publishes all messages, with a publisher that comes and goes. */
void story_publish(struct story *story);

#endif
