/* SPDX-License-Identifier: MIT */
/*
 * Diagnostics: one line each on standard error, "COMMAND: what is wrong; what to do".
 *
 * A line goes out in one write, so that lines of several processes don't mix. Control bytes in
 * it (from paths, topics, other people's names) become '?', so that it can't drive a terminal.
 */
#ifndef CLI_FAIL_H
#define CLI_FAIL_H

#include <fsps/bus.h>

/* Says it. */
void cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Says it and returns status, so that a failing function can end with it. */
int cli_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Says what is wrong with the command line and where the help is; returns CLI_USAGE. */
int cli_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Of some options one may be given: notes in chosen, NULL at first, that this one was. Returns 0,
 * or CLI_USAGE after saying that another one was before. */
int cli_choose(const char **chosen, const char *option);

/* Says that two options contradict each other; returns CLI_USAGE. */
int cli_contradict(const char *one, const char *other);

/* Says what libfsps failed with and the remedy; returns the exit code that it stands for.
 * about: what we were doing ("line 3"), or NULL. To be called right after the failing call. */
int cli_fail_library(int code, const char *about);

/* The exit code that a libfsps code stands for. */
int cli_status_of(int code);

/* A libfsps log callback. userdata: a struct cli_log. */
struct cli_log {
	/* Tell everything, not just what went wrong. */
	int debug;
	/* How many warnings were told; no more than a few are. */
	unsigned warnings;
};
void cli_log(enum fsps_log_level level, const char *text, void *userdata);

#endif
