/* SPDX-License-Identifier: MIT */
/* The command line of pubsub-tail. */
#ifndef TAIL_OPTIONS_H
#define TAIL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/limits.h"
#include "cli/operands.h"
#include "cli/options.h"

struct tail_options {
	struct cli_common common;
	/* Without repetitions; none: everything. */
	struct cli_operands patterns;
	/* A table of topics instead of a line for each message. */
	bool summary;
	bool json;
	bool no_payload;
	/* How many messages, and how long; or CLI_NO_LIMIT. */
	int64_t count;
	int64_t timeout_ns;
	/* What rates are over, and how often the table is shown. */
	int64_t interval_ns;
	/* -1: none. */
	int ready_fd;
};

extern const struct cli_command tail_command;

/* What holds where nothing is said. To be freed in any case. */
void tail_options_init(struct tail_options *options);
void tail_options_deinit(struct tail_options *options);

#endif
