/* SPDX-License-Identifier: MIT */
/* The command line of pubsub-dead, read and checked; nothing of the bus is touched here. */
#ifndef DEAD_OPTIONS_H
#define DEAD_OPTIONS_H

#include <stdbool.h>

#include "cli/operands.h"
#include "cli/options.h"

enum dead_verb { DEAD_LIST, DEAD_SHOW, DEAD_REPLAY, DEAD_DISCARD };

struct dead_options {
	struct cli_common common;
	enum dead_verb verb;
	/* NULL: all of them; only with DEAD_LIST. */
	const char *channel;
	/* IDs and file names. */
	struct cli_operands letters;
	bool all;
	/* Of topics, or NULL. */
	const char *pattern;
	bool json;
	bool raw;
	bool verbose;

	/* What the parser keeps until it has seen everything. */
	bool verb_given;
};

/* Reads them into a struct dead_options that is all zero. */
extern const struct cli_command dead_command;

void dead_options_deinit(struct dead_options *options);

/* A verb as it is written. */
const char *dead_verb_text(enum dead_verb verb);

#endif
