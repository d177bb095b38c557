/* SPDX-License-Identifier: MIT */
/* What pubsub shows by itself. All return an exit code. */
#ifndef PUBSUB_SHOW_H
#define PUBSUB_SHOW_H

#include "pubsub/verbs.h"

/* The verbs that there are. */
int pubsub_show_verbs(void);

/* The same for shells: a line each, with the verb, a tab, and what it is for if it is ours. */
int pubsub_list_verbs(void);

/* The manual page of a verb or, where it has none, its --help. */
int pubsub_show_help(const char *verb);

/* Says that there is no such verb, and which may have been meant. */
int pubsub_unknown_verb(const char *verb);

#endif
