/* SPDX-License-Identifier: MIT */
/* The API of <fsps/durable.h>: checks arguments. Names are parsed, so that none leads elsewhere. */
#include <fsps/durable.h>

#include "api/argument.h"
#include "api/channel_name.h"
#include "inspect/peek.h"
#include "manage/purge.h"
#include "manage/remove.h"
#include "subscribe/durable.h"
#include "topic/name.h"

int fsps_durable_create(fsps_bus *bus, const char *pattern, const char *name)
{
	int r;

	if (bus == NULL)
		return fsi_fail_null("fsps_durable_create", "bus");
	if (pattern == NULL || name == NULL)
		return fsi_fail_null("fsps_durable_create", pattern == NULL ? "pattern" : "name");
	r = fsi_pattern_check(pattern);
	if (r < 0)
		return r;
	r = fsi_durable_name_check(pattern, name);
	return r < 0 ? r : fsi_durable_create(bus, pattern, name);
}

static int check(const char *function, const fsps_bus *bus, const char *channel_name)
{
	if (bus == NULL || channel_name == NULL)
		return fsi_fail_null(function, bus == NULL ? "bus" : "channel_name");
	return fsi_channel_name_check(channel_name);
}

int fsps_durable_remove(fsps_bus *bus, const char *channel_name, int flags)
{
	int r = check("fsps_durable_remove", bus, channel_name);

	if (r < 0)
		return r;
	if ((flags & ~FSPS_DURABLE_FORCE) != 0)
		return fsi_fail(FSPS_ERR_ARGUMENT, channel_name,
				"fsps_durable_remove() was given unknown flags: %#x",
				(unsigned)flags);
	return fsi_remove_durable(bus, channel_name, (flags & FSPS_DURABLE_FORCE) != 0);
}

int64_t fsps_channel_purge(fsps_bus *bus, const char *channel_name)
{
	int r = check("fsps_channel_purge", bus, channel_name);

	return r < 0 ? r : fsi_purge(bus, channel_name);
}

int64_t fsps_channel_peek(fsps_bus *bus, const char *channel_name, fsps_peek_callback callback,
			  void *userdata)
{
	int r = check("fsps_channel_peek", bus, channel_name);

	if (r < 0)
		return r;
	if (callback == NULL)
		return fsi_fail_null("fsps_channel_peek", "callback");
	return fsi_peek(bus, channel_name, callback, userdata);
}
