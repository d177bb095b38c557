/* SPDX-License-Identifier: MIT */
/* Implements top/topics.h. */
#include "top/topics.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <fsps/error.h>
#include <fsps/topic.h>

#include "cli/clock.h"
#include "cli/number.h"
#include "tail/source.h"

/* Between two looks at the keyboard. */
enum { MESSAGES_AT_A_TIME = 1024 };

const struct top_column top_topic_columns[TOP_TOPIC_COLUMNS] = {
	[TOP_TOPIC] = {"TOPIC", "topic", TOP_NAME, "where messages were published"},
	[TOP_TOPIC_RATE] = {"MSG/S", "messages_per_second", TOP_RATE, "messages a second"},
	[TOP_TOPIC_RATE_BYTES] = {"BYTES/S", "bytes_per_second", TOP_BYTES,
				  "bytes of payload a second"},
	[TOP_TOPIC_MESSAGES] = {"MESSAGES", "messages", TOP_COUNT, "messages since we count"},
	[TOP_TOPIC_BYTES] = {"BYTES", "bytes", TOP_BYTES, "bytes of payload since then"},
	[TOP_TOPIC_SENDER] = {"SENDER", "sender", TOP_TEXT,
			      "who sent the last one; ... others, too"},
	[TOP_TOPIC_COMMAND] = {"CMD", "command", TOP_TEXT, "what its process calls itself"},
};

int top_topics_open(struct top_topics *topics, fsps_bus *bus)
{
	const char *everything[] = {"+"};
	const struct cli_operands patterns = {.values = everything, .count = 1};
	int status;

	if (topics->open)
		return 0;
	status = tail_source_open(&topics->inbox, bus, &patterns);
	if (status != 0) {
		subscribe_inbox_close(&topics->inbox);
		return status;
	}
	tail_topics_init(&topics->topics);
	topics->open = true;
	topics->since = time(NULL);
	topics->mark_ns = cli_now_ns();
	return 0;
}

void top_topics_close(struct top_topics *topics)
{
	if (!topics->open)
		return;
	subscribe_inbox_close(&topics->inbox);
	tail_topics_deinit(&topics->topics);
	topics->open = false;
}

int top_topics_fd(const struct top_topics *topics)
{
	struct pollfd fd;

	if (!topics->open)
		return -1;
	subscribe_inbox_poll(&topics->inbox, &fd);
	return fd.fd;
}

int top_topics_take(struct top_topics *topics)
{
	int64_t now_ns = cli_now_coarse_ns();
	int result = 1;

	for (int i = 0; topics->open && i < MESSAGES_AT_A_TIME && result > 0; i++) {
		struct subscribe_delivery delivery = {0};

		result = subscribe_inbox_next(&topics->inbox, &delivery);
		if (result > 0 && tail_topics_note(&topics->topics, delivery.message, now_ns,
						   CLI_NS_PER_S) == NULL)
			result = FSPS_ERR_NO_MEMORY;
		subscribe_delivery_deinit(&delivery);
	}
	if (result < 0)
		return result;
	return result == 0 || !topics->open;
}

/* ---- the table ---- */

static bool is_wanted(const struct cli_operands *filters, const char *topic)
{
	for (size_t i = 0; i < filters->count; i++) {
		if (strcmp(filters->values[i], topic) == 0 ||
		    fsps_match(filters->values[i], topic) == 1)
			return true;
	}
	return filters->count == 0;
}

static void fill_rates(struct top_row *row, const struct tail_topic *topic, double interval_s)
{
	double messages = (double)(topic->all.messages - topic->mark.messages);
	double bytes = (double)(topic->all.bytes - topic->mark.bytes);

	if (interval_s <= 0)
		return;
	top_row_number(row, TOP_TOPIC_RATE, messages / interval_s);
	top_row_number(row, TOP_TOPIC_RATE_BYTES, bytes / interval_s);
}

static void fill(struct top_row *row, const struct tail_topic *topic,
		 const struct tail_process *process)
{
	char sender[TAIL_SENDER_BYTES + 4];

	top_row_number(row, TOP_TOPIC_MESSAGES, (double)topic->all.messages);
	top_row_number(row, TOP_TOPIC_BYTES, (double)topic->all.bytes);
	tail_sender_text(topic->uid, process, sender);
	if (topic->several)
		strcat(sender, "...");
	top_row_text(row, TOP_TOPIC_SENDER, sender);
	if (process != NULL)
		top_row_text(row, TOP_TOPIC_COMMAND, process->identity);
}

static int add(struct top_table *table, const struct tail_topic *topic,
	       struct tail_processes *processes, double interval_s)
{
	struct top_row *row = top_table_add(table, topic->name, NULL);

	if (row == NULL)
		return FSPS_ERR_NO_MEMORY;
	fill_rates(row, topic, interval_s);
	fill(row, topic, tail_processes_find(processes, topic->member));
	return 0;
}

int top_topics_fill(struct top_topics *topics, const struct cli_operands *filters,
		    struct tail_processes *processes, struct top_table *table)
{
	int64_t now_ns = cli_now_ns();
	double interval_s = (double)(now_ns - topics->mark_ns) / CLI_NS_PER_S;
	struct tail_topic *topic;
	size_t place = 0;

	top_table_begin(table, top_topic_columns, TOP_TOPIC_COLUMNS);
	while ((topic = tail_topics_next(&topics->topics, &place)) != NULL) {
		if (is_wanted(filters, topic->name) && add(table, topic, processes, interval_s) < 0)
			return FSPS_ERR_NO_MEMORY;
	}
	tail_topics_mark(&topics->topics);
	topics->mark_ns = now_ns;
	return 0;
}
