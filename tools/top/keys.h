/* SPDX-License-Identifier: MIT */
/* What keys do on the screen of pubsub-top. */
#ifndef TOP_KEYS_H
#define TOP_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "top/paint.h"
#include "top/view.h"

/* One use of the screen. */
struct top_session {
	struct top_view *view;
	struct top_paint paint;
	int64_t delay_ns;
	/* When to look again. */
	int64_t due_ns;
	/* How many looks are left; negative: any number. */
	int64_t left;
	/* The filter that was typed, which the view's points to. */
	char filter[TOP_PROMPT_BYTES];
	bool ended;
	int status;
	/* Of libfsps, to be said when the terminal is as it was; 0: nothing. */
	int code;
};

/* Looks again, and puts the next look off by the delay. */
void top_keys_look(struct top_session *session);

/* Does what a key is for: one of getch(3) of ncurses. */
void top_keys_press(struct top_session *session, int key);

#endif
