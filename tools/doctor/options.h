/* SPDX-License-Identifier: MIT */
/* The command line of pubsub-doctor. */
#ifndef DOCTOR_OPTIONS_H
#define DOCTOR_OPTIONS_H

#include <stdbool.h>

#include "cli/operands.h"
#include "cli/options.h"

struct doctor_options {
	struct cli_common common;
	bool json;
	bool quiet;
	bool verbose;
	bool list;
	/* NULL: "/". */
	const char *root;
	/* Checks or groups; none: all. */
	struct cli_operands checks;
};

/* Reads them into a struct doctor_options that is all zero. */
extern const struct cli_command doctor_command;

void doctor_options_deinit(struct doctor_options *options);

#endif
