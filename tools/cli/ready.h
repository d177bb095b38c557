/* SPDX-License-Identifier: MIT */
/* Telling whoever started us that we are ready: a newline on a descriptor, as s6 has it, and
 * READY=1 for systemd, as sd_notify(3) sends it. */
#ifndef CLI_READY_H
#define CLI_READY_H

/* Whether a number is a descriptor that we were given. To be asked before anything is opened. */
int cli_ready_fd_is_open(int fd);

/* The argument of --ready-fd: 0, or CLI_USAGE after saying what is wrong with it. */
int cli_ready_option(const char *value, int *ret_fd);

/* Tells it. ready_fd: the descriptor of --ready-fd, which is closed then unless it is a standard
 * one, or -1. Failing is said but ends nothing. */
void cli_ready(int ready_fd);

#endif
