/* SPDX-License-Identifier: MIT */
/* The command line of pubsub-rm. */
#ifndef RM_OPTIONS_H
#define RM_OPTIONS_H

#include <stdbool.h>

#include "cli/operands.h"
#include "cli/options.h"

struct rm_options {
	struct cli_common common;
	/* At least one. */
	struct cli_operands channels;
	/* Also what somebody reads from. */
	bool force;
	bool verbose;
};

/* Reads them into a struct rm_options that is all zero. */
extern const struct cli_command rm_command;

void rm_options_deinit(struct rm_options *options);

#endif
