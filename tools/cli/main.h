/* SPDX-License-Identifier: MIT */
/* What every command's main does: standard descriptors, signals, the command line, the work, the
 * end. */
#ifndef CLI_MAIN_H
#define CLI_MAIN_H

#include "cli/options.h"

/* Reads the command line into settings, as cli_parse(), and if that went well calls run, which
 * returns an exit code. Returns what main is to return, or dies of the signal that stopped us. The
 * settings are the caller's to free. */
int cli_main(const struct cli_command *command, int argc, char **argv, void *settings,
	     int (*run)(const void *settings));

#endif
