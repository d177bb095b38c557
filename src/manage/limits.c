/* SPDX-License-Identifier: MIT */
/* Implements manage/limits.h. */
#include "manage/limits.h"

#include "base/error.h"
#include "inspect/inspected.h"
#include "limit/defaults.h"

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

static int set(const struct fsi_inspected *channel, const struct fsps_limits *limits)
{
	/* Publishers are told by the generation, which is in a file that we may not have open yet.
	 */
	int r = fsi_home_open_state(channel->home);

	return r < 0 ? r
		     : fsi_limits_apply(channel->directory_fd, channel->control,
					&channel->home->counter, limits);
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
