/* SPDX-License-Identifier: MIT */
/* What pubsub-init prints of a home. */
#ifndef INIT_SHOW_H
#define INIT_SHOW_H

#include <stdbool.h>

#include <fsps/home.h>

#include "cli/output.h"

/* For people: a line what became of it, and what it is. */
void init_show(struct cli_output *output, const char *home, bool made,
	       const struct fsps_home_info *info);

/* As a line of JSON. */
void init_show_json(struct cli_output *output, const char *home, bool made,
		    const struct fsps_home_info *info);

#endif
