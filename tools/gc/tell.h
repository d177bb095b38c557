/* SPDX-License-Identifier: MIT */
/* What a sweep found, as lines for people or for programs. */
#ifndef GC_TELL_H
#define GC_TELL_H

#include <fsps/sweep.h>

#include "cli/output.h"
#include "gc/options.h"

/* Reasons for which things were left alone, each counted. */
enum { GC_REASONS_MAX = 8 };

struct gc_left_alone {
	int reason;
	uint64_t count;
};

/* One sweep that is told of. */
struct gc_telling {
	const struct gc_options *options;
	struct cli_output *output;
	/* Somebody looks on: also tell that there is nothing to tell. */
	bool chatty;
	struct gc_left_alone left_alone[GC_REASONS_MAX];
	/* The exit code of the first thing that could not be removed, or CLI_DONE. */
	int status;
};

/* One thing. What could not be removed is said on standard error. */
void gc_tell_item(struct gc_telling *telling, const struct fsps_sweep_item *item);

/* What it came to. */
void gc_tell_sum(struct gc_telling *telling, const struct fsps_sweep_counts *counts);

/* The same as lines of JSON. */
void gc_tell_item_json(struct cli_output *output, const struct fsps_sweep_item *item);
void gc_tell_sum_json(struct cli_output *output, const struct fsps_sweep_counts *counts,
		      bool dry_run);

#endif
