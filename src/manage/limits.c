/* SPDX-License-Identifier: MIT */
/* Implements manage/limits.h. */
#include "manage/limits.h"

#include "base/error.h"
#include "inspect/content.h"
#include "inspect/inspected.h"
#include "limit/defaults.h"
#include "store/counter.h"

static int open_ours(fsps_bus *bus, const char *name, struct fsi_inspected *ret_channel)
{
	int r = fsi_inspected_open(bus, name, ret_channel);

	if (r < 0 || ret_channel->control != NULL)
		return r;
	r = fsi_fail(FSPS_ERR_PERMISSION, name,
		     "channel %s has no limits that we may see: it is another user's, or "
		     "formix-pubsub's",
		     name);
	fsi_inspected_close(ret_channel);
	return r;
}

int fsi_limits_get(fsps_bus *bus, const char *channel_name, struct fsps_limits *ret_limits)
{
	struct fsi_inspected channel;
	int r = open_ours(bus, channel_name, &channel);

	if (r < 0)
		return r;
	fsi_limits_read(channel.control, ret_limits);
	fsi_inspected_close(&channel);
	return 0;
}

/* What waits was not counted as long as there was no limit to it. */
static int count_messages(const struct fsi_inspected *channel)
{
	struct fsi_channel_content content;
	int r = fsi_channel_content(channel->directory_fd, channel->control, &content);

	if (r == 0)
		atomic_store_explicit(&channel->control->held_messages, (int64_t)content.backlog,
				      memory_order_relaxed);
	return r;
}

static int set(const struct fsi_inspected *channel, const struct fsps_limits *limits)
{
	struct fsi_control *control = channel->control;
	bool is_new = limits->messages != 0 &&
		      atomic_load_explicit(&control->limit_messages, memory_order_relaxed) == 0;
	int r;

	fsi_limits_write(control, limits);
	r = is_new ? count_messages(channel) : 0;
	/* Publishers note what kind of messages it takes when the generation changes. */
	if (r == 0)
		r = fsi_home_open_state(channel->home);
	if (r == 0)
		fsi_counter_bump(&channel->home->counter);
	return r;
}

int fsi_limits_set(fsps_bus *bus, const char *channel_name, const struct fsps_limits *limits)
{
	struct fsi_inspected channel;
	int r = open_ours(bus, channel_name, &channel);

	if (r < 0)
		return r;
	r = set(&channel, limits);
	fsi_inspected_close(&channel);
	return r;
}
