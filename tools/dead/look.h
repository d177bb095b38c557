/* SPDX-License-Identifier: MIT */
/* pubsub-dead list and show: nothing is changed. */
#ifndef DEAD_LOOK_H
#define DEAD_LOOK_H

#include <fsps/bus.h>

#include "dead/options.h"

/* Returns an exit code. */
int dead_look(const struct dead_options *options, fsps_bus *bus);

#endif
