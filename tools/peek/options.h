/* SPDX-License-Identifier: MIT */
/* The command line of pubsub-peek, read and checked; nothing of the bus is touched here. */
#ifndef PEEK_OPTIONS_H
#define PEEK_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/options.h"
#include "subscribe/format.h"

/* How a message is shown. */
enum peek_mode { PEEK_PAYLOAD, PEEK_VERBOSE, PEEK_JSON, PEEK_FORMAT };

enum { PEEK_NO_LIMIT = -1 };

struct peek_options {
	struct cli_common common;
	const char *channel;
	enum peek_mode mode;
	/* The option that said so, for complaints about a second one; NULL: none did. */
	const char *mode_option;
	const char *format_text;
	struct subscribe_format format;
	bool raw;
	/* How many messages, or PEEK_NO_LIMIT. */
	int64_t count;
};

extern const struct cli_command peek_command;

/* What holds where nothing is said. To be freed in any case. */
void peek_options_init(struct peek_options *options);
void peek_options_deinit(struct peek_options *options);

#endif
