/* SPDX-License-Identifier: MIT */
/* Implements subscribe/capacity.h. */
#include "subscribe/capacity.h"

#include <inttypes.h>
#include <string.h>

#include <fsps/error.h>
#include <fsps/home.h>

#include "cli/channels.h"
#include "cli/fail.h"
#include "cli/number.h"
#include "cli/status.h"
#include "cli/users.h"
#include "subscribe/table.h"

/* ---- reading ---- */

static int read_messages(struct subscribe_capacity *capacity, const char *value)
{
	int64_t count;

	if (strcmp(value, "none") == 0) {
		capacity->messages = SUBSCRIBE_CAPACITY_NONE;
		return 0;
	}
	if (!cli_parse_count(value, &count) || count == 0)
		return cli_usage("--max-messages wants a number of at least 1, or none, not '%s'",
				 value);
	capacity->messages = (uint64_t)count;
	return 0;
}

static int read_bytes(struct subscribe_capacity *capacity, const char *value)
{
	if (!cli_parse_size(value, &capacity->bytes) || capacity->bytes == 0)
		return cli_usage("--max-bytes wants a number of at least 1, as 500K, 64M or 2G, or "
				 "none, not '%s'",
				 value);
	return 0;
}

static int read_age(struct subscribe_capacity *capacity, const char *value)
{
	int64_t age_ms = 0;
	int status;

	if (strcmp(value, "none") == 0) {
		capacity->age_ms = SUBSCRIBE_CAPACITY_NONE;
		return 0;
	}
	status = cli_ms_option("--max-age", value, 1, FSPS_TTL_MS_MAX, &age_ms);
	capacity->age_ms = (uint64_t)age_ms;
	return status;
}

static const struct {
	const char *name;
	enum fsps_when_full when_full;
} policies[] = {{"refuse", FSPS_FULL_REFUSE},
		{"block", FSPS_FULL_BLOCK},
		{"drop-new", FSPS_FULL_DROP_NEW},
		{"drop-oldest", FSPS_FULL_DROP_OLDEST}};

static int read_when_full(struct subscribe_capacity *capacity, const char *value)
{
	static const char block[] = "block:";

	if (strncmp(value, block, strlen(block)) == 0) {
		capacity->when_full = FSPS_FULL_BLOCK;
		return cli_ms_option("--when-full block:S", value + strlen(block), 1,
				     FSPS_BLOCK_MS_MAX, &capacity->block_ms);
	}
	for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
		if (strcmp(value, policies[i].name) != 0)
			continue;
		capacity->when_full = (int)policies[i].when_full;
		capacity->block_ms = 0;
		return 0;
	}
	return cli_usage("--when-full wants refuse, block, block:S (S seconds), drop-new or "
			 "drop-oldest, not '%s'",
			 value);
}

static int read_publishers(struct subscribe_capacity *capacity, const char *value)
{
	uint32_t gid = 0;
	int status;

	if (strcmp(value, "ours") == 0) {
		capacity->publishers = FSPS_PUBLISHERS_OURS;
		return 0;
	}
	status = cli_group_option("--publishers, if it is not ours,", value, &gid);
	if (status == 0 && gid == 0)
		return cli_usage("--publishers wants ours or a group other than root's, not '%s'",
				 value);
	capacity->publishers = gid;
	return status;
}

int subscribe_capacity_apply(struct subscribe_capacity *capacity, int id, const char *value,
			     bool *ret_known)
{
	*ret_known = true;
	switch (id) {
	case SUBSCRIBE_MAX_MESSAGES:
		return read_messages(capacity, value);
	case SUBSCRIBE_MAX_BYTES:
		return read_bytes(capacity, value);
	case SUBSCRIBE_MAX_AGE:
		return read_age(capacity, value);
	case SUBSCRIBE_WHEN_FULL:
		return read_when_full(capacity, value);
	case SUBSCRIBE_PUBLISHERS:
		return read_publishers(capacity, value);
	default:
		*ret_known = false;
		return 0;
	}
}

/* ---- what follows ---- */

/* A number that was given, or 0 for none. */
static uint64_t or_zero(uint64_t number)
{
	return number == SUBSCRIBE_CAPACITY_NONE ? 0 : number;
}

void subscribe_capacity_fill(const struct subscribe_capacity *capacity,
			     struct fsps_channel_options *options)
{
	/* That none at all is wanted 0 does not say, but for a new channel, where it is right. */
	options->limit_bytes = capacity->bytes;
	options->limit_messages = or_zero(capacity->messages);
	options->ttl_ms = (int64_t)or_zero(capacity->age_ms);
	options->when_full = capacity->when_full;
	options->block_ms = capacity->block_ms;
	options->publishers = capacity->publishers;
}

void subscribe_capacity_warn(const struct subscribe_capacity *capacity, fsps_bus *bus)
{
	struct fsps_home_info home = {.size = sizeof home};

	if (capacity->publishers > 0 && fsps_home_look(bus, &home) > 0 &&
	    home.profile == FSPS_PROFILE_PRIVATE)
		cli_say("warning: '%s' is closed to other users, so --publishers lets nobody in; "
			"see pubsub-init",
			fsps_bus_home(bus));
}

static bool has_limits(const struct subscribe_capacity *capacity)
{
	return capacity->messages != 0 || capacity->bytes != 0 || capacity->age_ms != 0 ||
	       capacity->when_full != FSPS_FULL_DEFAULT;
}

/* Puts what was given over what there is. */
static void change(const struct subscribe_capacity *capacity, struct fsps_limits *limits)
{
	if (capacity->messages != 0)
		limits->messages = or_zero(capacity->messages);
	if (capacity->bytes != 0)
		limits->bytes = capacity->bytes;
	if (capacity->age_ms != 0)
		limits->ttl_ms = (int64_t)or_zero(capacity->age_ms);
	if (capacity->when_full == FSPS_FULL_DEFAULT)
		return;
	limits->when_full = capacity->when_full;
	limits->block_ms = capacity->block_ms;
}

/* A policy for a channel that is never full is a mistake, but not one that loses anything. */
static void warn_unlimited(const struct subscribe_capacity *capacity,
			   const struct fsps_limits *limits, const char *channel_name)
{
	bool limited = limits->messages != 0 || (limits->bytes != 0 && limits->bytes != UINT64_MAX);

	if (capacity->when_full != FSPS_FULL_DEFAULT && !limited)
		cli_say("warning: '%s' has no limit, so it is never full and --when-full has no "
			"effect; add --max-messages or --max-bytes",
			channel_name);
}

static int set_limits(const struct subscribe_capacity *capacity, fsps_bus *bus,
		      const char *channel_name)
{
	struct fsps_limits limits = {.size = sizeof limits};
	int result = fsps_channel_get_limits(bus, channel_name, &limits);

	if (result == FSPS_OK) {
		change(capacity, &limits);
		warn_unlimited(capacity, &limits, channel_name);
		result = fsps_channel_set_limits(bus, channel_name, &limits);
	}
	return result < 0 ? cli_channel_fail(result, channel_name) : 0;
}

/* Whether who may publish to a channel is who shall. */
static bool is_open_to(const struct fsps_channel_info *info, int64_t publishers)
{
	if (publishers == FSPS_PUBLISHERS_OURS)
		return (info->mode & 077) == 0;
	return info->gid == publishers && (info->mode & 027) == 020;
}

static int check_publishers(const struct subscribe_capacity *capacity, fsps_bus *bus,
			    const char *channel_name)
{
	struct fsps_channel_info info = {0};
	int result = cli_channel_look(bus, channel_name, &info);

	if (result < 0)
		return cli_fail_library(result, channel_name);
	if (result == 0 || is_open_to(&info, capacity->publishers))
		return 0;
	return cli_fail(CLI_ERROR,
			"'%s' was there before, with mode %04" PRIo32 " and group %" PRIu32
			", and --publishers does not change that; pubsub-rm removes it, with "
			"what is in it",
			channel_name, info.mode & 07777, info.gid);
}

int subscribe_capacity_settle(const struct subscribe_capacity *capacity, fsps_bus *bus,
			      const char *channel_name)
{
	int status = 0;

	if (capacity->publishers != 0)
		status = check_publishers(capacity, bus, channel_name);
	if (status == 0 && has_limits(capacity))
		status = set_limits(capacity, bus, channel_name);
	return status;
}
