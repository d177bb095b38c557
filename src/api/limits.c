/* SPDX-License-Identifier: MIT */
/* The API of <fsps/limits.h>: checks arguments. */
#include <fsps/limits.h>

#include "api/argument.h"
#include "api/channel_name.h"
#include "limit/defaults.h"
#include "manage/limits.h"

/* What version 0.1 had. */
enum { LIMITS_BYTES_LEAST = sizeof(struct fsps_limits) };

static int check(const char *function, const fsps_bus *bus, const char *channel_name,
		 const struct fsps_limits *limits)
{
	if (bus == NULL || channel_name == NULL)
		return fsi_fail_null(function, bus == NULL ? "bus" : "channel_name");
	if (limits == NULL)
		return fsi_fail_null(function, "limits");
	return fsi_channel_name_check(channel_name);
}

int fsps_channel_get_limits(fsps_bus *bus, const char *channel_name, struct fsps_limits *limits)
{
	struct fsps_limits found = {.size = sizeof found};
	int r = check(__func__, bus, channel_name, limits);

	if (r == 0 && limits->size < LIMITS_BYTES_LEAST)
		r = fsi_fail(FSPS_ERR_ARGUMENT, NULL, "fsps_limits has no size %zu", limits->size);
	if (r == 0)
		r = fsi_limits_get(bus, channel_name, &found);
	if (r < 0)
		return r;
	*limits = found;
	return 0;
}

int fsps_channel_set_limits(fsps_bus *bus, const char *channel_name,
			    const struct fsps_limits *limits)
{
	struct fsps_limits known = {.size = sizeof known};
	int r = check(__func__, bus, channel_name, limits);

	if (r == 0)
		r = fsi_take_options("fsps_limits", &known, sizeof known, LIMITS_BYTES_LEAST,
				     limits);
	if (r == 0 && known.when_full == FSPS_FULL_DEFAULT)
		r = fsi_fail(FSPS_ERR_ARGUMENT, channel_name,
			     "fsps_channel_set_limits needs a when_full");
	if (r == 0)
		r = fsi_limits_check(channel_name, known.ttl_ms, known.when_full, known.block_ms);
	return r < 0 ? r : fsi_limits_set(bus, channel_name, &known);
}
