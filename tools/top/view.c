/* SPDX-License-Identifier: MIT */
/* Implements top/view.h. */
#include "top/view.h"

#include <errno.h>
#include <signal.h>

#include "cli/clock.h"
#include "cli/number.h"
#include "cli/poll.h"
#include "cli/signals.h"

int top_view_find_column(bool of_topics, const char *name)
{
	if (of_topics)
		return top_column_find(top_topic_columns, TOP_TOPIC_COLUMNS, name);
	return top_column_find(top_channel_columns, TOP_CHANNEL_COLUMNS, name);
}

int top_view_open(struct top_view *view, fsps_bus *bus, const struct top_options *options)
{
	int status = 0;

	*view = (struct top_view){.bus = bus,
				  .channel_order = {.column = TOP_CHANNEL_IN},
				  .topic_order = {.column = TOP_TOPIC_RATE}};
	top_sample_init(&view->sample, bus);
	for (size_t i = 0; status == 0 && i < options->filters.count; i++)
		status = cli_operands_add(&view->filters, options->filters.values[i]);
	if (status == 0)
		status = top_view_switch(view, options->topics);
	if (options->column >= 0)
		*top_view_order(view) = (struct top_order){.column = (size_t)options->column,
							   .reversed = options->reversed};
	return status;
}

void top_view_close(struct top_view *view)
{
	top_topics_close(&view->topics);
	top_sample_deinit(&view->sample);
	top_table_deinit(&view->table);
	cli_operands_deinit(&view->filters);
}

int top_view_switch(struct top_view *view, bool to_topics)
{
	int status = to_topics ? top_topics_open(&view->topics, view->bus) : 0;

	if (status == 0)
		view->shows_topics = to_topics;
	return status;
}

struct top_order *top_view_order(struct top_view *view)
{
	return view->shows_topics ? &view->topic_order : &view->channel_order;
}

void top_view_sort(struct top_view *view)
{
	const struct top_order *order = top_view_order(view);

	top_table_sort(&view->table, order->column, order->reversed);
}

int top_view_look(struct top_view *view)
{
	int result = top_sample_take(&view->sample, &view->filters,
				     view->shows_topics ? NULL : &view->table);

	if (result == 0 && view->shows_topics)
		result = top_topics_fill(&view->topics, &view->filters, &view->sample.processes,
					 &view->table);
	if (result == 0)
		top_view_sort(view);
	return result;
}

/* ---- waiting ---- */

/* Sleeps until one of the descriptors has something, or the time is there. */
static enum top_wait sleep_until(struct top_view *view, int64_t due_ns, int fd, bool reads,
				 bool more)
{
	int64_t left_ns = more ? 0 : due_ns - cli_now_ns();
	const struct timespec left = {.tv_sec = left_ns > 0 ? left_ns / CLI_NS_PER_S : 0,
				      .tv_nsec = left_ns > 0 ? left_ns % CLI_NS_PER_S : 0};
	struct pollfd fds[] = {{.fd = fd, .events = reads ? POLLIN : 0},
			       {.fd = top_topics_fd(&view->topics), .events = POLLIN}};
	sigset_t mask;
	int count;

	/* On the screen Ctrl-Z is noticed here and nowhere else. */
	sigprocmask(SIG_BLOCK, NULL, &mask);
	sigdelset(&mask, SIGTSTP);
	count = cli_poll(fds, 2, &left, &mask);

	if (cli_stop_signal() != 0)
		return TOP_WAIT_STOPPED;
	/* The terminal may have another size. */
	if (count < 0 && errno == EINTR && reads)
		return TOP_WAIT_INPUT;
	if (count > 0 && (fds[0].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
		return TOP_WAIT_CLOSED;
	return count > 0 && (fds[0].revents & POLLIN) != 0 ? TOP_WAIT_INPUT : TOP_WAIT_DUE;
}

enum top_wait top_view_wait(struct top_view *view, int64_t due_ns, int fd, bool reads,
			    int *ret_code)
{
	enum top_wait wait;

	do {
		int taken = top_topics_take(&view->topics);

		if (taken < 0) {
			*ret_code = taken;
			return TOP_WAIT_FAILED;
		}
		wait = sleep_until(view, due_ns, fd, reads, taken == 0);
	} while (wait == TOP_WAIT_DUE && cli_now_ns() < due_ns);
	return wait;
}
