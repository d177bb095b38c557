/* SPDX-License-Identifier: MIT */
/* The command line of pubsub-purge. */
#ifndef PURGE_OPTIONS_H
#define PURGE_OPTIONS_H

#include <stdbool.h>

#include "cli/operands.h"

struct purge_options {
	/* At least one. */
	struct cli_operands channels;
	/* How many were removed: for people, for programs. */
	bool verbose;
	bool json;
	const char *home;
	bool debug;
};

/* Returns CLI_RUN, or the exit code to end with. To be freed in any case. */
int purge_options_read(struct purge_options *options, int argc, char **argv);
void purge_options_deinit(struct purge_options *options);

#endif
