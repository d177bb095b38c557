/* SPDX-License-Identifier: MIT */
/* The command line of pubsub-top. */
#ifndef TOP_OPTIONS_H
#define TOP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/limits.h"
#include "cli/operands.h"
#include "cli/options.h"

struct top_options {
	struct cli_common common;
	/* What to show; none: everything. */
	struct cli_operands filters;
	bool batch;
	bool topics;
	bool json;
	/* How often; or CLI_NO_LIMIT. */
	int64_t iterations;
	int64_t delay_ns;
	/* The column's name to sort by, or NULL; and its number in the view that comes first. */
	const char *order;
	int column;
	bool reversed;
};

extern const struct cli_command top_command;

/* What holds where nothing is said. To be freed in any case. */
void top_options_init(struct top_options *options);
void top_options_deinit(struct top_options *options);

#endif
