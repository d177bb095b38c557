/* SPDX-License-Identifier: MIT */
/* The command line of pubsub-match. */
#ifndef MATCH_OPTIONS_H
#define MATCH_OPTIONS_H

#include <stdbool.h>

#include "cli/operands.h"
#include "cli/options.h"

struct match_options {
	struct cli_common common;
	/* The pattern, and at least one topic, or "-": lines of standard input. All are valid. */
	struct cli_operands operands;
	/* One topic that matches is enough. */
	bool any;
	/* Those that match. */
	bool print;
	bool verbose;
	bool json;
};

/* Reads them into a struct match_options that is all zero. */
extern const struct cli_command match_command;

void match_options_deinit(struct match_options *options);

#endif
