/* SPDX-License-Identifier: MIT */
/* Whether the options of pubsub-publish go together. */
#ifndef PUBLISH_CHECK_H
#define PUBLISH_CHECK_H

#include "publish/options.h"

/* settings: a struct publish_options. Settles topic and body from options and operands, and refuses
 * what contradicts itself or would be ignored. Returns 0 or CLI_USAGE after saying what to change.
 */
int publish_options_check(void *settings);

#endif
