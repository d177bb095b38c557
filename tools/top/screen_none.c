/* SPDX-License-Identifier: MIT */
/* Implements top/screen.h where there is no ncurses. */
#include "cli/fail.h"
#include "cli/status.h"
#include "top/screen.h"

int top_screen(struct top_view *view, const struct top_options *options)
{
	(void)view;
	(void)options;
	return cli_fail(CLI_ERROR, "this one was built without ncurses, so there is no screen; use "
				   "-b, for example: watch pubsub-top -b -n 1");
}
