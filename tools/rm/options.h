/* SPDX-License-Identifier: MIT */
/* The command line of pubsub-rm. */
#ifndef RM_OPTIONS_H
#define RM_OPTIONS_H

#include <stdbool.h>

#include "cli/operands.h"

struct rm_options {
	/* At least one. */
	struct cli_operands channels;
	/* Also what somebody reads from. */
	bool force;
	bool verbose;
	const char *home;
	bool debug;
};

/* Returns CLI_RUN, or the exit code to end with. To be freed in any case. */
int rm_options_read(struct rm_options *options, int argc, char **argv);
void rm_options_deinit(struct rm_options *options);

#endif
