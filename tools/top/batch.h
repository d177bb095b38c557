/* SPDX-License-Identifier: MIT */
/* pubsub-top -b: tables or JSON, one after another. */
#ifndef TOP_BATCH_H
#define TOP_BATCH_H

#include "top/options.h"
#include "top/view.h"

/* Prints until the number of tables is reached or a signal comes. Returns an exit code. */
int top_batch(struct top_view *view, const struct top_options *options);

#endif
