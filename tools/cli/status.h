/* SPDX-License-Identifier: MIT */
/* The exit codes that all commands share. Frozen: scripts branch on them. */
#ifndef CLI_STATUS_H
#define CLI_STATUS_H

enum cli_status {
	CLI_DONE = 0,
	/* A run-time error: a file, the home, a child, standard output. */
	CLI_ERROR = 1,
	/* Wrong usage; nothing was done. */
	CLI_USAGE = 2,
	/* Fewer channels than --at-least asked for have the message. */
	CLI_TOO_FEW = 3,
	/* Something was full: a channel or the home did not take a message. */
	CLI_FULL = 4,
	/* The kernel, the home's owner or the format version keeps us out. */
	CLI_DENIED = 5,
	/* As timeout(1). */
	CLI_TIMEOUT = 124,
	/* As env(1): the command is there but can't be run; it is not there. */
	CLI_CANNOT_RUN = 126,
	CLI_NOT_FOUND = 127,
	/* Plus the signal's number, as a shell reports it. */
	CLI_SIGNAL = 128
};

/* Of several exit codes the first that is not CLI_DONE counts. */
static inline void cli_keep_first(int *status, int other)
{
	if (*status == CLI_DONE)
		*status = other;
}

#endif
