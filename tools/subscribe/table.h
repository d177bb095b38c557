/* SPDX-License-Identifier: MIT */
/* The option table of pubsub-subscribe: what the parser, --help and completion are made of. */
#ifndef SUBSCRIBE_TABLE_H
#define SUBSCRIBE_TABLE_H

#include "cli/options.h"

enum {
	SUBSCRIBE_TOPIC = CLI_OPTION_FIRST,
	SUBSCRIBE_VERBOSE,
	SUBSCRIBE_JSON,
	SUBSCRIBE_PRETTY,
	SUBSCRIBE_FORMAT,
	SUBSCRIBE_NO_NEWLINE,
	SUBSCRIBE_NUL,
	SUBSCRIBE_RAW,
	SUBSCRIBE_COUNT,
	SUBSCRIBE_ONE,
	SUBSCRIBE_TIMEOUT,
	SUBSCRIBE_IDLE,
	SUBSCRIBE_DRAIN,
	SUBSCRIBE_SPIN,
	SUBSCRIBE_EXEC,
	SUBSCRIBE_JOBS,
	SUBSCRIBE_THEN,
	SUBSCRIBE_READY_FD
};

/* Ends with an empty row. */
extern const struct cli_option subscribe_table[];

#endif
