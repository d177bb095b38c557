/* SPDX-License-Identifier: MIT */
/* Implements subscribe/terms.h. */
#include "subscribe/terms.h"

#include "limit/defaults.h"

struct fsps_limits fsi_terms_of(const struct fsps_channel_options *options)
{
	return (struct fsps_limits){
		.size = sizeof(struct fsps_limits),
		.bytes = options->limit_bytes,
		.messages = options->limit_messages,
		.ttl_ms = options->ttl_ms,
		.when_full = options->when_full,
		.block_ms = options->block_ms,
	};
}

void fsi_terms_of_birth(const struct fsi_home *home, const struct fsps_limits *limits,
			struct fsi_control_birth *birth)
{
	const struct fsps_limits none = {.size = sizeof none};

	if (limits == NULL)
		limits = &none;
	birth->limit_bytes = limits->bytes;
	if (limits->bytes == 0)
		birth->limit_bytes = birth->kind == FSI_CONTROL_LIVE
					     ? fsi_limits_live_bytes(home->fd)
					     : UINT64_MAX;
	birth->limit_messages = limits->messages;
	birth->ttl_ms = (uint64_t)limits->ttl_ms;
	birth->when_full = limits->when_full == FSPS_FULL_DEFAULT ? FSPS_FULL_REFUSE
								  : (uint32_t)limits->when_full;
	birth->block_ms = limits->block_ms == 0 ? FSI_BLOCK_MS_DEFAULT : (uint32_t)limits->block_ms;
}

int fsi_terms_bring(fsps_channel *channel)
{
	const struct fsps_limits *brought = &channel->limits;
	struct fsps_limits limits;

	if (brought->bytes == 0 && brought->messages == 0 && brought->ttl_ms == 0 &&
	    brought->when_full == FSPS_FULL_DEFAULT)
		return 0;
	fsi_limits_read(channel->control, &limits);
	if (brought->bytes != 0)
		limits.bytes = brought->bytes;
	if (brought->messages != 0)
		limits.messages = brought->messages;
	if (brought->ttl_ms != 0)
		limits.ttl_ms = brought->ttl_ms;
	if (brought->when_full != FSPS_FULL_DEFAULT) {
		limits.when_full = brought->when_full;
		limits.block_ms = brought->block_ms;
	}
	return fsi_limits_apply(channel->directory_fd, channel->control, &channel->home->counter,
				&limits);
}
