/* SPDX-License-Identifier: MIT */
/* Implements top/heading.h. */
#include "top/heading.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/human.h"

enum { CLOCK_BYTES = 16 };

static void clock_text(time_t time, char *ret_text)
{
	struct tm local;

	if (localtime_r(&time, &local) == NULL ||
	    strftime(ret_text, CLOCK_BYTES, "%H:%M:%S", &local) == 0)
		snprintf(ret_text, CLOCK_BYTES, "--:--:--");
}

static void write_home(const struct top_view *view, char *ret_text)
{
	const struct fsps_home_info *home = &view->sample.home;
	char clock[CLOCK_BYTES];
	char used[CLI_HUMAN_BYTES];
	char total[CLI_HUMAN_BYTES];
	char full[CLI_HUMAN_BYTES];

	clock_text(time(NULL), clock);
	if (view->sample.no_home) {
		snprintf(ret_text, TOP_HEADING_BYTES, "pubsub-top %s  there is no %s yet", clock,
			 fsps_bus_home(view->bus));
		return;
	}
	cli_human_bytes(home->bytes_total - home->bytes_free, used);
	cli_human_bytes(home->bytes_total, total);
	cli_human_bytes(home->bytes_total - home->bytes_reserved, full);
	snprintf(ret_text, TOP_HEADING_BYTES, "pubsub-top %s  %s of %s used, full at %s: %s", clock,
		 used, total, full, fsps_bus_home(view->bus));
}

static void write_totals(const struct top_view *view, char *ret_text)
{
	const struct top_totals *totals = &view->sample.totals;
	size_t processes = view->sample.processes.living;
	char in[CLI_HUMAN_BYTES] = "-";
	char out[CLI_HUMAN_BYTES] = "-";

	if (view->sample.interval_s > 0) {
		cli_human_number(totals->in, in);
		cli_human_number(totals->out, out);
	}
	snprintf(ret_text, TOP_HEADING_BYTES,
		 "in %s/s, out %s/s; %zu %s (%zu durable), %zu %s; waiting %" PRIu64
		 ", claimed %" PRIu64 ", dead %" PRIu64,
		 in, out, totals->channels, totals->channels == 1 ? "channel" : "channels",
		 totals->durable, processes, processes == 1 ? "process" : "processes",
		 totals->backlog, totals->claimed, totals->dead);
}

static void write_view(struct top_view *view, char *ret_text)
{
	const struct top_order *order = top_view_order(view);
	const char *title = view->shows_topics ? top_topic_columns[order->column].title
					       : top_channel_columns[order->column].title;
	char clock[CLOCK_BYTES];
	int used = snprintf(ret_text, TOP_HEADING_BYTES, "%zu %s by %s%s", view->table.count,
			    view->shows_topics ? "topics" : "channels", title,
			    order->reversed ? ", reversed" : "");

	for (size_t i = 0; i < view->filters.count && used < TOP_HEADING_BYTES / 2; i++)
		used += snprintf(ret_text + used, (size_t)(TOP_HEADING_BYTES - used), "%s %.200s",
				 i == 0 ? ", only" : "", view->filters.values[i]);
	if (!view->shows_topics)
		return;
	clock_text(view->topics.since, clock);
	snprintf(ret_text + used, (size_t)(TOP_HEADING_BYTES - used),
		 "; counted by a channel of our own since %s, %" PRIu64 " missed", clock,
		 view->topics.inbox.missed);
}

void top_heading(struct top_view *view, int line, char *ret_text)
{
	void (*const writers[TOP_HEADINGS])(const struct top_view *, char *) = {write_home,
										write_totals};

	if (line < TOP_HEADINGS - 1)
		writers[line](view, ret_text);
	else
		write_view(view, ret_text);
	for (char *next = ret_text; *next != '\0'; next++) {
		if (*next < ' ' || *next > '~')
			*next = '?';
	}
}
