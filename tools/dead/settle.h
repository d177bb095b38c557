/* SPDX-License-Identifier: MIT */
/*
 * pubsub-dead replay and discard.
 *
 * What is meant is looked up first and settled afterwards, so that what the one changes does not
 * disturb the other, and a dead letter that comes meanwhile is not discarded unseen.
 */
#ifndef DEAD_SETTLE_H
#define DEAD_SETTLE_H

#include <fsps/bus.h>

#include "dead/options.h"

/* Returns an exit code. */
int dead_settle(const struct dead_options *options, fsps_bus *bus);

#endif
