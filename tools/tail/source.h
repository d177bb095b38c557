/* SPDX-License-Identifier: MIT */
/*
 * Following without taking: channels of our own, which no message has to wait for.
 *
 * They drop their oldest messages when they are full, and keep little: as much as lets publishers
 * write in large pieces, at most an eighth of the home. So whoever follows and does not keep up
 * misses messages, which the inbox counts, and holds up nobody.
 */
#ifndef TAIL_SOURCE_H
#define TAIL_SOURCE_H

#include <fsps/bus.h>

#include "cli/operands.h"
#include "subscribe/inbox.h"

/* Subscribes to the patterns, of which there is at least one. 0, or an exit code after saying what
 * is wrong. To be closed with subscribe_inbox_close() in any case. */
int tail_source_open(struct subscribe_inbox *inbox, fsps_bus *bus,
		     const struct cli_operands *patterns);

#endif
