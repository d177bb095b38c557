/* SPDX-License-Identifier: MIT */
/* Which dead letters a command line means, and which of those that it names were found. */
#ifndef DEAD_CHOICE_H
#define DEAD_CHOICE_H

#include <stdbool.h>

#include <fsps/dead.h>

#include "dead/options.h"

struct dead_choice {
	const struct dead_options *options;
	/* For each ID or file that is named whether there is one. Owned. */
	bool *found;
};

/* 0, or an exit code after saying what is wrong. To be freed in any case. */
int dead_choice_init(struct dead_choice *choice, const struct dead_options *options);
void dead_choice_deinit(struct dead_choice *choice);

/* Whether a dead letter is meant. */
bool dead_choice_takes(struct dead_choice *choice, const struct fsps_dead_letter *letter);

/* Says which of those that were named were not found: CLI_DONE if none, or CLI_ERROR. */
int dead_choice_complain(const struct dead_choice *choice);

#endif
