/* SPDX-License-Identifier: MIT */
/* The life of pubsub-subscribe: subscribe, say so, take messages until something ends it, clean
 * up, and turn what happened into an exit code. */
#ifndef SUBSCRIBE_RUN_H
#define SUBSCRIBE_RUN_H

#include "subscribe/options.h"

/* Returns the exit code. */
int subscribe(const void *settings);

#endif
