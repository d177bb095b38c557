/* SPDX-License-Identifier: MIT */
/* pubsub-tail at work: takes what comes until something ends it, and shows it. */
#ifndef TAIL_FOLLOW_H
#define TAIL_FOLLOW_H

/* settings: a struct tail_options. Returns an exit code. */
int tail_follow(const void *settings);

#endif
