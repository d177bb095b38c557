/* SPDX-License-Identifier: MIT */
/* The command line of pubsub-init. */
#ifndef INIT_OPTIONS_H
#define INIT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/options.h"

struct init_options {
	struct cli_common common;
	/* One of enum fsps_profile; 0: as the home is, or private. */
	int profile;
	/* Of a group's home, if one was named; else it is our own. */
	bool group_named;
	uint32_t gid;
	bool json;
};

/* Reads them into a struct init_options that is all zero. */
extern const struct cli_command init_command;

#endif
