/* SPDX-License-Identifier: MIT */
/* The command line of pubsub-ls. */
#ifndef LS_OPTIONS_H
#define LS_OPTIONS_H

#include <stdbool.h>

#include "cli/operands.h"

struct ls_options {
	/* Names, patterns and topics to look for; none: everything. */
	struct cli_operands operands;
	bool json;
	/* All columns. */
	bool complete;
	const char *home;
	bool debug;
};

/* Returns CLI_RUN, or the exit code to end with. To be freed in any case. */
int ls_options_read(struct ls_options *options, int argc, char **argv);
void ls_options_deinit(struct ls_options *options);

#endif
