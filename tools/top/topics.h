/* SPDX-License-Identifier: MIT */
/*
 * The view of topics: counted by a channel of our own, as pubsub-tail has one, from the first time
 * on that the view is asked for. Before that nothing is opened.
 */
#ifndef TOP_TOPICS_H
#define TOP_TOPICS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "cli/operands.h"
#include "subscribe/inbox.h"
#include "tail/processes.h"
#include "tail/topics.h"
#include "top/table.h"

enum top_topic_column {
	TOP_TOPIC,
	TOP_TOPIC_RATE,
	TOP_TOPIC_RATE_BYTES,
	TOP_TOPIC_MESSAGES,
	TOP_TOPIC_BYTES,
	TOP_TOPIC_SENDER,
	TOP_TOPIC_COMMAND,
	TOP_TOPIC_COLUMNS
};

extern const struct top_column top_topic_columns[TOP_TOPIC_COLUMNS];

struct top_topics {
	bool open;
	struct subscribe_inbox inbox;
	struct tail_topics topics;
	/* Since when, and when the interval began that runs. */
	time_t since;
	int64_t mark_ns;
};

/* Begins to count, unless that is done. 0, or an exit code after saying what is wrong. To be closed
 * in any case. */
int top_topics_open(struct top_topics *topics, fsps_bus *bus);
void top_topics_close(struct top_topics *topics);

/* What is to be polled; -1 if it is not open. */
int top_topics_fd(const struct top_topics *topics);

/* Takes what waits, for a short while. Whether all was taken: 1, else 0, or a code of libfsps. */
int top_topics_take(struct top_topics *topics);

/* Fills the table with the topics that match a filter, or are it; none: all. Rates are over the
 * interval that ends now. 0 or a code of libfsps. */
int top_topics_fill(struct top_topics *topics, const struct cli_operands *filters,
		    struct tail_processes *processes, struct top_table *table);

#endif
