/* SPDX-License-Identifier: MIT */
/* Implements subscribe/age.h. */
#include "subscribe/age.h"

#include "base/sys.h"

/* What the message says, 0: nothing. That most say nothing is no failure, and is not noted as one.
 */
static int64_t own_time(const fsps_message *message)
{
	const struct fsi_header_entry *entry;

	if (message->headers.count == 0)
		return 0;
	entry = fsi_headers_find_entry(&message->headers, FSPS_HEADER_TTL_MS,
				       sizeof FSPS_HEADER_TTL_MS - 1);
	return entry != NULL && entry->header.type == FSPS_HEADER_INT ? entry->header.integer : 0;
}

/* In milliseconds; 0: for ever. */
static uint64_t time_to_live(const fsps_channel *channel, const fsps_message *message)
{
	uint64_t most = atomic_load_explicit(&channel->control->ttl_ms, memory_order_relaxed);
	int64_t own = own_time(message);

	if (own <= 0)
		return most;
	return most == 0 || (uint64_t)own < most ? (uint64_t)own : most;
}

/* The wall clock as it was when the coarse clock last ticked: that is cheaper to read, and enough.
 */
static uint64_t now_us(fsps_channel *channel)
{
	uint64_t tick_ms = fsi_sys_coarse_ms();

	if (tick_ms != channel->age_tick_ms) {
		channel->age_tick_ms = tick_ms;
		channel->age_now_us = fsi_sys_realtime_us();
	}
	return channel->age_now_us;
}

bool fsi_age_is_over_slow(fsps_channel *channel, const fsps_message *message)
{
	uint64_t most_ms = time_to_live(channel, message);
	uint64_t now;

	if (most_ms == 0)
		return false;
	now = now_us(channel);
	return now > message->timestamp_us && (now - message->timestamp_us) / 1000 >= most_ms;
}

void fsi_age_count(fsps_channel *channel)
{
	channel->expired++;
	/* Publishers count here, too. */
	atomic_fetch_add_explicit(&channel->control->expired, 1, memory_order_relaxed);
}
