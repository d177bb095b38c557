/* SPDX-License-Identifier: MIT */
/* pubsub-top on a terminal, with keys. Needs ncurses; built without it, it says so. */
#ifndef TOP_SCREEN_H
#define TOP_SCREEN_H

#include "top/options.h"
#include "top/view.h"

/* Shows the view until a key or a signal ends it. Returns an exit code. */
int top_screen(struct top_view *view, const struct top_options *options);

#endif
