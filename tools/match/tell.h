/* SPDX-License-Identifier: MIT */
/* What pubsub-match says of each topic. */
#ifndef MATCH_TELL_H
#define MATCH_TELL_H

#include <stdbool.h>

#include "cli/output.h"
#include "match/options.h"

/* Prints what the options ask for. */
void match_tell(struct cli_output *output, const struct match_options *options, const char *topic,
		bool matches);

#endif
