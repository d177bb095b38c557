/* SPDX-License-Identifier: MIT */
/* The command line of pubsub, where no verb is run. */
#ifndef PUBSUB_OPTIONS_H
#define PUBSUB_OPTIONS_H

#include "cli/operands.h"
#include "cli/options.h"

struct pubsub_options {
	struct cli_common common;
	/* Nothing, "help", or "help" and a verb. */
	struct cli_operands operands;
};

/* Reads them into a struct pubsub_options that is all zero. */
extern const struct cli_command pubsub_command;

void pubsub_options_deinit(struct pubsub_options *options);

#endif
