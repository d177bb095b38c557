/* SPDX-License-Identifier: MIT */
/*
 * CHANNEL operands: which channels of the home they stand for.
 *
 * With a '_' in it an operand is a channel's directory as pubsub-ls and receipts name it; whether
 * it exists is for the call that uses it to find out. Without one it is the name of durable
 * channels, of which there is one for each pattern that was given with that name.
 */
#ifndef CLI_CHANNELS_H
#define CLI_CHANNELS_H

#include <stddef.h>

#include <fsps/bus.h>

/* Directory names, each once, in the order in which they were found. All zero: none. Owned. */
struct cli_channels {
	char **names;
	size_t count;
};

/* Adds the channels that an operand stands for. 0, or an exit code after saying what is wrong, as
 * that there is none. */
int cli_channels_add(struct cli_channels *channels, fsps_bus *bus, const char *operand);
void cli_channels_deinit(struct cli_channels *channels);

/* Says what libfsps failed with on a channel; returns the exit code that it stands for. To be
 * called right after the failing call. */
int cli_channel_fail(int code, const char *name);

/* How many processes read from a channel, and one of them. */
struct cli_readers {
	uint32_t count;
	/* 0: none, or none that we can tell of. */
	int64_t pid;
};

/* Looks that up; nothing is said, since it is for saying more about something else. */
struct cli_readers cli_channel_readers(fsps_bus *bus, const char *name);

/* Room for "process 123, and 2 more". */
enum { CLI_READERS_TEXT_BYTES = 64 };

/* Who that is, for a sentence: "process 123", "process 123 and 2 more", "somebody". */
void cli_readers_text(const struct cli_readers *readers, char *ret_text);

#endif
