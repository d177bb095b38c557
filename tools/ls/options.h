/* SPDX-License-Identifier: MIT */
/* The command line of pubsub-ls. */
#ifndef LS_OPTIONS_H
#define LS_OPTIONS_H

#include <stdbool.h>

#include "cli/operands.h"
#include "cli/options.h"

struct ls_options {
	struct cli_common common;
	/* Names, patterns and topics to look for; none: everything. */
	struct cli_operands operands;
	bool json;
	/* All columns. */
	bool complete;
};

/* Reads them into a struct ls_options that is all zero. */
extern const struct cli_command ls_command;

void ls_options_deinit(struct ls_options *options);

#endif
