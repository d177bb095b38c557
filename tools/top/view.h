/* SPDX-License-Identifier: MIT */
/*
 * What is looked at: channels or topics, which of them, in which order; and looking again. How it
 * is shown is left to others.
 */
#ifndef TOP_VIEW_H
#define TOP_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/operands.h"
#include "top/options.h"
#include "top/sample.h"
#include "top/table.h"
#include "top/topics.h"

/* The columns that --order may name, for completion. */
#define TOP_COLUMN_WORDS                                                                           \
	"channel,in/s,out/s,backlog,oldest,dropped,refused,claimed,delayed,dead,held,readers,"     \
	"pubs,publisher,user,pid,cmd,topic,msg/s,bytes/s,messages,bytes,sender"

/* Of a view: by which column it is sorted, and whether the other way round. */
struct top_order {
	size_t column;
	bool reversed;
};

struct top_view {
	fsps_bus *bus;
	struct top_sample sample;
	struct top_topics topics;
	struct top_table table;
	/* Topics are shown, not channels. */
	bool shows_topics;
	struct top_order channel_order;
	struct top_order topic_order;
	/* Owned, but for the strings in it. */
	struct cli_operands filters;
};

/* The number of a column of topics or channels, by its title or its name in JSON; or -1. */
int top_view_find_column(bool of_topics, const char *name);

/* As the command line says. 0, or an exit code after saying what is wrong. To be closed in any
 * case. */
int top_view_open(struct top_view *view, fsps_bus *bus, const struct top_options *options);
void top_view_close(struct top_view *view);

/* Goes over to topics or channels. 0, or an exit code after saying what is wrong. */
int top_view_switch(struct top_view *view, bool to_topics);

/* That of what is shown. */
struct top_order *top_view_order(struct top_view *view);

/* Sorts what is there. */
void top_view_sort(struct top_view *view);

/* Looks again and sorts. 0 or a code of libfsps. */
int top_view_look(struct top_view *view);

/* Why waiting ended. */
enum top_wait { TOP_WAIT_DUE, TOP_WAIT_INPUT, TOP_WAIT_STOPPED, TOP_WAIT_CLOSED, TOP_WAIT_FAILED };

/* Counts what comes until a time of cli_now_ns() is there, or fd is readable or a signal came
 * (TOP_WAIT_INPUT, only if reads), a stop signal came, or the other end of fd is gone. ret_code: of
 * libfsps, after TOP_WAIT_FAILED. */
enum top_wait top_view_wait(struct top_view *view, int64_t due_ns, int fd, bool reads,
			    int *ret_code);

#endif
