/* SPDX-License-Identifier: MIT */
/* What happens to a message between being fetched and being settled. */
#ifndef SUBSCRIBE_TAKE_H
#define SUBSCRIBE_TAKE_H

#include <stdbool.h>

#include "subscribe/loop.h"

/* Shows a message or starts its command. Takes it over, unless that fails: then it is still the
 * caller's, unsettled. */
void subscribe_take(struct subscribe_run *run, struct subscribe_delivery *delivery);

/* Whether something has to be settled before the next message is fetched. What nobody can settle
 * any more is forgotten. */
bool subscribe_take_is_full(struct subscribe_run *run);

/* Whether messages were taken that nobody has settled and somebody will. */
bool subscribe_take_is_busy(const struct subscribe_run *run);

/* Acknowledges what the kernel has. */
void subscribe_take_acknowledge(struct subscribe_run *run);

/* Whether -C is reached. */
bool subscribe_take_is_enough(const struct subscribe_run *run);

#endif
