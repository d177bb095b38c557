/* SPDX-License-Identifier: MIT */
/* A channel's name as callers give it: whatever passes leads to a directory of the home at most. */
#ifndef FSPS_API_CHANNEL_NAME_H
#define FSPS_API_CHANNEL_NAME_H

#include "base/error.h"
#include "store/names.h"

static inline int fsi_channel_name_check(const char *name)
{
	struct fsi_channel_name parsed;

	if (fsi_channel_name_parse(name, &parsed))
		return 0;
	return fsi_fail(FSPS_ERR_ARGUMENT, name, "'%s' is no channel's name", name);
}

#endif
