/* SPDX-License-Identifier: MIT */
/* The API of <fsps/channel.h>: checks arguments; the loops over a fetch. */
#include <fsps/channel.h>
#include <fsps/delivery.h>

#include "api/argument.h"
#include "api/channel_name.h"
#include "base/error.h"
#include "base/sys.h"
#include "limit/defaults.h"
#include "message/codec.h"
#include "subscribe/channel.h"
#include "subscribe/work.h"
#include "topic/name.h"

/* What version 0.1 had. */
enum {
	CHANNEL_OPTIONS_BYTES_LEAST = sizeof(size_t),
	SPIN_US_MAX = 1000000,
	ATTEMPTS_MAX = 1000000,
	STATS_BYTES_LEAST = offsetof(struct fsps_channel_stats, scans) + sizeof(uint64_t),
};

static int check_durable(const char *pattern, const struct fsps_channel_options *options)
{
	if (options->shared != 0 && (options->shared != 1 || options->durable == NULL))
		return fsi_fail(FSPS_ERR_ARGUMENT, options->durable,
				"shared is %d: 0, or 1 for a durable channel", options->shared);
	return options->durable != NULL ? fsi_durable_name_check(pattern, options->durable) : 0;
}

static int check_delivery(const struct fsps_channel_options *options)
{
	if (options->delivery < FSPS_DELIVERY_DEFAULT || options->delivery > FSPS_AT_LEAST_ONCE ||
	    (options->shared != 0 && options->delivery == FSPS_AT_MOST_ONCE))
		return fsi_fail(
			FSPS_ERR_ARGUMENT, NULL,
			"delivery is %d: one of enum fsps_delivery, and at least once for a "
			"group",
			options->delivery);
	if (options->deadline_ms < 0 || options->deadline_ms > FSPS_DELAY_MS_MAX ||
	    options->attempts_max > ATTEMPTS_MAX || options->unsettled_max > FSI_DELIVERIES_MAX)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL,
				"allowed are a deadline_ms of up to %lld, an attempts_max of up to "
				"%d, an unsettled_max of up to %d",
				(long long)FSPS_DELAY_MS_MAX, ATTEMPTS_MAX, FSI_DELIVERIES_MAX);
	return 0;
}

static int check_publishers(const char *pattern, int64_t publishers)
{
	if (publishers >= FSPS_PUBLISHERS_OURS && publishers < UINT32_MAX)
		return 0;
	return fsi_fail(FSPS_ERR_ARGUMENT, pattern,
			"publishers is %lld: 0, FSPS_PUBLISHERS_OURS or a group's ID",
			(long long)publishers);
}

int fsps_channel_open(fsps_bus *bus, const char *pattern,
		      const struct fsps_channel_options *options, fsps_channel **ret_channel)
{
	struct fsps_channel_options known = {.size = sizeof known};
	int r = 0;

	if (bus == NULL || pattern == NULL || ret_channel == NULL)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL,
				"fsps_channel_open: bus, pattern or ret_channel is NULL");
	if (options != NULL)
		r = fsi_take_options("fsps_channel_options", &known, sizeof known,
				     CHANNEL_OPTIONS_BYTES_LEAST, options);
	if (r == 0)
		r = fsi_pattern_check(pattern);
	if (r < 0)
		return r;
	if (known.spin_us > SPIN_US_MAX)
		return fsi_fail(FSPS_ERR_ARGUMENT, pattern, "spin_us is %llu, more than %d",
				(unsigned long long)known.spin_us, SPIN_US_MAX);
	r = check_durable(pattern, &known);
	if (r == 0)
		r = check_delivery(&known);
	if (r == 0)
		r = check_publishers(pattern, known.publishers);
	if (r == 0)
		r = fsi_limits_check(pattern, known.ttl_ms, known.when_full, known.block_ms);
	if (r < 0)
		return r;
	return fsi_channel_new(bus, pattern, &known, ret_channel);
}

void fsps_channel_close(fsps_channel *channel)
{
	fsi_channel_free(channel);
}

const char *fsps_channel_name(const fsps_channel *channel)
{
	return channel == NULL ? "" : channel->name;
}

const char *fsps_channel_pattern(const fsps_channel *channel)
{
	return channel == NULL ? "" : channel->pattern;
}

int fsps_channel_fd(fsps_channel *channel)
{
	if (channel == NULL)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL, "fsps_channel_fd: channel is NULL");
	return fsi_channel_fd(channel);
}

int fsps_channel_fetch(fsps_channel *channel, fsps_message **ret_message)
{
	if (channel == NULL || ret_message == NULL)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL,
				"fsps_channel_fetch: channel or ret_message is NULL");
	if (fsi_channel_take_ready(channel, ret_message))
		return 1;
	return fsi_channel_fetch(channel, FSI_ASLEEP, ret_message);
}

int fsps_channel_receive(fsps_channel *channel, int64_t timeout_ms, fsps_message **ret_message)
{
	struct fsi_deadline deadline = {.timeout_ms = timeout_ms};
	bool interrupted = false;
	bool woken = false;

	if (channel == NULL || ret_message == NULL || timeout_ms < FSPS_FOREVER)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL,
				"fsps_channel_receive: channel or ret_message is NULL, or "
				"timeout_ms below FSPS_FOREVER");
	return fsi_channel_receive(channel, &deadline, &woken, &interrupted, ret_message);
}

/* What the callback's answer means for the message. Returns 1 or a failure. */
static int settle(fsps_channel *channel, fsps_message *message, int answer, bool *ret_ended)
{
	int r = 0;

	*ret_ended = answer < FSPS_CONTINUE || answer == FSPS_STOP || answer > FSPS_LATER;
	/* At most once, or it has settled it itself. */
	if (!channel->settles || answer == FSPS_LATER ||
	    atomic_load_explicit(&message->delivery, memory_order_relaxed) == 0)
		return 1;
	if (answer == FSPS_CONTINUE || answer == FSPS_STOP)
		r = fsi_work_acknowledge(channel, message);
	else if (answer == FSPS_REJECT)
		r = fsi_work_reject(channel, message, NULL);
	else
		r = fsi_work_nack(channel, message, FSPS_BACKOFF, NULL);
	/* It comes again; the stats tell. */
	return r < 0 && r != FSPS_ERR_EXPIRED ? r : 1;
}

/* One turn: 1 handled, 0 ended, or a failure. */
static int handle_next(fsps_channel *channel, fsps_message_callback callback, void *userdata,
		       struct fsi_deadline *deadline, bool *ret_ended)
{
	fsps_message *message = NULL;
	bool interrupted = false;
	bool woken = false;
	int r;

	do {
		r = fsi_channel_receive(channel, deadline, &woken, &interrupted, &message);
	} while (r == 0 && interrupted);
	if (r == 1) {
		r = settle(channel, message, callback(message, userdata), ret_ended);
		fsi_message_unref(message);
	}
	return r;
}

int64_t fsps_subscribe(fsps_channel *channel, fsps_message_callback callback, void *userdata,
		       int64_t timeout_ms)
{
	struct fsi_deadline deadline = {.timeout_ms = timeout_ms};
	int64_t most = INT64_MAX;
	int64_t handled = 0;
	bool ended = false;

	if (channel == NULL || callback == NULL || timeout_ms < FSPS_FOREVER)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL,
				"fsps_subscribe: channel or callback is NULL, or timeout_ms below "
				"FSPS_FOREVER");
	(void)fsi_deadline_ms(&deadline);
	/* What waits now, and nothing that comes meanwhile: under load that would never end. */
	if (timeout_ms == 0) {
		most = fsi_channel_backlog(channel);
		if (most < 0)
			return most;
	}
	/* One look in any case: it makes the descriptor quiet. */
	while (!ended && (handled < most || handled == 0)) {
		int r = handle_next(channel, callback, userdata, &deadline, &ended);

		if (r < 0)
			return r;
		if (r == 0)
			break;
		handled++;
		/* While messages come without a break nobody else looks at the clock or the wake.
		 */
		if (timeout_ms > 0 && fsi_sys_monotonic_ms() >= fsi_deadline_ms(&deadline))
			break;
		if (atomic_load_explicit(&channel->woken, memory_order_relaxed) &&
		    atomic_exchange(&channel->woken, false))
			break;
	}
	return handled;
}

void fsps_channel_wake(fsps_channel *channel)
{
	if (channel != NULL)
		fsi_channel_wake(channel);
}

int fsps_channel_get_stats(fsps_channel *channel, struct fsps_channel_stats *stats)
{
	struct fsps_channel_stats known = {.size = 0};

	if (channel == NULL || stats == NULL || stats->size < STATS_BYTES_LEAST ||
	    stats->size > FSI_OPTIONS_BYTES_MAX)
		return fsi_fail(
			FSPS_ERR_ARGUMENT, NULL,
			"fsps_channel_get_stats: channel or stats is NULL, or its size not set");
	fsi_channel_stats(channel, &known);
	known.size = stats->size < sizeof known ? stats->size : sizeof known;
	/* What a newer program knows and we don't count is 0. */
	memset(stats, 0, stats->size);
	memcpy(stats, &known, known.size);
	return 0;
}

int64_t fsps_channel_backlog(fsps_channel *channel)
{
	if (channel == NULL)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL, "fsps_channel_backlog: channel is NULL");
	return fsi_channel_backlog(channel);
}
