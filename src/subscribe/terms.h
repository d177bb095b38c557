/* SPDX-License-Identifier: MIT */
/* The limits that a reader brings along, in a channel that it makes or finds. */
#ifndef FSPS_SUBSCRIBE_TERMS_H
#define FSPS_SUBSCRIBE_TERMS_H

#include <fsps/limits.h>

#include "subscribe/channel.h"

/* What the options say. */
struct fsps_limits fsi_terms_of(const struct fsps_channel_options *options);

/* Of a new channel; limits: NULL for none. A live channel without a limit of bytes gets that of its
 * home. */
void fsi_terms_of_birth(const struct fsi_home *home, const struct fsps_limits *limits,
			struct fsi_control_birth *birth);

/* In a channel that was there: those that were given, in the place of its own. Returns 0 or a
 * failure. */
int fsi_terms_bring(fsps_channel *channel);

#endif
