/* SPDX-License-Identifier: MIT */
/* A channel as a line of JSON. Fields are never removed or retyped; more may be added. */
#ifndef LS_LIST_JSON_H
#define LS_LIST_JSON_H

#include <fsps/bus.h>

#include "cli/output.h"

/* Writes the object and a newline. null stands for what is not known: whether another user's
 * process lives, and the counters of a plain channel. */
void ls_print_json(struct cli_output *output, const struct fsps_channel_info *info);

#endif
