/* SPDX-License-Identifier: MIT */
/* -E: durable channels are created, or their limits changed, and nothing is read. */
#ifndef SUBSCRIBE_CREATE_H
#define SUBSCRIBE_CREATE_H

#include <fsps/bus.h>

#include "subscribe/options.h"

/* Returns the exit code. */
int subscribe_create_only(const struct subscribe_options *options, fsps_bus *bus);

#endif
