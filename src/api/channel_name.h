/* SPDX-License-Identifier: MIT */
/* Channels' names as callers give them: whatever passes leads to a directory of the home at most.
 */
#ifndef FSPS_API_CHANNEL_NAME_H
#define FSPS_API_CHANNEL_NAME_H

#include <string.h>

#include <fsps/durable.h>

#include "base/error.h"
#include "store/names.h"

static inline int fsi_channel_name_check(const char *name)
{
	struct fsi_channel_name parsed;

	if (fsi_channel_name_parse(name, &parsed))
		return 0;
	return fsi_fail(FSPS_ERR_ARGUMENT, name, "'%s' is no channel's name", name);
}

/* The pattern is valid. */
static inline int fsi_durable_name_check(const char *pattern, const char *name)
{
	if (!fsi_durable_name_valid(name))
		return fsi_fail(FSPS_ERR_ARGUMENT, name,
				"'%s' is no name of a durable channel: 1 to %d bytes of "
				"A-Z a-z 0-9 - are allowed",
				name, FSPS_DURABLE_NAME_MAX);
	if (strlen(pattern) + 1 + strlen(name) >= FSI_NAME_BYTES)
		return fsi_fail(FSPS_ERR_ARGUMENT, name,
				"the name %s and the pattern %s are too long together for a "
				"directory's name",
				name, pattern);
	return 0;
}

#endif
