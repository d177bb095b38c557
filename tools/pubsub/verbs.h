/* SPDX-License-Identifier: MIT */
/*
 * The verbs of `pubsub VERB`: programs called pubsub-VERB, beside pubsub itself or in PATH.
 *
 * One beside it comes before one in PATH, so that an installation uses its own.
 */
#ifndef PUBSUB_VERBS_H
#define PUBSUB_VERBS_H

#include <stdbool.h>
#include <stddef.h>

/* The longest verb; a file's name has no more. */
enum { PUBSUB_VERB_MAX = 200 };

/* Whether a word may be one: A-Z a-z 0-9 _ and -, and no '-' first. */
bool pubsub_is_verb(const char *word);

/* Becomes pubsub-VERB: arguments[0] is the verb, NULL ends them. Returns an errno if it can't:
 * ENOENT if there is none. */
int pubsub_verb_exec(char **arguments);

struct pubsub_verbs {
	/* Sorted, each once. */
	char **names;
	size_t count;
	size_t capacity;
};

/* All that can be run. Starts as zeros. 0, or -1 (no memory). */
int pubsub_verbs_find(struct pubsub_verbs *verbs);
void pubsub_verbs_deinit(struct pubsub_verbs *verbs);

bool pubsub_verbs_have(const struct pubsub_verbs *verbs, const char *name);

/* What one of ours is for, as its manual page says; NULL of others. */
const char *pubsub_verb_summary(const char *name);

/* The verb that a word may have been meant for, or NULL. */
const char *pubsub_verbs_nearest(const struct pubsub_verbs *verbs, const char *word);

#endif
