/* SPDX-License-Identifier: MIT */
/* The command line of pubsub-purge. */
#ifndef PURGE_OPTIONS_H
#define PURGE_OPTIONS_H

#include <stdbool.h>

#include "cli/operands.h"
#include "cli/options.h"

struct purge_options {
	struct cli_common common;
	/* At least one. */
	struct cli_operands channels;
	/* How many were removed: for people, for programs. */
	bool verbose;
	bool json;
};

/* Reads them into a struct purge_options that is all zero. */
extern const struct cli_command purge_command;

void purge_options_deinit(struct purge_options *options);

#endif
