/* SPDX-License-Identifier: MIT */
/* Printing what lies in a channel, in the way that was asked for. */
#ifndef PEEK_SHOW_H
#define PEEK_SHOW_H

#include <fsps/durable.h>

#include "cli/output.h"
#include "peek/options.h"

struct peek_show {
	const struct peek_options *options;
	fsps_bus *bus;
	struct cli_output *output;
	struct subscribe_style style;
	/* The channel that is looked into. */
	const char *channel;
	int64_t shown;
	/* A message could not be shown as it should be. */
	bool failed;
};

void peek_show_init(struct peek_show *show, const struct peek_options *options, fsps_bus *bus,
		    struct cli_output *output);

/* Shows one. What is no message is said, or shown without what a message has. */
void peek_show(struct peek_show *show, const struct fsps_waiting *waiting);

#endif
