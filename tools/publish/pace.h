/* SPDX-License-Identifier: MIT */
/* When the next message may go: --rate and --repeat-delay. */
#ifndef PUBLISH_PACE_H
#define PUBLISH_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/output.h"
#include "publish/options.h"

struct publish_pace {
	/* 0: no limit. */
	int64_t interval_ns;
	/* A rate catches up after a short delay; a delay between two messages is kept whole. */
	bool catches_up;
	/* When the next one is due; 0: at once. */
	int64_t due_ns;
};

void publish_pace_init(struct publish_pace *pace, const struct publish_options *options);

/* Waits until the next message is due or a stop signal comes; flushes output before it sleeps. */
void publish_pace_wait(struct publish_pace *pace, struct cli_output *output);

#endif
