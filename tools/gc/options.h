/* SPDX-License-Identifier: MIT */
/* The command line of pubsub-gc. */
#ifndef GC_OPTIONS_H
#define GC_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/options.h"

struct gc_options {
	struct cli_common common;
	bool dry_run;
	bool watch;
	/* Between two sweeps of --watch. */
	int64_t interval_ns;
	bool has_interval;
	bool json;
	bool quiet;
	bool verbose;
};

/* Reads them into a struct gc_options that gc_options_init() has filled. */
extern const struct cli_command gc_command;

void gc_options_init(struct gc_options *options);

#endif
