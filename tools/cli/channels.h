/* SPDX-License-Identifier: MIT */
/*
 * CHANNEL operands: which channels of the home they stand for, and doing something to each.
 *
 * With a '_' in it an operand is a channel's directory as pubsub-ls and receipts name it; whether
 * it exists is for the call that uses it to find out. Without one it is the name of durable
 * channels, of which there is one for each pattern that was given with that name.
 */
#ifndef CLI_CHANNELS_H
#define CLI_CHANNELS_H

#include <stddef.h>

#include <fsps/bus.h>

#include "cli/operands.h"
#include "cli/options.h"
#include "cli/output.h"

/* Sees a channel by its directory's name. Returns an exit code. */
typedef int (*cli_channel_visit)(const char *name, void *userdata);

/* Calls visit for each channel that the operands stand for until a stop signal comes. What can't be
 * done with one, or that there is none, does not keep the others from it. Returns the first exit
 * code that was not CLI_DONE, or that of the signal. */
int cli_channels_visit(fsps_bus *bus, const char *const *operands, size_t count,
		       cli_channel_visit visit, void *userdata);

/* A command that does one thing to each of its channels. */
struct cli_channels_run {
	/* What the command line says. */
	const void *settings;
	fsps_bus *bus;
	/* Standard output. */
	struct cli_output output;
};

/* The whole of such a command: opens the bus and visits the channels, with a struct
 * cli_channels_run as userdata. Returns an exit code. */
int cli_channels_run(const struct cli_common *common, const struct cli_operands *channels,
		     const void *settings, cli_channel_visit visit);

/* 0, or CLI_USAGE after saying that a CHANNEL is missing. */
int cli_channels_need(size_t count);

/* Says what libfsps failed with on a channel; returns the exit code that it stands for. To be
 * called right after the failing call. */
int cli_channel_fail(int code, const char *name);

/* Looks at one channel by its directory's name. ret_info: without the strings. 1, 0 if there is no
 * such channel, or a code of libfsps. */
int cli_channel_look(fsps_bus *bus, const char *name, struct fsps_channel_info *ret_info);

/* Room for "process 123 and 2 more". */
enum { CLI_READERS_TEXT_BYTES = 64 };

/* Who reads from a channel, for a sentence that says more about something else: "process 123",
 * "process 123 and 2 more", "somebody". */
void cli_channel_readers(fsps_bus *bus, const char *name, char *ret_text);

#endif
