/* SPDX-License-Identifier: MIT */
/* Printing messages in the way that was asked for. */
#ifndef SUBSCRIBE_SHOW_H
#define SUBSCRIBE_SHOW_H

#include <stdbool.h>
#include <stdint.h>

#include <fsps/message.h>

#include "cli/output.h"
#include "subscribe/options.h"

struct subscribe_show {
	const struct subscribe_options *options;
	struct cli_output *output;
	struct subscribe_style style;
	/* Messages that could not be shown. */
	uint64_t failed;
};

void subscribe_show_init(struct subscribe_show *show, const struct subscribe_options *options,
			 struct cli_output *output);

/* Whether it could be shown; if not, that was said, and nothing of it is written. */
bool subscribe_show_message(struct subscribe_show *show, const fsps_message *message);

#endif
