/* SPDX-License-Identifier: MIT */
/* The command line of pubsub-subscribe, read and checked; nothing of the bus is touched here. */
#ifndef SUBSCRIBE_OPTIONS_H
#define SUBSCRIBE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/limits.h"
#include "cli/operands.h"
#include "cli/options.h"
#include "subscribe/capacity.h"
#include "subscribe/durability.h"
#include "subscribe/format.h"

/* What happens to a message. */
enum subscribe_mode {
	SUBSCRIBE_SHOW_PAYLOAD,
	SUBSCRIBE_SHOW_VERBOSE,
	SUBSCRIBE_SHOW_JSON,
	SUBSCRIBE_SHOW_FORMAT,
	SUBSCRIBE_RUN
};

struct subscribe_options {
	struct cli_common common;
	/* Without repetitions, in the order given. Owned; the strings are the arguments. */
	struct cli_operands patterns;
	enum subscribe_mode mode;
	/* The option that said so, for complaints about a second one; NULL: none did. */
	const char *mode_option;
	const char *format_text;
	struct subscribe_format format;
	bool no_newline;
	bool nul;
	bool pretty;
	bool raw;
	/* How many messages, how long in all, how long without one; or CLI_NO_LIMIT. */
	int64_t count;
	int64_t timeout_ns;
	int64_t idle_ns;
	bool drain;
	/* Commands with their arguments, NULL-ended; or NULL. */
	char **exec;
	char **then;
	/* How long to look on before going to sleep. */
	int64_t spin_us;
	/* 0: not given. */
	int64_t jobs;
	/* -1: none. */
	int ready_fd;
	struct subscribe_durability durability;
	struct subscribe_capacity capacity;
	/* How many options with an argument there were that -E has no use for. */
	int others;
};

extern const struct cli_command subscribe_command;

/* What holds where nothing is said. To be freed in any case. */
void subscribe_options_init(struct subscribe_options *options);
void subscribe_options_deinit(struct subscribe_options *options);

#endif
