/* SPDX-License-Identifier: MIT */
/* Waiting for descriptors. */
#ifndef CLI_POLL_H
#define CLI_POLL_H

#include <poll.h>
#include <signal.h>
#include <time.h>

/* ppoll(2). left: how long at most, or NULL: for ever. mask: blocked meanwhile, or NULL. */
int cli_poll(struct pollfd *fds, nfds_t count, const struct timespec *left, const sigset_t *mask);

#endif
